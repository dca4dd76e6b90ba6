"""A year moved day by day: every day that has to be kept is told on the right working day, in
the person's hours, none twice.

The days are worked out here again, step by step from nothing but «is this a working day».
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import insert, select

from credit_core import workdays
from credit_core.accounts.models import BindingRole
from credit_core.clock import SHANGHAI, FixedClock, local_day
from credit_core.database import Database
from credit_core.deadlines.models import Deadline, DeadlineKind
from credit_core.ids import new_id
from credit_core.offers.models import Coupon, CouponStatus
from credit_core.reports.models import CreditReport
from credit_core.subjects.models import SubjectKind
from notices import jobs, plans, reminders
from notices.clock import Clockwork
from notices.due import is_due
from notices.memory import MemoryPlatform
from notices.models import Notice, NoticeEvent, StaffTask
from notices.plans import Plan
from tests.notices.conftest import Bureau

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
EACH = 4
"""Days of every kind for every subject, spread over the year."""
LATE_RISER = (20, 10)
HOURS = (time(7), time(8, 30), time(9), time(10), time(21, 30))
"""When something could leave; the first and the last are quiet."""
COUPON, REPORT = "coupon_end", "report_end"


class Told(NamedTuple):
    """Who is told of what on which day; nobody bound to it: it is served by staff."""

    kind: str
    ref: str
    whom: str
    on: date


class Case(NamedTuple):
    """One day of one subject that has to be kept, until ``done``."""

    kind: str
    ref: str
    subject: str
    on: date
    done: date | None


class City:
    """Five kinds of subjects, some with people behind them, and the bureau."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        self.subjects: dict[str, int] = {}
        self.people: dict[str, int] = {}
        for number, kind in enumerate(SubjectKind):
            self.subjects[kind] = bureau.subject(f"{kind[:8]}{number}".ljust(18, "X"), kind)
        self.bind("clerk", "institution", BindingRole.CLERK)
        self.bind("second clerk", "institution", BindingRole.CLERK)
        self.bind("supplier clerk", "supplier", BindingRole.CLERK)
        self.bind("doctor", "practitioner", BindingRole.SELF)
        self.bind("resident", "resident", BindingRole.SELF)
        # Nobody is bound to the employer: what is statutory has to be served by staff.
        self.officer = bureau.staff("officer", openid="officer")
        self.reviewer = bureau.staff("reviewer", openid="reviewer", roles="reviewer")
        for openid in ("officer", "reviewer"):
            bureau.follower(openid)
        with bureau.database.begin() as session:
            reminders.switch_on(
                session,
                self.people["resident"],
                now=bureau.clock.now(),
                days_ahead=[7, 1, 0],
                quiet=LATE_RISER,
            )
            reminders.switch_on(
                session, self.people["doctor"], ["repair"], now=bureau.clock.now(), digest=False
            )

    def bind(self, name: str, kind: str, role: BindingRole) -> None:
        self.people[name] = self.bureau.follower(name)
        self.bureau.bind(self.people[name], self.subjects[kind], role)

    def bound(self, subject: str) -> list[str]:
        return {
            "institution": ["clerk", "second clerk"],
            "supplier": ["supplier clerk"],
            "practitioner": ["doctor"],
            "resident": ["resident"],
        }.get(subject, [])

    def days_ahead(self, name: str, switch: str) -> list[int]:
        """What each switched on; clerks are told of everything until they switch it off."""
        if name == "resident":
            return [7, 1, 0]
        if name == "doctor" and switch != "repair":
            return []
        return list(reminders.rules().kinds[switch].days_ahead)


@pytest.fixture
def city(sqlite_database: Database) -> City:
    clock = FixedClock(datetime(2025, 12, 31, tzinfo=UTC))
    return City(Bureau(sqlite_database, clock, MemoryPlatform()))


def cases_of(city: City, dice: random.Random) -> list[Case]:
    """Every kind of deadline for every kind of subject; a fifth is settled before its day."""
    made = []
    for subject in city.subjects:
        for kind in [*DeadlineKind, COUPON, REPORT]:
            for _ in range(EACH):
                on = YEAR[0] + timedelta(days=dice.randrange(40, 400))
                done = on - timedelta(days=dice.randrange(1, 40)) if dice.random() < 0.2 else None
                plain = kind in {COUPON, REPORT}
                letter = {COUPON: "k", REPORT: "r"}.get(kind, "d")
                made.append(
                    Case(str(kind), f"{letter}{new_id()}", subject, on, None if plain else done)
                )
    return made


def stored(city: City, cases: list[Case]) -> None:
    now = city.bureau.clock.now()
    with city.bureau.database.begin() as session:
        for case in cases:
            number, subject_id = int(case.ref[1:]), city.subjects[case.subject]
            common = {"id": number, "subject_id": subject_id}
            if case.kind == COUPON:
                values = common | {
                    "offer_id": "x",
                    "period": "2026",
                    "slot": number % (1 << 30),
                    "code_sealed": b"x",
                    "code_index": number.to_bytes(16, "big"),
                    "status": CouponStatus.HELD,
                    "claimed_on": YEAR[0],
                    "claimed_at": now,
                    "expires_on": case.on,
                    "terms": {},
                }
                session.execute(insert(Coupon).values(**values))
            elif case.kind == REPORT:
                values = common | {
                    "serial": case.ref,
                    "issued_on": YEAR[0],
                    "issued_at": now,
                    "valid_to": case.on,
                    "purpose": "",
                    "content_sealed": b"x",
                    "content_digest": b"x" * 32,
                }
                session.execute(insert(CreditReport).values(**values))
            else:
                values = common | {"kind": case.kind, "ref": case.ref, "on": case.on}
                session.execute(insert(Deadline).values(**values, provisional=False, done=False))


def notice_days(plan: Plan, on: date, offsets: list[int]) -> set[date]:
    """The days on which people are told, found by walking the calendar."""
    when = plan.when
    assert when is not None
    days = set()
    for offset in offsets:
        day, left = on, abs(offset)
        step = timedelta(days=1 if offset < 0 else -1)
        while left:
            day += step
            if when.days == "calendar" or workdays.is_working_day(day):
                left -= 1
        while when.roll != "none" and not workdays.is_working_day(day):
            day += timedelta(days=-1 if when.roll == "earlier" else 1)
        days.add(day)
    return days


def expected(city: City, cases: list[Case]) -> Iterator[Told]:
    for case in cases:
        for kind, plan in plans.plans().items():
            if plan.when is None or case.kind not in plan.when.deadline:
                continue
            offsets = [*plan.when.before, *(-after for after in plan.when.after)]
            for whom in _whom(city, plan, case.subject):
                wanted = city.days_ahead(whom, plan.reminder) if plan.reminder else offsets
                for day in notice_days(plan, case.on, wanted):
                    over = case.done is not None and day >= case.done
                    if YEAR[0] <= day <= YEAR[1] and not over:
                        yield Told(kind, case.ref, whom, day)


def _whom(city: City, plan: Plan, subject: str) -> list[str]:
    found = []
    found += ["officer"] if "officer" in plan.to else []
    found += ["reviewer"] if "next_in_charge" in plan.to else []
    bound = city.bound(subject)
    if "person" in plan.to and subject in {"practitioner", "resident"}:
        found += bound
    if "clerks" in plan.to and subject not in {"practitioner", "resident"}:
        found += bound
    if {"person", "clerks"} & set(plan.to) and not bound and not plan.reminder:
        found.append("")
    return found


def live(city: City, cases: list[Case]) -> None:
    """Every day of the year at every hour that matters."""
    bureau = city.bureau
    planning = [job for job in jobs.jobs() if job.name == jobs.PLAN]
    clockwork = Clockwork(bureau.database, planning, wall=bureau.clock)
    done = {case.ref: case.done for case in cases if case.done}
    day = YEAR[0]
    while day <= YEAR[1]:
        over = [int(ref[1:]) for ref, on in done.items() if on == day]
        if over:
            with bureau.database.begin() as session:
                for deadline in session.scalars(select(Deadline).where(Deadline.id.in_(over))):
                    deadline.done = True
        for hour in HOURS:
            bureau.clock.current = datetime.combine(day, hour, SHANGHAI)
            clockwork.run_due(bureau.clock.now())
            with bureau.database.read() as session:
                owed = is_due(session, bureau.clock.now())
            if owed:
                bureau.tick()
        day += timedelta(days=1)


def told(city: City) -> Iterator[tuple[Told, datetime]]:
    """What the outbox says was told, and when; an undeliverable one when staff got the task."""
    bureau = city.bureau
    names = {number: name for name, number in city.people.items()}
    staff = {city.officer: "officer", city.reviewer: "reviewer"}
    with bureau.database.read() as session:
        served = set(session.scalars(select(StaffTask.notice_id)))
        for notice in session.scalars(select(Notice).where(Notice.kind != "digest")):
            if notice.follower_id is not None:
                whom, at = names[notice.follower_id], notice.sent_at
            elif notice.staff_id is not None:
                whom, at = staff[notice.staff_id], notice.sent_at
            else:
                assert notice.id in served
                failed = select(NoticeEvent.at).where(
                    NoticeEvent.notice_id == notice.id, NoticeEvent.status == "failed"
                )
                whom, at = "", session.scalars(failed).one()
            assert at is not None, (notice.key, notice.status, notice.why)
            ref = notice.key.split(":")[1]
            yield Told(notice.kind, ref, whom, local_day(at)), at.astimezone(SHANGHAI)


@pytest.mark.timeout(300)
def test_every_day_of_a_year_is_told_on_its_day_and_once(city: City) -> None:
    dice = random.Random(2026)
    cases = cases_of(city, dice)
    stored(city, cases)
    live(city, cases)
    found = list(told(city))
    assert Counter(one for one, _ in found) == Counter(expected(city, cases))
    for one, at in found:
        late_riser = one.whom == "resident" and plans.plan(one.kind).reminder is not None
        first, last = (10, 20) if late_riser else (8, 21)
        assert first <= at.hour < last, (one, at)
    # Each in one message, alone or in the digest of its day.
    keys = Counter(parcel.key for parcel in city.bureau.platform.sent)
    assert set(keys.values()) == {1}
    kinds = {kind for kind, plan in plans.plans().items() if plan.when is not None}
    assert {one.kind for one, _ in found} == kinds
    # Told on a Saturday or Sunday that is worked for a holiday: the calendar is a real one.
    assert any(one.on.weekday() >= 5 and one.kind == "papers_due" for one, _ in found)
