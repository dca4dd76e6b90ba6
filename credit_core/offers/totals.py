"""What offers have brought: codes claimed, people, redemptions, yuan saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from credit_core.offers.models import Coupon, CouponStatus, Redemption


@dataclass(frozen=True, slots=True)
class Total:
    """Figures of one offer (or merchant) in a span of days, first and last day included.

    :ivar people: different subjects who redeemed.
    :ivar saved: yuan.
    """

    key: str
    claimed: int
    people: int
    redeemed: int
    saved: Decimal


def totals_by_offer(session: Session, since: date, until: date) -> list[Total]:
    """Every offer with claims or redemptions in the span, most saved first."""
    claimed = {
        row.offer_id: int(row.codes)
        for row in session.execute(
            select(Coupon.offer_id, func.count().label("codes"))
            .where(Coupon.claimed_on.between(since, until), Coupon.status != CouponStatus.CANCELLED)
            .group_by(Coupon.offer_id)
        )
    }
    used = {row.key: row for row in session.execute(_used(Coupon.offer_id, since, until))}
    found = [
        Total(
            key,
            claimed.get(key, 0),
            int(used[key].people) if key in used else 0,
            int(used[key].redeemed) if key in used else 0,
            Decimal(int(used[key].fen)) / 100 if key in used else Decimal(0),
        )
        for key in {*claimed, *used}
    ]
    return sorted(found, key=lambda total: (-total.saved, -total.claimed, total.key))


def totals_by_merchant(session: Session, since: date, until: date) -> list[Total]:
    """Every merchant who redeemed in the span, most saved first."""
    rows = session.execute(_used(Redemption.merchant, since, until))
    found = [
        Total(row.key, 0, int(row.people), int(row.redeemed), Decimal(int(row.fen)) / 100)
        for row in rows
    ]
    return sorted(found, key=lambda total: (-total.saved, total.key))


def _used(key: InstrumentedAttribute[str], since: date, until: date) -> Executable:
    return (
        select(
            key.label("key"),
            func.count(func.distinct(Coupon.subject_id)).label("people"),
            func.count(Redemption.id).label("redeemed"),
            func.sum(Redemption.saved_fen).label("fen"),
        )
        .join(Coupon, Coupon.id == Redemption.coupon_id)
        .where(Redemption.on.between(since, until))
        .group_by(key)
    )
