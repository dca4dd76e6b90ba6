"""Claiming, redeeming once, expiring, giving back; exact under concurrency on both databases.

The place in a quota is one conditional UPDATE, «once per person and period» is a unique index,
and «redeemed once» is the UPDATE that moves the coupon out of ``held``: of any number of
processes exactly one finds its row.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import Binding
from credit_core.clock import local_day
from credit_core.crypto import blind_index
from credit_core.errors import NotFoundError, Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.ids import new_id
from credit_core.offers.book import OfferBook, offer_book
from credit_core.offers.catalogue import Facts
from credit_core.offers.codes import compact, new_code
from credit_core.offers.engine import OfferState
from credit_core.offers.facts import Rated
from credit_core.offers.models import Coupon, CouponStatus, OfferQuota, Redemption
from credit_core.offers.schema import Claim, Offer, Saves
from credit_core.offers.service import evaluate_one
from credit_core.offers.upsert import ensure
from credit_core.offers.wallet import pay, refund
from credit_core.subjects.models import Subject

_PLACE = "coupon.code_index"
FEN = 100
MOST = Decimal(10_000_000)
"""Yuan of one redemption; more is a slip of the finger."""


def claim(
    session: Session,
    subject: Subject,
    offer_id: str,
    *,
    follower_id: int | None,
    on: date,
    now: datetime,
    facts: Facts | None = None,
    rated: Rated | None = None,
    book: OfferBook | None = None,
) -> Coupon:
    """Take one code of an offer that is open to the subject.

    :param follower_id: who asks; must be bound to the subject. None: staff at the counter.
    :raises Refusal: ``offers.no_such_offer``, ``offers.not_yours``, ``offers.not_claimable``,
        ``offers.not_here``, ``offers.closed``, ``offers.already_claimed``, ``offers.sold_out``
        or ``offers.points_short``.
    """
    book = book or offer_book(session)
    if offer_id not in book or not book[offer_id].in_force(on):
        raise Refusal("offers.no_such_offer")
    offer = book[offer_id]
    if follower_id is not None and not _speaks_for(session, follower_id, subject.id):
        raise Refusal("offers.not_yours")
    if not offer.local:
        raise Refusal("offers.not_here", place=offer.place)
    if offer.claim is None:
        raise Refusal("offers.not_claimable", next_step=offer.next_step)
    state = evaluate_one(session, subject, offer_id, on, facts, rated=rated, book=book)
    if not state.open:
        raise Refusal("offers.closed", why=state.why, missing=state.missing_text)
    period = period_key(offer.claim, on)
    coupon = _take(session, subject, state, offer.claim, period, on, now, follower_id)
    emit(
        session,
        Event(
            EventKind.COUPON_CLAIMED,
            subject.id,
            now,
            {
                "coupon_id": coupon.id,
                "offer": offer.id,
                "title": offer.title,
                "expires_on": coupon.expires_on.isoformat(),
                "follower_id": follower_id,
            },
        ),
    )
    return coupon


def _speaks_for(session: Session, follower_id: int, subject_id: int) -> bool:
    found = session.scalar(
        select(Binding.id).where(
            Binding.follower_id == follower_id,
            Binding.subject_id == subject_id,
            Binding.until.is_(None),
        )
    )
    return found is not None


def _take(
    session: Session,
    subject: Subject,
    state: OfferState,
    terms: Claim,
    period: str,
    on: date,
    now: datetime,
    follower_id: int | None,
) -> Coupon:
    offer = state.offer
    try:
        with session.begin_nested():
            slot = _free_slot(session, offer.id, subject.id, period, terms.per_person)
            if terms.quota is not None:
                _take_place(session, offer.id, period, terms.quota)
            coupon = _new_coupon(subject, state, terms, period, slot, on, now, follower_id)
            session.add(coupon)
            session.flush()
            if terms.price is not None:
                pay(
                    session,
                    subject.id,
                    terms.price.wallet,
                    terms.price.points,
                    source_id=str(coupon.id),
                    on=on,
                    now=now,
                )
    except IntegrityError:
        # Another request of the same person took the slot between our look and our insert.
        raise Refusal("offers.already_claimed", expires_on=on + timedelta(terms.days)) from None
    return coupon


def _free_slot(
    session: Session, offer_id: str, subject_id: int, period: str, per_person: int
) -> int:
    rows = session.execute(
        select(Coupon.slot, Coupon.expires_on).where(
            Coupon.offer_id == offer_id,
            Coupon.subject_id == subject_id,
            Coupon.period == period,
            Coupon.status != CouponStatus.CANCELLED,
        )
    )
    taken = {row.slot: row.expires_on for row in rows}
    free = next((slot for slot in range(1, per_person + 1) if slot not in taken), None)
    if free is None:
        raise Refusal("offers.already_claimed", expires_on=max(taken.values()))
    return free


def _take_place(session: Session, offer_id: str, period: str, quota: int) -> None:
    ensure(session, OfferQuota, offer_id=offer_id, period=period, taken=0)
    took = _changed(
        session,
        update(OfferQuota)
        .where(
            OfferQuota.offer_id == offer_id,
            OfferQuota.period == period,
            OfferQuota.taken < quota,
        )
        .values(taken=OfferQuota.taken + 1),
    )
    if not took:
        raise Refusal("offers.sold_out")


def _changed(session: Session, statement: Any) -> int:
    """Rows that an UPDATE found."""
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _new_coupon(
    subject: Subject,
    state: OfferState,
    terms: Claim,
    period: str,
    slot: int,
    on: date,
    now: datetime,
    follower_id: int | None,
) -> Coupon:
    offer = state.offer
    expires_on = on + timedelta(days=terms.days)
    if offer.effective_to is not None:
        expires_on = min(expires_on, offer.effective_to)
    code = new_code()
    coupon = Coupon(
        id=new_id(),
        offer_id=offer.id,
        subject_id=subject.id,
        follower_id=follower_id,
        period=period,
        slot=slot,
        code_index=blind_index(_PLACE, code),
        status=CouponStatus.HELD,
        claimed_on=on,
        claimed_at=now,
        expires_on=expires_on,
        terms={
            "title": offer.title,
            "text": state.terms,
            "value": None if state.value is None else str(state.value),
        },
        points=0 if terms.price is None else terms.price.points,
    )
    coupon.code = code
    return coupon


def period_key(terms: Claim, on: date) -> str:
    """The name of the period in which a day lies: ``2026-11`` or ``2026Q4`` or ``once``."""
    match terms.period:
        case "day":
            return on.isoformat()
        case "month":
            return f"{on:%Y-%m}"
        case "quarter":
            return f"{on.year}Q{(on.month + 2) // 3}"
        case "year":
            return str(on.year)
        case _:
            return "once"


def redeem(
    session: Session,
    code: str,
    *,
    merchant: str,
    now: datetime,
    amount: Decimal,
    book: OfferBook | None = None,
) -> Redemption:
    """Use a code once.

    :param code: as typed; spaces, dashes, small letters and full-width signs do not matter.
    :param merchant: name of the partner who redeems.
    :param amount: yuan that the goods cost, or the deposit that is not asked for.
    :raises Refusal: ``offers.code_unreadable``, ``offers.code_unknown``, ``offers.code_used``,
        ``offers.code_expired``, ``offers.code_cancelled``, ``offers.wrong_merchant`` or
        ``offers.bad_amount``.
    """
    book = book or offer_book(session)
    if not (amount.is_finite() and 0 < amount <= MOST and amount * 100 % 1 == 0):
        raise Refusal("offers.bad_amount")
    on = local_day(now)
    coupon = usable_coupon(session, code, merchant=merchant, on=on, book=book)
    offer = book.get(coupon.offer_id)
    used = _changed(
        session,
        update(Coupon)
        .where(Coupon.id == coupon.id, Coupon.status == CouponStatus.HELD, Coupon.expires_on >= on)
        .values(status=CouponStatus.REDEEMED, ended_at=now),
    )
    session.refresh(coupon)
    if not used:
        _refuse_unusable(session, coupon, on)
        raise Refusal("offers.code_used", on=on)
    redemption = Redemption(
        id=new_id(),
        coupon_id=coupon.id,
        merchant=merchant,
        at=now,
        on=on,
        amount_fen=int(amount * FEN),
        saved_fen=int(saved(offer, coupon, amount) * FEN),
    )
    session.add(redemption)
    session.flush()
    return redemption


def usable_coupon(
    session: Session, code: str, *, merchant: str, on: date, book: OfferBook | None = None
) -> Coupon:
    """The coupon that a partner may redeem now; for the till to look at before it is used.

    :raises Refusal: as :func:`redeem`, but for the amount.
    """
    coupon = find_coupon(session, code)
    _refuse_unusable(session, coupon, on)
    offer = (book or offer_book(session)).get(coupon.offer_id)
    if offer is not None and offer.partners and merchant not in offer.partners:
        names = text("offers", "or").join(offer.partners)
        raise Refusal("offers.wrong_merchant", partners=names)
    return coupon


def find_coupon(session: Session, code: str) -> Coupon:
    """The coupon of a typed code.

    :raises Refusal: ``offers.code_unreadable`` or ``offers.code_unknown``.
    """
    readable = compact(code)
    if readable is None:
        raise Refusal("offers.code_unreadable")
    coupon = session.scalar(
        select(Coupon)
        .where(Coupon.code_index == blind_index(_PLACE, readable))
        .execution_options(populate_existing=True)
    )
    if coupon is None:
        raise Refusal("offers.code_unknown")
    return coupon


def _refuse_unusable(session: Session, coupon: Coupon, on: date) -> None:
    if coupon.status == CouponStatus.REDEEMED:
        used_on = session.scalar(select(Redemption.on).where(Redemption.coupon_id == coupon.id))
        raise Refusal("offers.code_used", on=used_on or on)
    if coupon.status == CouponStatus.CANCELLED:
        raise Refusal("offers.code_cancelled")
    if coupon.status == CouponStatus.EXPIRED or coupon.expires_on < on:
        raise Refusal("offers.code_expired", on=coupon.expires_on)


def saved(offer: Offer | None, coupon: Coupon, amount: Decimal) -> Decimal:
    """Yuan that one redemption saves, to the fen; never more than the amount."""
    ways = offer.claim.saves if offer is not None and offer.claim is not None else None
    if ways is None:
        return Decimal(0)
    share = _share(ways, coupon, amount)
    if ways.most is not None:
        share = min(share, ways.most)
    return min(share, amount).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _share(ways: Saves, coupon: Coupon, amount: Decimal) -> Decimal:
    if ways.whole:
        return amount
    if ways.yuan is not None:
        return ways.yuan
    percent = ways.percent
    if percent == "term":
        percent = Decimal(coupon.terms.get("value") or 0)
    return amount * Decimal(percent or 0) / 100


def cancel(session: Session, coupon_id: int, *, subject_id: int, now: datetime) -> Coupon:
    """Give a held coupon back: its place in the quota and its points return.

    :raises NotFoundError: the subject has no such coupon.
    :raises Refusal: ``offers.not_held``.
    """
    coupon = session.get(Coupon, coupon_id)
    if coupon is None or coupon.subject_id != subject_id:
        raise NotFoundError("no such coupon")
    moved = _changed(
        session,
        update(Coupon)
        .where(
            Coupon.id == coupon_id,
            Coupon.status == CouponStatus.HELD,
            Coupon.expires_on >= local_day(now),
        )
        .values(status=CouponStatus.CANCELLED, ended_at=now),
    )
    if not moved:
        raise Refusal("offers.not_held")
    _changed(
        session,
        update(OfferQuota)
        .where(
            OfferQuota.offer_id == coupon.offer_id,
            OfferQuota.period == coupon.period,
            OfferQuota.taken > 0,
        )
        .values(taken=OfferQuota.taken - 1),
    )
    _give_points_back(session, coupon, now)
    session.refresh(coupon)
    return coupon


def _give_points_back(session: Session, coupon: Coupon, now: datetime) -> None:
    if coupon.points:
        refund(session, coupon.subject_id, source_id=str(coupon.id), on=local_day(now), now=now)


def expire_coupons(session: Session, on: date, *, now: datetime, batch: int = 1000) -> int:
    """End held coupons whose last day lies before ``on``; points that they cost return.

    :returns: how many ended, at most ``batch``; run again until 0.
    """
    due = session.scalars(
        select(Coupon)
        .where(Coupon.status == CouponStatus.HELD, Coupon.expires_on < on)
        .order_by(Coupon.expires_on, Coupon.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    ).all()
    for coupon in due:
        coupon.status = CouponStatus.EXPIRED
        coupon.ended_at = now
        _give_points_back(session, coupon, now)
    session.flush()
    return len(due)


def coupons_of(session: Session, subject_id: int, on: date) -> list[Coupon]:
    """A subject's coupons, usable ones first (soonest end first), then the past, newest first."""
    rows = session.scalars(select(Coupon).where(Coupon.subject_id == subject_id)).all()

    def usable(coupon: Coupon) -> bool:
        return coupon.status == CouponStatus.HELD and coupon.expires_on >= on

    live = sorted((row for row in rows if usable(row)), key=lambda row: (row.expires_on, row.id))
    past = sorted((row for row in rows if not usable(row)), key=lambda row: -row.id)
    return [*live, *past]


def places_left(session: Session, offer: Offer, on: date) -> int | None:
    """How many codes of an offer remain in the period of a day; None: no quota."""
    if offer.claim is None or offer.claim.quota is None:
        return None
    period = period_key(offer.claim, on)
    taken = session.scalar(
        select(func.coalesce(func.sum(OfferQuota.taken), 0)).where(
            OfferQuota.offer_id == offer.id, OfferQuota.period == period
        )
    )
    return max(offer.claim.quota - int(taken or 0), 0)
