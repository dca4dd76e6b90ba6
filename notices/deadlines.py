"""Notices of the clock: so many days before or after a day that somebody has to keep.

A run looks only at deadlines whose notice day has come, by the index on the day; how many are
open does not matter. A statutory notice that could not be posted on its own day (the deadline
was set later, nothing ran) is made up for once, with the nearest of its days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core import workdays
from credit_core.clock import SHANGHAI, local_day
from credit_core.deadlines.models import Deadline
from credit_core.offers.models import Coupon, CouponStatus
from credit_core.reports.models import CreditReport
from notices import outbox, plans, reminders, words
from notices.outbox import Draft
from notices.plans import Plan, When
from notices.recipients import Bureau, Party, parties

SEND_HOUR = 9
_MAKE_UP_DAYS = 7
_LONGEST_REST = 15
"""Days: longer than any holiday with its weekends."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one thing, whatever table it stands in."""

    ref: str
    kind: str
    subject_id: int
    on: date
    provisional: bool = False
    case_no: str | None = None
    follower_id: int | None = None
    """The only one concerned; None: everybody bound to the subject."""


def plan_due(session: Session, now: datetime, *, since: date | None = None) -> int:
    """Post every notice whose day has come; returns how many are new.

    :param since: the last day for which this was done; reminders of the days between are
        made up for once. None: it never was, so the last week counts as missed.
    """
    today = local_day(now)
    oldest = today - timedelta(days=_MAKE_UP_DAYS)
    first = max(since or oldest, oldest)
    bureau, calendar = Bureau(session), workdays.calendar_for(session)
    posted = 0
    for kind, plan in plans.plans().items():
        if plan.when is not None:
            posted += _plan_one(session, bureau, calendar, kind, plan, first, now)
    return posted


def _plan_one(
    session: Session,
    bureau: Bureau,
    calendar: workdays.Calendar,
    kind: str,
    plan: Plan,
    first: date,
    now: datetime,
) -> int:
    when, today = plan.when, local_day(now)
    if when is None:
        return 0
    earliest = today - timedelta(days=_MAKE_UP_DAYS) if plan.statutory else first
    due = _due_days(calendar, _offsets(plan, when), when, earliest, today)
    found = list(_days(session, when.deadline, due))
    if not found:
        return 0
    known = parties(session, sorted({day.subject_id for day in found}))
    drafts: list[Draft] = []
    at = datetime.combine(today, time(SEND_HOUR), SHANGHAI)
    for day in found:
        party = known.get(day.subject_id)
        if party is None or (plan.subjects and party.kind not in plan.subjects):
            continue
        fields = _fields(day, party, today)
        drafts += _drafts(
            session, bureau, kind, plan, day, party, fields, due[day.on], max(at, now)
        )
    return len(outbox.post_all(session, drafts, now))


def _offsets(plan: Plan, when: When) -> list[int]:
    """Days before (positive) and after (negative); reminders may have been set to any day."""
    offsets = set(when.before) | {-after for after in when.after}
    if plan.reminder is not None:
        offsets |= set(reminders.rules().kinds[plan.reminder].days_ahead)
        offsets |= set(reminders.rules().choices)
    return sorted(offsets, reverse=True)


def _due_days(
    calendar: workdays.Calendar, offsets: Sequence[int], when: When, earliest: date, today: date
) -> Mapping[date, list[int]]:
    """Deadline days with a notice day in ``earliest < day <= today``, with those offsets.

    The nearest offset stands last.
    """
    due: dict[date, list[int]] = {}
    stretch = 2 if when.days == "working" else 1
    back = -min(offsets[-1], 0) * stretch + _LONGEST_REST + (today - earliest).days
    on = today - timedelta(days=back)
    last = today + timedelta(days=max(offsets[0], 0) * stretch + _LONGEST_REST)
    while on <= last:
        come = [
            offset
            for offset in offsets
            if earliest < notice_day(calendar, on, offset, when) <= today
        ]
        if come:
            due[on] = come
        on += timedelta(days=1)
    return due


def notice_day(calendar: workdays.Calendar, on: date, offset: int, when: When) -> date:
    """The day on which people are told: ``offset`` days before ``on`` (after, when negative)."""
    if when.days == "calendar":
        day = on - timedelta(days=offset)
    elif offset <= 0:
        day = on if offset == 0 else calendar.add_working_days(on, -offset).due
    else:
        day = on
        left = offset
        while left:
            day -= timedelta(days=1)
            left -= calendar.is_working_day(day)
    if when.roll == "none":
        return day
    step = timedelta(days=-1 if when.roll == "earlier" else 1)
    while not calendar.is_working_day(day):
        day += step
    return day


def _days(session: Session, kinds: Sequence[str], due: Mapping[date, list[int]]) -> Iterator[Day]:
    if not due:
        return
    days = sorted(due)
    rows = session.execute(
        select(
            Deadline.id,
            Deadline.kind,
            Deadline.subject_id,
            Deadline.on,
            Deadline.provisional,
            Deadline.case_no,
        ).where(Deadline.done.is_(False), Deadline.on.in_(days), Deadline.kind.in_(kinds))
    )
    for row in rows:
        yield Day(f"d{row.id}", row.kind, row.subject_id, row.on, row.provisional, row.case_no)
    if "coupon_end" in kinds:
        yield from _coupons(session, days)
    if "report_end" in kinds:
        yield from _reports(session, days)


def _coupons(session: Session, days: Sequence[date]) -> Iterator[Day]:
    rows = session.execute(
        select(Coupon.id, Coupon.subject_id, Coupon.expires_on, Coupon.follower_id).where(
            Coupon.status == CouponStatus.HELD, Coupon.expires_on.in_(days)
        )
    )
    for number, subject_id, on, follower_id in rows:
        yield Day(f"k{number}", "coupon_end", subject_id, on, follower_id=follower_id)


def _reports(session: Session, days: Sequence[date]) -> Iterator[Day]:
    rows = session.execute(
        select(CreditReport.id, CreditReport.subject_id, CreditReport.valid_to).where(
            CreditReport.valid_to.in_(days)
        )
    )
    for number, subject_id, on in rows:
        yield Day(f"r{number}", "report_end", subject_id, on)


def _fields(day: Day, party: Party, today: date) -> dict[str, object]:
    late = day.on < today
    hint = words.words("overdue_hint") if late else words.words(f"deadlines.{day.kind}.hint")
    return {
        "subject_name": party.name,
        "matter": words.words(f"deadlines.{day.kind}.matter"),
        "case_label": day.case_no or "-",
        "day": day.on,
        "provisional_note": words.words("provisional") if day.provisional else "",
        "hint": hint,
    }


def _drafts(
    session: Session,
    bureau: Bureau,
    kind: str,
    plan: Plan,
    day: Day,
    party: Party,
    fields: Mapping[str, object],
    come: Sequence[int],
    at: datetime,
) -> Iterator[Draft]:
    # Of several days that have come for one deadline, people are told the nearest alone.
    base = f"{kind}:{day.ref}:{day.on}:{come[-1]}"
    end = datetime.combine(day.on + timedelta(days=2), time(), SHANGHAI)
    expires = None if plan.statutory else max(end, at + timedelta(days=2))
    staff: list[int] = []
    if "officer" in plan.to:
        staff += bureau.officers(party.district, day.case_no)
    if "next_in_charge" in plan.to:
        staff += bureau.next_in_charge(party.district)
    for staff_id in staff:
        yield Draft(
            kind=kind,
            key=f"{base}:staff:{staff_id}",
            fields=fields,
            staff_id=staff_id,
            subject_id=day.subject_id,
            case_no=day.case_no,
            due_at=at,
        )
    if not {"person", "clerks"} & set(plan.to):
        return
    followers: list[int | None] = [*party.followers(plan.to)]
    if day.follower_id is not None:
        followers = [one for one in followers if one == day.follower_id]
    if plan.reminder is not None:
        for follower_id, wish in sorted(reminders.wishes_of(session, party).items()):
            wanted = [one for one in come if one in wish.days_for(plan.reminder)]
            if wanted and follower_id in followers:
                yield Draft(
                    kind=kind,
                    key=f"{kind}:{day.ref}:{day.on}:{wanted[-1]}:{follower_id}",
                    fields=fields,
                    follower_id=follower_id,
                    subject_id=day.subject_id,
                    case_no=day.case_no,
                    due_at=at,
                    expires_at=expires,
                    quiet=wish.quiet,
                )
        return
    for place, one in enumerate(followers or [None]):
        yield Draft(
            kind=kind,
            key=base if place == 0 else f"{base}#{place + 1}",
            fields=fields,
            follower_id=one,
            subject_id=day.subject_id,
            case_no=day.case_no,
            due_at=at,
        )
