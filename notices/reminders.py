"""Reminders by what each person switched on: kinds, days ahead, quiet hours, one digest a day.

A statutory notice has no switch; asking for it is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.settings import DATA
from credit_core.datafile import Whole, Words, load
from credit_core.errors import Refusal
from notices import outbox, plans
from notices.hours import Quiet
from notices.models import ReminderSetting, SubscriptionCredit, TemplateRefusal
from notices.recipients import Party

Days = Annotated[Whole, Field(ge=0, le=365)]


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    days_ahead: list[Days] = Field(min_length=1)


class _Hours(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Whole = Field(alias="from", ge=0, le=23)
    end: Whole = Field(alias="to", ge=0, le=23)


class ReminderRules(BaseModel):
    """``config/notices/reminders.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: dict[str, _Kind] = Field(min_length=1)
    choices: list[Days] = Field(min_length=1)
    """Days ahead that may be chosen; planning looks at these days only."""
    quiet: _Hours


@cache
def rules() -> ReminderRules:
    return load(DATA / "notices" / "reminders.yaml", ReminderRules)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one follower wants. ``days_ahead`` empty: those of each kind."""

    follower_id: int
    on: bool
    kinds: frozenset[str]
    days_ahead: tuple[int, ...]
    quiet: Quiet
    digest: bool

    def days_for(self, kind: str) -> tuple[int, ...]:
        """Days ahead on which they are reminded of this kind; empty when not at all."""
        if not self.on or kind not in self.kinds:
            return ()
        return self.days_ahead or tuple(rules().kinds[kind].days_ahead)


def titles() -> dict[str, str]:
    """Every kind that can be switched, with its name for people."""
    return {name: kind.title for name, kind in rules().kinds.items()}


def switch_on(
    session: Session,
    follower_id: int,
    kinds: Iterable[str] | None = None,
    *,
    now: datetime,
    days_ahead: Sequence[int] | None = None,
    quiet: tuple[int, int] | None = None,
    digest: bool | None = None,
) -> ReminderSetting:
    """Remind this follower of ``kinds`` (all when None), besides those that are on already.

    :raises Refusal: ``reminders.unknown`` or ``reminders.days``.
    """
    wanted = _known(kinds)
    _check_days(days_ahead)
    row = _row(session, follower_id, now)
    row.kinds = sorted(wanted if kinds is None or not row.on else wanted | set(row.kinds))
    row.on, row.changed_at = True, now
    if days_ahead is not None:
        row.days_ahead = sorted(set(days_ahead), reverse=True)
    if quiet is not None:
        row.quiet_from, row.quiet_to = quiet
    if digest is not None:
        row.digest = digest
    session.flush()
    return row


def switch_off(
    session: Session, follower_id: int, kinds: Iterable[str] | None = None, *, now: datetime
) -> ReminderSetting:
    """退订: at once, also for what is planned already. ``kinds`` None switches all off.

    :raises Refusal: ``reminders.statutory`` for a notice that the law prescribes.
    """
    unwanted = _known(kinds)
    row = _row(session, follower_id, now)
    left = set(row.kinds) - unwanted
    row.kinds, row.on, row.changed_at = sorted(left), bool(left), now
    session.flush()
    planned = [
        name for name, plan in plans.plans().items() if plan.reminder and plan.reminder in unwanted
    ]
    outbox.cancel(
        session, follower_id=follower_id, kinds=[*planned, "digest"], now=now, why="switched_off"
    )
    return row


def setting(session: Session, follower_id: int, *, clerk: bool = False) -> Wish:
    """What this follower wants now; nothing is on until they switched it on.

    :param clerk: they speak for an organisation: everything is on until they switch it off.
    """
    known = wishes(session, [follower_id]).get(follower_id)
    kinds = frozenset(rules().kinds if clerk else ())
    return known or Wish(follower_id, clerk, kinds, (), default_quiet(), True)


def wishes(session: Session, follower_ids: Sequence[int]) -> Mapping[int, Wish]:
    """The wishes of many followers; those who never chose are missing."""
    found: dict[int, Wish] = {}
    for start in range(0, len(follower_ids), 500):
        chunk = follower_ids[start : start + 500]
        query = select(ReminderSetting).where(ReminderSetting.follower_id.in_(chunk))
        for row in session.scalars(query):
            found[row.follower_id] = Wish(
                row.follower_id,
                row.on,
                frozenset(row.kinds),
                tuple(row.days_ahead),
                Quiet(row.quiet_from, row.quiet_to),
                row.digest,
            )
    return found


def wishes_of(session: Session, party: Party) -> Mapping[int, Wish]:
    """The wishes of everybody bound to a subject.

    Residents and practitioners are reminded of what they switched on; clerks of an
    organisation of everything until they switch it off.
    """
    found = dict(wishes(session, [*party.persons, *party.clerks]))
    everything = frozenset(rules().kinds)
    for follower_id in party.clerks:
        wish = Wish(follower_id, True, everything, (), default_quiet(), True)
        found.setdefault(follower_id, wish)
    for follower_id in party.persons:
        wish = Wish(follower_id, False, frozenset(), (), default_quiet(), True)
        found.setdefault(follower_id, wish)
    return found


def forget(session: Session, follower_id: int, *, now: datetime) -> None:
    """The person withdrew or had their data deleted: wishes and credits go, plans are cancelled."""
    switchable = [name for name, plan in plans.plans().items() if plan.reminder]
    outbox.cancel(
        session,
        follower_id=follower_id,
        kinds=[*switchable, "digest", "campaign_template"],
        now=now,
        why="switched_off",
    )
    for table in (ReminderSetting, SubscriptionCredit, TemplateRefusal):
        session.execute(delete(table).where(table.follower_id == follower_id))


def default_quiet() -> Quiet:
    quiet = rules().quiet
    return Quiet(quiet.start, quiet.end)


def _known(kinds: Iterable[str] | None) -> set[str]:
    known = set(rules().kinds)
    if kinds is None:
        return known
    wanted = set(kinds)
    for kind in sorted(wanted - known):
        plan = plans.plans().get(kind)
        if plan is not None and plan.statutory:
            raise Refusal("reminders.statutory", title=plan.title)
        raise Refusal("reminders.unknown", kinds="、".join(titles().values()))
    return wanted


def _check_days(days_ahead: Sequence[int] | None) -> None:
    choices = rules().choices
    if not set(days_ahead or ()) <= set(choices):
        raise Refusal("reminders.days", choices="、".join(map(str, choices)))


def _row(session: Session, follower_id: int, now: datetime) -> ReminderSetting:
    row = session.get(ReminderSetting, follower_id, with_for_update=True)
    if row is None:
        quiet = default_quiet()
        row = ReminderSetting(
            follower_id=follower_id,
            on=False,
            kinds=[],
            days_ahead=[],
            quiet_from=quiet.start,
            quiet_to=quiet.end,
            changed_at=now,
        )
        session.add(row)
        session.flush()
    return row
