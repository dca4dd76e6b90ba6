"""Tables of records. A record is never changed or deleted: its life is a list of dated events,
and the few columns that scoring needs are kept beside them."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.days import Day
from credit_core.ids import new_id


def decision_key(document_no: str) -> int:
    """A 63-bit key of a decision's number; brackets, width, case and spaces make no difference.

    >>> decision_key("荣医保罚〔2026〕3号") == decision_key("荣医保罚［2026］3 号")
    True
    """
    plain = unicodedata.normalize("NFKC", document_no).translate(_BRACKETS)
    digest = hashlib.blake2b("".join(plain.split()).upper().encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


_BRACKETS = str.maketrans("〔〕[]【】", "()()()")


class RecordState(StrEnum):
    SUSPECTED = "suspected"
    """A monitor's hit: no effect until a person confirms it."""
    ACTIVE = "active"
    """In effect from the day of decision until its end."""
    UNDER_OBJECTION = "under_objection"
    """Marked while an objection runs; the effect stays (no extra benefit, no extra penalty)."""
    CORRECTED = "corrected"
    """Was partly wrong; another record (``replaced_by_id``) stands in its place, this one as if
    it had never counted."""
    REVOKED = "revoked"
    """Was wrong: as if it had never counted; the log is kept."""
    REPAIRED = "repaired"
    """Stays, labelled; without effect from ``ended_on``."""
    EXPIRED = "expired"
    """Ran out by itself on ``ended_on``."""


class Severity(StrEnum):
    MINOR = "轻微"
    GENERAL = "一般"
    SEVERE = "严重"


COUNTING = (RecordState.ACTIVE, RecordState.UNDER_OBJECTION)
"""States with effect today; repaired and expired ones had effect before ``ended_on``."""
VOID = (RecordState.CORRECTED, RecordState.REVOKED, RecordState.SUSPECTED)
"""States that never count, for any day."""


class Record(Base):
    __tablename__ = "record"
    __table_args__ = (
        Index("ix_record_effect", "effective_from"),
        Index("ix_record_end", "effective_to"),
        Index(
            "ix_record_ended",
            "ended_on",
            sqlite_where=text("ended_on IS NOT NULL"),
            postgresql_where=text("ended_on IS NOT NULL"),
        ),
        Index("ix_record_recorded", "recorded_at"),
        # Negative ones that a file still shows: the nightly removal looks at nothing else.
        Index(
            "ix_record_in_file",
            "occurred_on",
            sqlite_where=text("removed_on IS NULL AND severity IS NOT NULL"),
            postgresql_where=text("removed_on IS NULL AND severity IS NOT NULL"),
        ),
        # Holds all that scoring reads, so a rescore walks this index in order and nothing else.
        Index(
            "ix_record_scoring",
            "subject_id",
            "decision_key",
            "item",
            "level",
            "points",
            "effective_from",
            "effective_to",
            "ended_on",
            "state",
            "occurred_on",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    item: Mapped[str] = mapped_column(String(24))
    occurred_on: Mapped[date] = mapped_column(Day)
    decided_on: Mapped[date] = mapped_column(Day)
    document_no: Mapped[str] = mapped_column(String(120), index=True)
    decision_key: Mapped[int] = mapped_column(
        default=lambda context: decision_key(context.get_current_parameters()["document_no"])
    )
    """Number of the decision as a fixed-size key: one decision counts once per subject."""
    source_unit: Mapped[str] = mapped_column(String(120))
    basis: Mapped[str] = mapped_column(String(240), default="")
    severity: Mapped[str | None] = mapped_column(String(4))
    level: Mapped[str] = mapped_column(String(24), default="")
    """Which variant of the item it is (``国家级``, ``严重`` …); empty where there is one only."""
    points: Mapped[int | None]
    """Given only where the rule of the item leaves the points open."""
    detail_sealed: Mapped[bytes | None]
    """What the source says in free words; it may name people, so it is sealed. None: nothing."""
    state: Mapped[str] = mapped_column(String(16), default=RecordState.ACTIVE)
    effective_from: Mapped[date] = mapped_column(Day)
    """Day of decision; later when the rule says so."""
    effective_to: Mapped[date | None] = mapped_column(Day)
    """First day without effect by the rules on the day of decision; None: without end.

    A period of one year from 1 March ends with the 1 March of the next year (Civil Code
    201–203), so this is 2 March; :attr:`last_day` is the day to show to people.
    """
    ended_on: Mapped[date | None] = mapped_column(Day)
    """First day without effect, when it has expired; the day of the repair, when it was repaired
    (which may be after its effect was over, while it still stood in the file)."""
    removed_on: Mapped[date | None] = mapped_column(Day)
    """First day on which the file no longer shows it (natural repair); kept here for audits."""
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    """Keyed digest of the row as reported; the same file again changes nothing."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))

    detail = Sealed("detail_sealed")

    @property
    def without_effect_from(self) -> date | None:
        """First day without effect, whichever end comes first; None: no end in sight."""
        expires, ended = self.effective_to, self.ended_on
        if expires is None or ended is None:
            return expires or ended
        return min(expires, ended)

    @property
    def last_day(self) -> date | None:
        """Last day with effect, as people are told it."""
        end = self.without_effect_from
        return end - timedelta(days=1) if end else None

    def in_effect(self, on: date) -> bool:
        """Whether it counts on a day, as far as its state and dates go."""
        end = self.without_effect_from
        return self.state not in VOID and self.effective_from <= on and (end is None or on < end)

    def in_file(self, on: date) -> bool:
        """Whether the file still shows it on a day, to the person and to whoever may look."""
        return self.removed_on is None or on < self.removed_on

    def state_on(self, on: date) -> RecordState:
        """Its state as it is told on a day, whether or not the nightly job has been there.

        What became of it later is not told of a past day: it was in effect then, or had run out.
        """
        state = RecordState(self.state)
        end = self.without_effect_from
        if state in VOID:
            return state
        if end is None or on < end:
            return state if state is RecordState.UNDER_OBJECTION else RecordState.ACTIVE
        if state is RecordState.REPAIRED:
            repaired = self.ended_on is not None and self.ended_on <= on
            return RecordState.REPAIRED if repaired else RecordState.EXPIRED
        return state if state is RecordState.UNDER_OBJECTION else RecordState.EXPIRED


class RecordSuspension(Base):
    """The effect of a record rests while an objection to it is being checked."""

    __tablename__ = "record_suspension"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    since: Mapped[date] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    """First day on which it counts again; None: still resting."""
    case_no: Mapped[str] = mapped_column(String(32))


class RecordEvent(Base):
    """One step in the life of a record: who set which state, when, from which day, and why."""

    __tablename__ = "record_event"
    __table_args__ = (Index("ix_record_event_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    on: Mapped[date] = mapped_column(Day)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    case_no: Mapped[str | None] = mapped_column(String(32))
