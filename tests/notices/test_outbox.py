"""What is posted is owed once, in the transaction of its cause, and can be followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notices import outbox, plans
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus
from tests.notices.conftest import GRADE, Bureau


def test_a_notice_reaches_every_clerk_and_keeps_its_words(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    for openid in ("clerk_a", "clerk_b"):
        bureau.bind(bureau.follower(openid), pharmacy)
    with bureau.database.begin() as session:
        first = outbox.post(
            session,
            kind="grade_changed",
            key="grade:1",
            now=bureau.clock.now(),
            subject_id=pharmacy,
            fields=GRADE,
        )
    assert first is not None
    bureau.tick()
    assert sorted(parcel.openid for parcel in bureau.platform.sent) == ["clerk_a", "clerk_b"]
    told = bureau.notice(first.id)
    assert told.status == NoticeStatus.SENT
    assert "康宁大药房东山路店" in told.text
    assert told.chase_on is not None
    with bureau.database.read() as session:
        states = [event.status for event in outbox.history(session, first.id)]
    assert states == ["planned", "sending", "sent"]


def test_the_same_key_is_owed_once(bureau: Bureau) -> None:
    follower = bureau.follower("one")
    with bureau.database.begin() as session:
        made = [
            outbox.post(
                session,
                kind="grade_changed",
                key="grade:1",
                now=bureau.clock.now(),
                follower_id=follower,
                fields=GRADE,
            )
            for _ in range(2)
        ]
    assert made[0] is not None
    assert made[1] is None
    bureau.tick()
    bureau.tick()
    assert len(bureau.platform.sent) == 1


def test_a_cause_that_is_rolled_back_owes_nothing(bureau: Bureau) -> None:
    follower = bureau.follower("one")

    def fail_half_way() -> None:
        with bureau.database.begin() as session:
            outbox.post_reply(
                session, follower_id=follower, texts=["答复"], key="r", now=bureau.clock.now()
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    bureau.tick()
    assert bureau.platform.sent == []


def test_a_missing_field_is_refused_before_anything_is_owed(bureau: Bureau) -> None:
    with bureau.database.begin() as session, pytest.raises(plans.PlanError, match="score_after"):
        outbox.post(
            session,
            kind="grade_changed",
            key="k",
            now=bureau.clock.now(),
            fields={name: value for name, value in GRADE.items() if name != "score_after"},
        )


def test_late_replies_go_through_the_open_window_in_order(bureau: Bureau) -> None:
    follower = bureau.follower(
        "talker", window_kind="message", window_opened_at=bureau.clock.now() - timedelta(hours=1)
    )
    with bureau.database.begin() as session:
        outbox.post_reply(
            session,
            follower_id=follower,
            texts=["一", "二", "三"],
            key="reply:1",
            now=bureau.clock.now(),
        )
    bureau.tick()
    assert [parcel.text for parcel in bureau.platform.sent] == ["一", "二", "三"]
    with bureau.database.read() as session:
        assert {row.status for row in session.query(Notice)} == {NoticeStatus.DELIVERED}


def test_acknowledging_ends_the_wait_for_all_clerks(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    clerks = [bureau.follower("clerk_a"), bureau.follower("clerk_b")]
    for clerk in clerks:
        bureau.bind(clerk, pharmacy)
    with bureau.database.begin() as session:
        first = outbox.post(
            session,
            kind="grade_changed",
            key="grade:1",
            now=bureau.clock.now(),
            subject_id=pharmacy,
            fields=GRADE,
        )
    bureau.tick()
    with bureau.database.begin() as session:
        known = outbox.acknowledge(session, follower_id=clerks[1], now=bureau.clock.now())
    assert [one.key for one in known] == ["grade:1#2"]
    assert first is not None
    assert bureau.notice(first.id).chase_on is None


def test_what_has_not_left_can_be_taken_back(bureau: Bureau) -> None:
    follower = bureau.follower("one")
    with bureau.database.begin() as session:
        outbox.post(
            session,
            kind="case_moved",
            key="case:1:decided",
            now=bureau.clock.now(),
            follower_id=follower,
            due_at=bureau.clock.now() + timedelta(days=2),
            case_no="XF1",
            fields=dict(plans.plan("case_moved").example),
        )
        taken = outbox.cancel(session, case_no="XF1", now=bureau.clock.now())
    assert [one.status for one in taken] == [NoticeStatus.CANCELLED]
    bureau.clock.current += timedelta(days=3)
    bureau.tick()
    assert bureau.platform.sent == []


def test_what_staff_told_otherwise_is_served_once_and_its_task_is_done(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    with bureau.database.begin() as session:
        outbox.post(
            session,
            kind="grade_changed",
            key="grade:1",
            now=bureau.clock.now(),
            subject_id=pharmacy,
            fields=GRADE,
        )
    bureau.tick()
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        task = session.query(StaffTask).one()
        notice = session.get_one(Notice, task.notice_id)
        told = {"means": "phone", "record": "10:20 已电话告知负责人", "by": "clerk", "now": now}
        assert outbox.served_otherwise(session, notice, **told)
        assert (task.done_at, task.done_by, task.means) == (now, "clerk", "phone")
        assert task.record == "10:20 已电话告知负责人"
        assert not outbox.served_otherwise(session, notice, **told | {"means": "post"})
        steps = [(one.status, one.why, one.by) for one in outbox.history(session, notice.id)]
    assert steps[-1] == (NoticeStatus.SERVED_OTHERWISE, "phone", "clerk")
    assert [status for status, _, _ in steps].count(NoticeStatus.SERVED_OTHERWISE) == 1
