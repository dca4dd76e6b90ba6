"""Tables of ratings: the history of each subject, and the runs that keep all of them current."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.days import Day
from credit_core.ids import new_id


class Rating(Base):
    """A score from a day on, until the next row of the same subject.

    A row is written only when score or grade differ from the row before, so the history is a
    stair. ``grade`` None: not evaluated from that day on. There are millions of rows, and nothing
    points at one: subject and day are its key, and on SQLite the table is that one tree.
    """

    __tablename__ = "rating"
    __table_args__ = ({"sqlite_with_rowid": False},)

    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), primary_key=True)
    on: Mapped[date] = mapped_column(Day, primary_key=True)
    score: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(4))
    rule_set: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class RescoreRun(Base):
    """A finished rescore: what it was for, and from where the next one may go on."""

    __tablename__ = "rescore_run"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    on: Mapped[date] = mapped_column(Day)
    complete: Mapped[bool]
    """All subjects were read, not only those touched since the run before."""
    rules: Mapped[str] = mapped_column(String(64))
    """Digest of the rule sets in force on that day; another digest forces a complete run."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime]
    subjects: Mapped[int]
    records: Mapped[int]
    changed: Mapped[int]
