"""Versions of the calendar: the holiday notice of one year.

A notice holds from its approval on, and deadlines that were provisional are counted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.settling import settle_calendar
from credit_core.datafile import load_text
from credit_core.versions.differences import Difference, changed
from credit_core.versions.models import ConfigVersion, TopicKey
from credit_core.versions.store import NAME, Effect, Heading
from credit_core.workdays.models import CalendarNotice
from credit_core.workdays.notices import Notice, computed, enter_notice

YEARS_AHEAD = 2


class CalendarTopic:
    key = TopicKey.CALENDAR

    def heading(self, _session: Session, content: str, /) -> Heading:
        return _heading(_parsed(content).year)

    def rows(self, _session: Session, on: date, /) -> Sequence[Heading]:
        return [
            _heading(year)
            for year in range(on.year, on.year + YEARS_AHEAD + 1)
            if year in computed().festivals
        ]

    def begun(self, session: Session, name: str, _on: date, /) -> str | None:
        """The notice that was entered for the year, else its statutory days."""
        if not (name.isascii() and name.isdigit() and int(name) in computed().festivals):
            return None
        entered = _entered(session, int(name))
        if entered is not None:
            return entered.source
        rows = "".join(f"  - {day}\n" for day in sorted(computed().statutory(int(name))))
        return f"year: {name}\nbasis: \nholidays:\n{rows}make_up: []\n"

    def differences(self, session: Session, content: str, _on: date, /) -> Sequence[Difference]:
        wanted = _parsed(content)
        held = _entered(session, wanted.year)
        before = (
            None
            if held is None
            else {
                "basis": held.basis,
                "holidays": sorted(held.holidays),
                "make_up": sorted(held.make_up),
            }
        )
        after = {
            "basis": wanted.basis,
            "holidays": sorted(day.isoformat() for day in wanted.holidays),
            "make_up": sorted(day.isoformat() for day in wanted.make_up),
        }
        return changed(before, after)

    def effects(self, session: Session, content: str, on: date, /) -> Sequence[Effect]:
        """How many open deadlines would move: counted in a transaction that is rolled back."""
        moment = session.begin_nested()
        try:
            enter_notice(session, content, by="preview", at=datetime.combine(on, time.max, UTC))
            moved = settle_calendar(session)
        finally:
            moment.rollback()
        return [Effect(text("versions", "effects.deadlines"), moved)]

    def approved(self, session: Session, version: ConfigVersion, /) -> None:
        if version.approved_at is None:
            raise ValueError("a notice is entered when its version is approved")
        enter_notice(session, version.content, by=version.created_by, at=version.approved_at)
        settle_calendar(session)


def _parsed(content: str) -> Notice:
    return load_text(content, Notice, name=NAME)


def _heading(year: int) -> Heading:
    return Heading(str(year), text("versions", "calendar_title", year=year), None, None)


def _entered(session: Session, year: int) -> CalendarNotice | None:
    newest = (CalendarNotice.entered_at.desc(), CalendarNotice.id.desc())
    return session.scalar(
        select(CalendarNotice).where(CalendarNotice.year == year).order_by(*newest).limit(1)
    )
