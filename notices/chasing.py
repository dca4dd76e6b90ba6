"""A missing 已知悉 has consequences: the notice is repeated, then reported to the officer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from notices import outbox, plans, words
from notices.copies import base_of, copies_of
from notices.models import Notice
from notices.outbox import Draft
from notices.recipients import Bureau, parties

_AT_ONCE = 1000


def chase(session: Session, now: datetime) -> dict[str, int]:
    """Follow up what was not acknowledged in time; returns repeated and reported."""
    today = local_day(now)
    bureau = Bureau(session)
    rows = session.scalars(
        select(Notice)
        .where(Notice.chase_on.is_not(None), Notice.chase_on <= today)
        .order_by(Notice.chase_on)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    repeated = reported = 0
    for notice in rows:
        plan = plans.plans().get(notice.kind)
        if plan is None or plan.acknowledge is None or _followed_up(session, notice):
            notice.chase_on = None
            continue
        if notice.chased < plan.acknowledge.repeats:
            _repeat(session, notice, now)
            notice.chase_on = plans.chase_day(notice.kind, today)
            repeated += 1
        else:
            _report(session, bureau, notice, plan.acknowledge.then, now)
            notice.chase_on = None
            reported += 1
        notice.chased += 1
    return {"repeated": repeated, "reported": reported}


def _followed_up(session: Session, notice: Notice) -> bool:
    """Whether it was answered, or is chased already by what another person was sent."""
    session.flush()
    others = select(Notice.id).where(
        copies_of(notice),
        Notice.id != notice.id,
        or_(
            Notice.acknowledged_at.is_not(None),
            Notice.chased > notice.chased,
            and_(Notice.chase_on.is_not(None), Notice.id < notice.id),
        ),
    )
    return notice.acknowledged_at is not None or session.scalars(others).first() is not None


def _repeat(session: Session, notice: Notice, now: datetime) -> None:
    """To everybody who speaks for the subject now; clerks may have changed meanwhile."""
    followers: list[int | None] = [notice.follower_id]
    if notice.subject_id is not None:
        party = parties(session, [notice.subject_id]).get(notice.subject_id)
        bound = party.followers(plans.plan(notice.kind).to) if party else []
        followers = [*bound] or followers
    fields = outbox.fields_of(notice)
    key = f"{base_of(notice.key)}~{notice.chased + 1}"
    outbox.post_all(
        session,
        [
            Draft(
                kind=notice.kind,
                key=f"{key}#{place + 1}" if place else key,
                fields=fields,
                follower_id=follower_id,
                subject_id=notice.subject_id,
                case_no=notice.case_no,
            )
            for place, follower_id in enumerate(followers)
        ],
        now,
    )


def _report(session: Session, bureau: Bureau, notice: Notice, to: str, now: datetime) -> None:
    name, district = "", ""
    if notice.subject_id is not None:
        party = parties(session, [notice.subject_id]).get(notice.subject_id)
        if party is not None:
            name, district = party.name, party.district
    staff = (
        bureau.next_in_charge(district)
        if to == "next_in_charge"
        else bureau.officers(district, notice.case_no)
    )
    fields = {
        "matter": words.words("unanswered.matter"),
        "case_label": notice.case_no or "-",
        "day": local_day(now),
        "provisional_note": "",
        "hint": words.words("unanswered.hint", subject=name),
    }
    outbox.post_all(
        session,
        [
            Draft(
                kind="unanswered",
                key=f"unanswered:{base_of(notice.key)}:{staff_id}",
                fields=fields,
                staff_id=staff_id,
                subject_id=notice.subject_id,
                case_no=notice.case_no,
            )
            for staff_id in staff
        ],
        now,
    )
