"""Claiming, giving back, expiring; exact under concurrency on both databases.

The place in a quota is one conditional UPDATE, and «once per person and period» is a unique
index: of any number of processes exactly as many get a code as there are places.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding
from credit_core.clock import local_day
from credit_core.crypto import blind_index
from credit_core.errors import NotFoundError, Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.ids import new_id
from credit_core.offers.book import OfferBook, offer_book
from credit_core.offers.catalogue import Facts
from credit_core.offers.codes import CODE_PLACE, new_code
from credit_core.offers.engine import OfferState
from credit_core.offers.facts import Rated
from credit_core.offers.models import Coupon, CouponStatus, OfferQuota
from credit_core.offers.schema import Claim, Offer
from credit_core.offers.service import evaluate_one
from credit_core.offers.statements import changed_rows, ensure
from credit_core.offers.wallet import pay, refund
from credit_core.subjects.models import Subject


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
    offer = book.on(offer_id, on)
    if offer is None:
        raise Refusal("offers.no_such_offer")
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
    took = changed_rows(
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
        code_index=blind_index(CODE_PLACE, code),
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


def cancel(session: Session, coupon_id: int, *, subject_id: int, now: datetime) -> Coupon:
    """Give a held coupon back: its place in the quota and its points return.

    :raises NotFoundError: the subject has no such coupon.
    :raises Refusal: ``offers.not_held``.
    """
    coupon = session.get(Coupon, coupon_id)
    if coupon is None or coupon.subject_id != subject_id:
        raise NotFoundError("no such coupon")
    moved = changed_rows(
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
    changed_rows(
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
