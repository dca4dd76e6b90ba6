"""What one claim writes, gathered and saved in a few statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, update
from sqlalchemy.orm import Session

from credit_core.crypto import keyring, place_of
from credit_core.ids import new_id, new_ids
from credit_core.rows import insert_at_once, update_rows
from notices.models import Notice
from notices.status import NoticeStatus
from notices.tables import CREDIT, EVENT, FOLLOWER, NOTICE


class ClaimWrites:
    """Leases, waits and uses of one claim."""

    def __init__(self, *, courier: int, now: datetime) -> None:
        self._courier, self._now = courier, now
        self._leases: list[tuple[int, int, str, str, datetime | None]] = []
        self._waits: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self.window_uses: list[dict[str, Any]] = []
        """``person``: a follower whose customer-service window one message uses."""
        self.credit_uses: list[dict[str, Any]] = []
        """``person`` and ``template``: a one-off subscription that is used."""

    def lease(
        self, notice_id: int, lease_no: int, channel: str, words: str, handed: datetime | None
    ) -> None:
        self._leases.append((notice_id, lease_no, channel, words, handed))

    def wait(self, notice_id: int, until: datetime, why: str) -> None:
        self._waits.append({"row": notice_id, "until": until, "reason": why})
        self._event(notice_id, NoticeStatus.WAITING, why, None)

    def save(self, session: Session) -> None:
        self._save_leases(session)
        if self._waits:
            session.execute(
                update(NOTICE)
                .where(NOTICE.c.id == bindparam("row"))
                .values(
                    status=NoticeStatus.WAITING,
                    why=bindparam("reason"),
                    next_at=bindparam("until"),
                ),
                self._waits,
            )
        if self._events:
            session.execute(insert(EVENT), self._events)
        self._save_uses(session)

    def _save_leases(self, session: Session) -> None:
        if not self._leases:
            return
        sealed = keyring().seal_all(
            [
                (words.encode(), place_of(Notice, "text_sealed", row))
                for row, _, _, words, _ in self._leases
            ]
        )
        update_rows(
            session,
            NOTICE,
            ("status", "why", "lease_by", "lease_no", "channel", "text_sealed", "handed_at"),
            ("id",),
            [
                (NoticeStatus.SENDING.value, "", self._courier, number, channel, words, handed, row)
                for (row, number, channel, _, handed), words in zip(
                    self._leases, sealed, strict=True
                )
            ],
        )

        sending = NoticeStatus.SENDING.value
        insert_at_once(
            session,
            EVENT,
            ("id", "notice_id", "status", "at", "why", "channel", "by"),
            [
                (number, row, sending, self._now, "", channel, "")
                for number, (row, _, channel, _, _) in zip(
                    new_ids(len(self._leases)), self._leases, strict=True
                )
            ],
        )

    def _save_uses(self, session: Session) -> None:
        if self.window_uses:
            session.execute(
                update(FOLLOWER)
                .where(FOLLOWER.c.id == bindparam("person"))
                .values(window_used=FOLLOWER.c.window_used + 1),
                self.window_uses,
            )
        if self.credit_uses:
            session.execute(
                update(CREDIT)
                .where(
                    and_(
                        CREDIT.c.follower_id == bindparam("person"),
                        CREDIT.c.template_id == bindparam("template"),
                        CREDIT.c.credits > 0,
                    )
                )
                .values(credits=CREDIT.c.credits - 1, changed_at=self._now),
                self.credit_uses,
            )

    def _event(self, notice_id: int, status: NoticeStatus, why: str, channel: str | None) -> None:
        self._events.append(
            {
                "id": new_id(),
                "notice_id": notice_id,
                "status": status,
                "at": self._now,
                "why": why,
                "channel": channel,
                "by": "",
            }
        )
