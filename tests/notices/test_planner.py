"""What happened is told to those whom it concerns, in the transaction in which it happened."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from credit_core.accounts.models import BindingRole
from credit_core.clock import SHANGHAI
from credit_core.database import Database
from credit_core.events import Event, EventKind
from credit_core.subjects.models import SubjectKind
from notices import chasing, outbox, planner, reminders, words
from notices.clock import Job
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus
from notices.verdicts import Outcome, Verdict
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


@pytest.mark.parametrize("kind", ["institution", "employer", "supplier", "practitioner"])
def test_all_four_kinds_are_told_why_what_to_do_and_by_when(bureau: Bureau, kind: str) -> None:
    subject = bureau.subject("91110000600037341L", SubjectKind(kind))
    role = BindingRole.SELF if kind == "practitioner" else BindingRole.CLERK
    now = bureau.clock.now()
    bureau.bind(bureau.follower("one", window_kind="message", window_opened_at=now), subject, role)
    near = {"grade": "A", "next_lower": "B", "points_left": 5, "score": 963}
    for event, data in ((EventKind.GRADE_CHANGED, FALL), (EventKind.GRADE_NEAR, FALL | near)):
        bureau.platform.refuse("template", Verdict(Outcome.USER, "refuses"))
        happen(bureau, event, subject, **data)
        bureau.tick()
        bureau.tick()
    changed, close = (parcel.text for parcel in bureau.platform.sent)
    for words_ in (changed, close):
        assert "重复收费 -50分（样例〔2026〕1号" in words_
    # Monday 23 November, and three and five working days for an answer.
    assert "最迟2026年11月26日回复“已知悉”" in changed
    assert "回复“异议”" in changed
    assert "最迟2026年11月30日回复“已知悉”" in close
    assert "自查整改" in close


def test_good_news_asks_for_nothing_and_a_burden_tells_of_rights(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    now = bureau.clock.now()
    bureau.bind(
        bureau.follower("one", window_kind="message", window_opened_at=now, window_used=-9),
        pharmacy,
    )
    listed = {"document_no": "样例〔2026〕1号", "on": "2026-11-23", "basis": "条例", "entry_id": 1}
    measure = {
        "measure_id": 1,
        "matter": "列为重点检查对象",
        "document_no": "样例〔2026〕1号",
        "basis": "条例第三十三条",
        "on": "2026-11-23",
        "reason": "措施期限届满",
    }
    events: list[tuple[EventKind, dict[str, object]]] = [
        (EventKind.LIST_ENTERED, listed | {"list": "severe"}),
        (EventKind.LIST_ENTERED, listed | {"list": "honour"}),
        (EventKind.LIST_LEFT, listed | {"list": "severe"}),
        (EventKind.MEASURE_STARTED, measure | {"direction": "constraint", "until": "2027-11-23"}),
        (EventKind.MEASURE_STARTED, measure | {"direction": "reward", "until": "2027-11-23"}),
        (EventKind.MEASURE_ENDED, measure),
    ]
    for event, data in events:
        bureau.platform.refuse("template", Verdict(Outcome.MESSAGE, "message", code=40008))
        happen(bureau, event, pharmacy, **data)
        bureau.tick()
        bureau.tick()
    said = [parcel.text for parcel in bureau.platform.sent]
    assert len(said) == len(events)
    burdens = [words_ for words_ in said if "提出异议" in words_ and "已知悉" in words_]
    assert burdens == [said[0], said[3]]
    assert "2026年11月23日至2027年11月23日" in said[3]
    assert "自2026年11月23日起不再执行。原因：措施期限届满" in said[5]


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


def test_a_grade_reminder_keeps_to_the_persons_own_quiet_hours(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    bureau.clock.current = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
    with bureau.database.begin() as session:
        reminders.switch_on(session, follower, ["grade"], now=bureau.clock.now(), quiet=(20, 10))
    happen(bureau, EventKind.GRADE_CHANGED, person, **FALL)
    (told,) = posted(bureau.database)
    assert (told.status, told.why) == (NoticeStatus.WAITING, "quiet_hours")
    assert told.next_at == datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)


def test_what_the_clock_causes_at_night_waits_and_what_somebody_does_is_told_at_once(
    bureau: Bureau,
) -> None:
    """The scores of a new day are made shortly after midnight."""
    pharmacy = bureau.subject()
    bureau.bind(bureau.follower("clerk"), pharmacy)
    bureau.clock.current = datetime(2026, 11, 24, 0, 40, tzinfo=SHANGHAI)

    def rescore(_database: Database, _now: datetime) -> dict[str, object]:
        happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
        return {}

    bureau.tick([Job("rescore", rescore, cron="40 0 * * *")])
    assert bureau.platform.sent == []
    bureau.clock.current = datetime(2026, 11, 24, 8, tzinfo=SHANGHAI)
    bureau.tick()
    assert len(bureau.platform.sent) == 1
    bureau.clock.current = datetime(2026, 11, 24, 23, tzinfo=SHANGHAI)
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    assert len(bureau.platform.sent) == 2


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


def chase_for(bureau: Bureau, days: int) -> None:
    for _ in range(days):
        bureau.clock.current += timedelta(days=1)
        with bureau.database.begin() as session:
            chasing.chase(session, bureau.clock.now())
        bureau.tick()


@pytest.mark.parametrize("gone", ["clerk_1", "clerk_2", "nobody"])
def test_whichever_clerk_was_reached_a_missing_answer_is_chased_once(
    bureau: Bureau, gone: str
) -> None:
    """The first of two clerks has left the account: the other one's silence counts."""
    pharmacy = bureau.subject()
    clerks = ["clerk_1", "clerk_2"]
    for name in clerks:
        bureau.bind(bureau.follower(name, following=name != gone), pharmacy)
    officer = bureau.staff("officer")
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    chase_for(bureau, 20)
    reached = [name for name in clerks if name != gone]
    sent = Counter(parcel.openid for parcel in bureau.platform.sent)
    assert sent == dict.fromkeys(reached, 2)
    told = [one.staff_id for one in posted(bureau.database) if one.kind == "unanswered"]
    assert told == [officer]


def test_one_clerks_answer_ends_the_chase_of_all(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    clerks = [bureau.follower(name) for name in ("clerk_1", "clerk_2")]
    for clerk in clerks:
        bureau.bind(clerk, pharmacy)
    happen(bureau, EventKind.GRADE_CHANGED, pharmacy, **FALL)
    bureau.tick()
    with bureau.database.begin() as session:
        outbox.acknowledge(session, follower_id=clerks[1], now=bureau.clock.now())
    chase_for(bureau, 20)
    assert len(posted(bureau.database)) == 2


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
