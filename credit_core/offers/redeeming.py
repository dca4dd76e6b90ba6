"""Using a code once.

«Redeemed once» is the UPDATE that moves the coupon out of ``held``: of any number of tills
exactly one finds its row.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.clock import local_day
from credit_core.crypto import blind_index
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.offers.book import OfferBook, offer_book
from credit_core.offers.codes import CODE_PLACE, compact
from credit_core.offers.models import Coupon, CouponStatus, Redemption
from credit_core.offers.schema import Offer, Saves
from credit_core.offers.statements import changed_rows

FEN = 100
MOST = Decimal(10_000_000)
"""Yuan of one redemption; more is a slip of the finger."""


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
    offer = book.get(coupon.offer_id, coupon.claimed_on)
    used = changed_rows(
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
    offer = (book or offer_book(session)).get(coupon.offer_id, coupon.claimed_on)
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
        .where(Coupon.code_index == blind_index(CODE_PLACE, readable))
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
