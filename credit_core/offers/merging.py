"""When two files of one subject are joined, what offers keep goes to the file that carries on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_core.offers.models import (
    Coupon,
    CouponStatus,
    RankedApplication,
    SubjectFact,
    WalletAccount,
    WalletEntry,
)
from credit_core.offers.statements import ensure

_APART = 1000
"""Added to the slot of a coupon whose own slot is taken: both were claimed in good faith."""


def move_offers(session: Session, duplicate_id: int, into_id: int) -> None:
    """Facts, coupons, wallets and ranked applications of a duplicate."""
    _run(session, update(SubjectFact).where(SubjectFact.subject_id == duplicate_id), into_id)
    _move_coupons(session, duplicate_id, into_id)
    _move_wallets(session, duplicate_id, into_id)
    taken = select(RankedApplication.table, RankedApplication.round).where(
        RankedApplication.subject_id == into_id
    )
    rounds = {(row.table, row.round) for row in session.execute(taken)}
    for one in session.scalars(
        select(RankedApplication).where(RankedApplication.subject_id == duplicate_id)
    ):
        if (one.table, one.round) not in rounds:
            one.subject_id = into_id
    session.flush()


def _run(session: Session, statement: Any, into_id: int) -> None:
    session.execute(
        statement.values(subject_id=into_id).execution_options(synchronize_session="fetch")
    )


def _move_coupons(session: Session, duplicate_id: int, into_id: int) -> None:
    kept = session.scalars(select(Coupon).where(Coupon.subject_id == into_id)).all()
    places = {
        (one.offer_id, one.period, one.slot) for one in kept if one.status != CouponStatus.CANCELLED
    }
    moving = session.scalars(select(Coupon).where(Coupon.subject_id == duplicate_id)).all()
    for coupon in moving:
        while (coupon.offer_id, coupon.period, coupon.slot) in places:
            coupon.slot += _APART
        coupon.subject_id = into_id
        if coupon.status != CouponStatus.CANCELLED:
            places.add((coupon.offer_id, coupon.period, coupon.slot))
    session.flush()


def _move_wallets(session: Session, duplicate_id: int, into_id: int) -> None:
    accounts = session.scalars(
        select(WalletAccount).where(WalletAccount.subject_id == duplicate_id).with_for_update()
    ).all()
    for account in accounts:
        ensure(session, WalletAccount, subject_id=into_id, wallet=account.wallet, balance=0)
        session.execute(
            update(WalletAccount)
            .where(WalletAccount.subject_id == into_id, WalletAccount.wallet == account.wallet)
            .values(balance=WalletAccount.balance + account.balance)
            .execution_options(synchronize_session="fetch")
        )
        account.balance = 0
    _run(session, update(WalletEntry).where(WalletEntry.subject_id == duplicate_id), into_id)
    session.flush()
