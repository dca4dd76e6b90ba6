"""What happened is told to those whom it concerns, in the transaction in which it happened."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from credit_core.accounts.models import BindingRole
from credit_core.database import Database
from credit_core.events import Event, EventKind
from credit_core.subjects.models import SubjectKind
from notices import chasing, outbox, planner, reminders, words
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus
from tests.notices.conftest import Bureau

FALL = {
    "before": "A",
    "after": "B",
    "score_before": 990,
    "score_after": 940,
    "on": "2026-11-23",
    "lines": [
        {
            "record_id": 1,
            "item": "I-1",
            "title": "重复收费",
            "points": -50,
            "document_no": "样例〔2026〕1号",
            "effective_from": "2026-11-20",
            "effective_to": "2027-11-20",
        }
    ],
    "overrides": [],
}


def happen(bureau: Bureau, kind: EventKind, subject_id: int, **data: object) -> None:
    with bureau.database.begin() as session:
        planner.subscriber(session, Event(kind, subject_id, bureau.clock.now(), data))


def posted(database: Database) -> list[Notice]:
    with database.read() as session:
        rows = session.scalars(select(Notice).order_by(Notice.id)).all()
        session.expunge_all()
        return list(rows)


def test_a_grade_that_fell_is_told_to_the_clerk_with_its_lines(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    clerk = bureau.follower("clerk", window_kind="message", window_opened_at=bureau.clock.now())
    bureau.bind(clerk, pharmacy)
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    (parcel,) = bureau.platform.sent
    assert parcel.values["const2"] == "B"
    assert parcel.values["thing3"] == "新增扣分记录"
    assert "重复收费 -50分" in outbox.fields_of(posted(bureau.database)[0])["lines_text"]


def test_a_resident_is_told_of_the_grade_only_when_switched_on(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    happen(bureau, EventKind.GRADE_CHANGED, person, **FALL)
    assert posted(bureau.database) == []
    with bureau.database.begin() as session:
        reminders.switch_on(session, follower, ["grade"], now=bureau.clock.now())
    bureau.clock.current += timedelta(seconds=1)
    happen(bureau, EventKind.GRADE_CHANGED, person, **FALL)
    assert [one.kind for one in posted(bureau.database)] == ["grade_changed_person"]


def test_nobody_bound_and_statutory_becomes_a_task_for_staff(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    with bureau.database.read() as session:
        task = session.scalars(select(StaffTask)).one()
        assert (task.kind, task.why) == ("serve", "no_wechat")


def test_the_accused_learns_nothing_of_a_tip_off(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    bureau.bind(bureau.follower("clerk"), pharmacy)
    witness = bureau.follower("witness")
    happen(
        bureau,
        EventKind.CASE_MOVED,
        pharmacy,
        case_no="JB1",
        case_kind="tip_off",
        before="filed",
        after="accepted",
        follower_id=witness,
    )
    assert [one.follower_id for one in posted(bureau.database)] == [witness]


def test_a_decided_case_is_told_and_an_inner_step_is_not(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    step = {"case_no": "YY1", "case_kind": "objection", "follower_id": follower}
    happen(bureau, EventKind.CASE_MOVED, person, before="accepted", after="checking", **step)
    assert posted(bureau.database) == []
    happen(bureau, EventKind.CASE_MOVED, person, before="checking", after="decided", **step)
    (told,) = posted(bureau.database)
    assert (told.case_no, told.statutory) == ("YY1", True)


def test_a_missing_answer_is_repeated_and_then_reported(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    bureau.bind(bureau.follower("clerk"), pharmacy)
    officer = bureau.staff("officer")
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    for _ in range(20):
        bureau.clock.current += timedelta(days=1)
        with bureau.database.begin() as session:
            chasing.chase(session, bureau.clock.now())
        bureau.tick()
    kinds = [(one.kind, one.staff_id) for one in posted(bureau.database)]
    assert kinds == [("grade_changed", None), ("grade_changed", None), ("unanswered", officer)]
    # The officer has no WeChat: it stands in the console.
    assert posted(bureau.database)[-1].status == NoticeStatus.SERVED_OTHERWISE


def test_an_answer_ends_the_chase(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    clerk = bureau.follower("clerk")
    bureau.bind(clerk, pharmacy)
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    with bureau.database.begin() as session:
        outbox.acknowledge(session, follower_id=clerk, now=bureau.clock.now())
    for _ in range(20):
        bureau.clock.current += timedelta(days=1)
        with bureau.database.begin() as session:
            chasing.chase(session, bureau.clock.now())
    assert len(posted(bureau.database)) == 1


def test_every_case_step_has_words_that_fit() -> None:
    from notices import fitting

    for kind in ("objection", "repair", "tip_off"):
        for step in words.find(f"case_states.{kind}").values():
            fitting.check("phrase3", step["state"])
            fitting.check("thing5", step["next"])
