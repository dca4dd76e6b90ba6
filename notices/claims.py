"""Taking notices from the outbox: one transaction that leases, chooses and words them.

Claims queue up (an advisory lock on PostgreSQL, the write lock on SQLite), so two couriers
never hold two notices of one person in one lane and the order per person is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pydantic_core import from_json
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.accounts.models import Follower, StaffMember
from credit_core.clock import local_day
from credit_core.crypto import keyring, place_of
from notices import channels, digests, due, ends, pace, plans, stops
from notices.channels import Choice, Person
from notices.claim_writes import ClaimWrites
from notices.copies import is_repetition
from notices.due import DueRow
from notices.fitting import FieldRefused
from notices.models import Notice, SubscriptionCredit, TemplateRefusal
from notices.verdicts import Parcel, repeatable_for

_A_MOMENT = timedelta(seconds=1)
_CLAIM_LOCK = 0x6D65_6463
"""Any number; it names the lock under which claims queue up."""


@dataclass(frozen=True, slots=True)
class Job:
    """A leased notice on its way."""

    notice_id: int
    lease_no: int
    follower_id: int | None
    parcel: Parcel
    handed_before: datetime | None
    """An earlier hand-over with an unknown outcome."""
    mark_first: bool
    """No idempotency key: the hand-over must be written down just before it happens."""
    kind: str
    chased: bool
    """Followed up when nobody answers; a repetition is not, the one that it repeats is."""


@dataclass(slots=True)
class Claim:
    jobs: list[Job] = field(default_factory=list)
    looked: int = 0
    """Rows that were settled one way or another; 0 means that nothing was due."""
    stopped_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Who claims, and what the words need."""

    courier: int
    public_url: str


def claim(session: Session, desk: Desk, *, now: datetime, wall: datetime, limit: int) -> Claim:
    """Lease up to ``limit`` due notices, each with its channel and its words."""
    taken = Claim()
    stopped = stops.stops(session, max(now, wall))
    if stops.EVERYTHING in stopped:
        taken.stopped_until = stopped[stops.EVERYTHING]
        return taken
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
    rows = due.take(session, now, limit)
    taken.looked = len(rows)
    if not rows:
        return taken
    rows = digests.gather(session, rows, now)
    moment = max(now, wall)
    for api in pace.over_budget(stops.used_today(session, now)):
        stopped.setdefault(api, stops.next_day(moment))
    _Round(session, desk, now, wall, stopped).take(rows, taken)
    return taken


class _Round:
    """One claim: reads what the choices need at once, writes what was chosen at once."""

    def __init__(
        self,
        session: Session,
        desk: Desk,
        now: datetime,
        wall: datetime,
        stopped: Mapping[str, datetime],
    ) -> None:
        self.session, self.desk, self.now, self.wall, self.stopped = (
            session,
            desk,
            now,
            wall,
            stopped,
        )
        self.writes = ClaimWrites(courier=desk.courier, now=now)

    def take(self, rows: Sequence[DueRow], taken: Claim) -> None:
        people = self._people(rows)
        for row in rows:
            job = self._one(row, people)
            if job is not None:
                taken.jobs.append(job)
        self.writes.save(self.session)

    def _one(self, row: DueRow, people: Mapping[int, Person]) -> Job | None:
        plan = plans.plans().get(row.kind)
        if plan is None:
            ends.fail(self.session, row.id, "no_plan", self.now)
            return None
        too_late = row.expires_at is not None and row.expires_at <= self.now
        if too_late and row.handed_at is None:
            ends.expire(self.session, row.id, self.now)
            return None
        follower_id = row.follower_id
        person = people.get(row.id)
        if row.handed_at is not None:
            # Its outcome is unknown: only the very same message may be repeated.
            choice = self._pinned(row, plan)
        else:
            refused = frozenset(filter(None, row.refused.split(",")))
            choice = channels.choose(
                plan, person, refused=refused, stopped=self.stopped, now=self.now
            )
        if choice.channel is None or choice.message is None or person is None:
            self._hold(row, choice)
            return None
        try:
            fields = _open_fields(row, local_day(self.now))
            parcel = _word(row, plan, choice, person, fields, self.desk.public_url)
        except (FieldRefused, plans.PlanError) as fault:
            ends.refuse(self.session, row.id, choice.channel, "bad_field", str(fault), self.now)
            return None
        return self._lease(row, follower_id, parcel, person)

    def _pinned(self, row: DueRow, plan: plans.Plan) -> Choice:
        window = repeatable_for(row.channel)
        ends_at = self.stopped.get(row.channel)
        message = plan.messages.get(row.channel)
        if message is None or self.wall >= row.handed_at + window:
            return Choice(None, why="outcome_unknown")
        if ends_at is not None:
            # The stop may be lifted before the window closes.
            until = max(min(ends_at, row.handed_at + window), max(self.now, self.wall) + _A_MOMENT)
            return Choice(None, why="api_stopped", until=until)
        return Choice(row.channel, message)

    def _hold(self, row: DueRow, choice: Choice) -> None:
        if choice.until is not None:
            left = choice.until - max(self.now, self.wall)
            self.writes.wait(row.id, self.now + left, choice.why)
        elif choice.why == "outcome_unknown":
            ends.uncertain(self.session, row.id, self.now)
        elif row.staff_id is not None:
            ends.show_in_console(self.session, row.id, self.now)
        else:
            ends.fail(self.session, row.id, choice.why, self.now)

    def _lease(self, row: DueRow, follower_id: int | None, parcel: Parcel, person: Person) -> Job:
        marked = repeatable_for(parcel.channel) > timedelta(0)
        lease_no = row.lease_no + 1
        self.writes.lease(
            row.id,
            lease_no,
            parcel.channel,
            parcel.text,
            row.handed_at or (self.wall if marked else None),
        )
        self._use(parcel, person, follower_id)
        return Job(
            notice_id=row.id,
            lease_no=lease_no,
            follower_id=follower_id,
            parcel=parcel,
            handed_before=row.handed_at,
            mark_first=not marked,
            kind=row.kind,
            chased=not is_repetition(row.key),
        )

    def _use(self, parcel: Parcel, person: Person, follower_id: int | None) -> None:
        """Count what the message uses up, before it leaves: two workers never use it twice."""
        if parcel.channel == "custom":
            person.window_used += 1
            self.writes.window_uses.append({"person": follower_id})
        elif parcel.channel == "subscription" and not person.credits[parcel.template_id][0]:
            self.writes.credit_uses.append({"person": follower_id, "template": parcel.template_id})

    def _people(self, rows: Sequence[DueRow]) -> dict[int, Person]:
        """Person of each notice; staff are found by the openid of their account."""
        people: dict[int, Person] = {}
        by_follower: dict[int, Person] = {}
        for row in rows:
            if row.follower_id is not None:
                person = by_follower.get(row.follower_id)
                if person is None:
                    person = by_follower[row.follower_id] = Person(
                        row.openid,
                        row.following,
                        row.unreachable,
                        row.window_kind,
                        row.window_opened_at,
                        row.window_used,
                    )
                people[row.id] = person
        self._add_staff([row for row in rows if row.staff_id is not None], people)
        self._add_credits(rows, by_follower)
        self._add_refusals(by_follower)
        return people

    def _add_staff(self, rows: Sequence[DueRow], people: dict[int, Person]) -> None:
        if not rows:
            return
        found = self.session.execute(
            select(StaffMember.id, Follower)
            .join(Follower, Follower.openid == StaffMember.openid)
            .where(StaffMember.id.in_({row.staff_id for row in rows}))
        )
        staff = dict(found.all())
        for row in rows:
            follower = staff.get(row.staff_id)
            if follower is not None:
                people[row.id] = Person(
                    follower.openid,
                    follower.following,
                    follower.unreachable,
                    None,
                    None,
                    0,
                )

    def _add_credits(self, rows: Sequence[DueRow], people: Mapping[int, Person]) -> None:
        wanted = [
            row.follower_id
            for row in rows
            if row.follower_id is not None
            and (plan := plans.plans().get(row.kind)) is not None
            and "subscription" in plan.messages
        ]
        found: dict[int, dict[str, tuple[bool, int]]] = {}
        for chunk in _chunks(sorted(set(wanted))):
            query = select(SubscriptionCredit).where(SubscriptionCredit.follower_id.in_(chunk))
            for one in self.session.scalars(query):
                mine = found.setdefault(one.follower_id, {})
                mine[one.template_id] = (one.long_term, one.credits)
        for follower_id, left in found.items():
            people[follower_id].credits = left

    def _add_refusals(self, people: Mapping[int, Person]) -> None:
        found: dict[int, set[tuple[str, str]]] = {}
        for chunk in _chunks(sorted(people)):
            query = select(TemplateRefusal).where(
                TemplateRefusal.follower_id.in_(chunk), TemplateRefusal.until > self.now
            )
            for one in self.session.scalars(query):
                found.setdefault(one.follower_id, set()).add((one.channel, one.template_id))
        for follower_id, closed in found.items():
            people[follower_id].refusals = frozenset(closed)


def _open_fields(row: DueRow, today: date) -> Mapping[str, object]:
    plain = keyring().open(row.fields_sealed, place_of(Notice, "fields_sealed", row.id))
    fields: dict[str, object] = from_json(plain)
    return {**plans.own_fields(row.kind, row.id, row.case_no, today), **fields}


def _word(
    row: DueRow,
    plan: plans.Plan,
    choice: Choice,
    person: Person,
    fields: Mapping[str, object],
    public_url: str,
) -> Parcel:
    message = choice.message
    if message is None or choice.channel is None:
        raise plans.PlanError("there is no message to word")
    key = f"n{row.id}"
    if choice.channel == "custom":
        text = plans.text_of(message, fields)
        return Parcel("custom", person.openid, key, text=text)
    values = plans.values_of(plan, message, fields)
    labels = plans.templates()[message.template or ""].keywords
    url = None
    if message.url:
        path = message.url.format_map(fields)
        url = path if path.startswith("https://") else public_url.rstrip("/") + path
    return Parcel(
        choice.channel,
        person.openid,
        key,
        template_id=channels.template_id(message),
        values=values,
        text="\n".join(f"{labels[name]}:{value}" for name, value in values.items()),
        url=url,
    )


def _chunks(ids: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
