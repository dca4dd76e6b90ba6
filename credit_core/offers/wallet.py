"""Wallets of points: earned by reported activities, paid for one-time codes, never negative.

A reported record counts once (wallet, activity and source id are unique), and no more than the
daily cap of its activity. All movements of one wallet wait for its row, so caps and balances
hold under concurrency.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.clock import local_day
from credit_core.datafile import PartError, Whole, Words, load
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.offers.catalogue import Facts, fact_catalogue
from credit_core.offers.conditions import Result, Situation, every
from credit_core.offers.models import WalletAccount, WalletEntry
from credit_core.offers.questions import Condition
from credit_core.offers.statements import changed_rows, ensure

SPEND, REFUND = "spend", "refund"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Activity(_Strict):
    """A way to earn: ``points`` for each whole ``per``, at most ``daily_cap`` points a day."""

    title: Words
    per: Words
    points: Whole = Field(ge=1)
    daily_cap: Whole = Field(ge=1)
    conditions: tuple[Condition, ...] = ()


class Tier(_Strict):
    from_: Whole = Field(alias="from", ge=0)
    title: Words


class Wallet(_Strict):
    title: Words
    unit: Words
    source: Words
    activities: dict[str, Activity] = Field(min_length=1)
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if {SPEND, REFUND} & set(self.activities):
            raise PartError(("activities",), text("offers", "faults.movement"))
        for name, activity in self.activities.items():
            if activity.points > activity.daily_cap:
                said = text("offers", "faults.daily_cap", points=activity.points)
                raise PartError(("activities", name, "daily_cap"), said)
        for number, (before, tier) in enumerate(pairwise(self.tiers), start=1):
            if before.from_ >= tier.from_:
                said = text("offers", "faults.steps", above=before.from_)
                raise PartError(("tiers", number, "from"), said)
        return self

    def tier(self, balance: int) -> Tier | None:
        """The highest tier that a balance reaches."""
        reached = [tier for tier in self.tiers if tier.from_ <= balance]
        return reached[-1] if reached else None


class WalletFile(_Strict):
    wallets: dict[str, Wallet]


@cache
def wallets() -> dict[str, Wallet]:
    """The wallets of ``config/offers/wallets.yaml``; each is also a fact of the catalogue."""
    return load(DATA / "offers" / "wallets.yaml", WalletFile, context=fact_catalogue()).wallets


def balance(session: Session, subject_id: int, wallet: str) -> int:
    found = session.scalar(
        select(WalletAccount.balance).where(
            WalletAccount.subject_id == subject_id, WalletAccount.wallet == wallet
        )
    )
    return found or 0


def earn(
    session: Session,
    subject_id: int,
    wallet: str,
    activity: str,
    quantity: Decimal,
    *,
    source_id: str,
    on: date,
    now: datetime,
    facts: Facts | None = None,
) -> WalletEntry | None:
    """Credit one reported activity.

    :param quantity: in the activity's unit (hours, kilometres, times); parts of a unit are
        not counted.
    :param source_id: id of the report at its source; the same one again changes nothing.
    :param facts: for activities that ask for more than the deed itself.
    :returns: the movement (0 points above the daily cap), None when it was reported before.
    :raises Refusal: ``offers.no_activity``, ``offers.bad_quantity``, ``offers.future_day`` or
        ``offers.activity_closed``.
    """
    rule = _activity(wallet, activity)
    if not quantity.is_finite() or quantity <= 0:
        raise Refusal("offers.bad_quantity")
    if on > local_day(now):
        raise Refusal("offers.future_day", on=on)
    _refuse_unmet(rule, on, facts or {})
    _lock(session, subject_id, wallet)
    if _known(session, wallet, activity, source_id):
        return None
    worth = int((quantity.to_integral_value(ROUND_FLOOR)) * rule.points)
    points = min(worth, max(rule.daily_cap - _earned(session, subject_id, wallet, activity, on), 0))
    try:
        with session.begin_nested():
            entry = _move(
                session, subject_id, wallet, activity, source_id, points, on, now, str(quantity)
            )
    except IntegrityError:
        return None  # The same report, at the same time, for another subject.
    return entry


def _activity(wallet: str, activity: str) -> Activity:
    found = wallets().get(wallet)
    if found is None or activity not in found.activities:
        raise Refusal("offers.no_activity", activity=activity)
    return found.activities[activity]


def _refuse_unmet(rule: Activity, on: date, facts: Facts) -> None:
    verdict = every(rule.conditions, Situation(on, facts, fact_catalogue(), {}))
    if verdict.result is not Result.PASS:
        raise Refusal(
            "offers.activity_closed", why=text("offers", "why.join").join(verdict.reasons)
        )


def _lock(session: Session, subject_id: int, wallet: str) -> None:
    """Wait for the wallet's row; SQLite writers queue as a whole."""
    ensure(session, WalletAccount, subject_id=subject_id, wallet=wallet, balance=0)
    session.execute(
        select(WalletAccount.balance)
        .where(WalletAccount.subject_id == subject_id, WalletAccount.wallet == wallet)
        .with_for_update()
    )


def _known(session: Session, wallet: str, activity: str, source_id: str) -> bool:
    found = session.scalar(
        select(WalletEntry.id).where(
            WalletEntry.wallet == wallet,
            WalletEntry.activity == activity,
            WalletEntry.source_id == source_id,
        )
    )
    return found is not None


def _earned(session: Session, subject_id: int, wallet: str, activity: str, on: date) -> int:
    total = session.scalar(
        select(func.coalesce(func.sum(WalletEntry.points), 0)).where(
            WalletEntry.subject_id == subject_id,
            WalletEntry.wallet == wallet,
            WalletEntry.activity == activity,
            WalletEntry.on == on,
        )
    )
    return int(total or 0)


def _move(
    session: Session,
    subject_id: int,
    wallet: str,
    activity: str,
    source_id: str,
    points: int,
    on: date,
    now: datetime,
    quantity: str,
) -> WalletEntry:
    statement = (
        update(WalletAccount)
        .where(
            WalletAccount.subject_id == subject_id,
            WalletAccount.wallet == wallet,
            WalletAccount.balance + points >= 0,
        )
        .values(balance=WalletAccount.balance + points)
    )
    if changed_rows(session, statement) == 0:
        gap = -points - balance(session, subject_id, wallet)
        title = wallets()[wallet]
        raise Refusal("offers.points_short", wallet=title.title, gap=f"{gap}{title.unit}")
    entry = WalletEntry(
        id=new_id(),
        subject_id=subject_id,
        wallet=wallet,
        activity=activity,
        source_id=source_id,
        quantity=quantity,
        points=points,
        on=on,
        at=now,
    )
    session.add(entry)
    session.flush()
    return entry


def pay(
    session: Session,
    subject_id: int,
    wallet: str,
    points: int,
    *,
    source_id: str,
    on: date,
    now: datetime,
) -> WalletEntry:
    """Take points for a coupon.

    :raises Refusal: ``offers.points_short``; the balance is never negative.
    """
    return _move(session, subject_id, wallet, SPEND, source_id, -points, on, now, "1")


def refund(
    session: Session, subject_id: int, *, source_id: str, on: date, now: datetime
) -> WalletEntry | None:
    """Give back what a coupon cost, once."""
    paid = session.scalar(
        select(WalletEntry).where(
            WalletEntry.subject_id == subject_id,
            WalletEntry.activity == SPEND,
            WalletEntry.source_id == source_id,
        )
    )
    if paid is None or _known(session, paid.wallet, REFUND, source_id):
        return None
    return _move(session, subject_id, paid.wallet, REFUND, source_id, -paid.points, on, now, "1")
