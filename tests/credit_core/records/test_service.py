"""The life of a record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.records.models import RecordState, decision_key
from credit_core.records.service import (
    ALLOWED,
    by_document,
    change_state,
    confirm_hit,
    correct,
    events_of,
    reject_hit,
)
from credit_core.rules.book import rule_book
from credit_core.rules.choice import choose
from credit_core.scoring import score
from credit_core.seeding.service import identifier_of
from credit_core.subjects.service import born_on
from tests.credit_core.scoring.people import AT, TODAY, give, someone


def test_adding_rescored_the_subject_at_once(database):
    with database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "p－2", date(2026, 6, 1))
        assert (record.item, record.severity, record.effective_to) == (
            "P-2", "一般", date(2027, 6, 2),
        )  # fmt: skip
        assert (subject.score, subject.grade, subject.rated_on) == (950, "B", TODAY)


@pytest.mark.parametrize(
    ("item", "decided", "options", "code"),
    [
        ("P-99", TODAY, {}, "record.item"),
        ("I-1", TODAY, {}, "record.item"),
        ("P-2", TODAY + timedelta(days=1), {}, "record.future"),
        ("P-2", TODAY, {"occurred": TODAY - timedelta(days=40_000)}, "record.too_old"),
        ("P-2", date(2026, 1, 1), {"occurred": date(2026, 1, 2)}, "record.decided_first"),
        ("P-2", TODAY, {"severity": "重大"}, "record.severity"),
        ("P-2", TODAY, {"points": -10}, "record.points_not_open"),
        ("P-2", TODAY, {"document": "  "}, "record.missing"),
        ("P+1", TODAY, {"points": 7}, "record.points_not_open"),
    ],
)
def test_what_is_refused(sqlite_database, item, decided, options, code):
    with sqlite_database.begin() as session:
        subject = someone(session)
        with pytest.raises(Refusal) as caught:
            give(session, subject, item, decided, **options)
        assert caught.value.code == code


def test_open_points_must_be_given_and_lie_in_their_range(sqlite_database):
    with sqlite_database.begin() as session:
        doctor = someone(session, "practitioner")
        for points, code in ((None, "points_missing"), (0, "points_range"), (13, "points_range")):
            with pytest.raises(Refusal, match=code):
                give(session, doctor, "S-0", TODAY, points=points)
        clinic = someone(session, "institution")
        with pytest.raises(Refusal, match="points_range"):
            give(session, clinic, "I-6", TODAY, points=-7)
        with pytest.raises(Refusal, match="level_missing"):
            give(session, clinic, "I-4", TODAY)


def test_the_level_is_read_from_points_severity_or_words(sqlite_database):
    with sqlite_database.begin() as session:
        person, clinic = someone(session), someone(session, "institution")
        assert give(session, person, "P+1", TODAY, points=10).level == "市级"
        assert give(session, person, "P+1", TODAY, detail="获省级表彰").level == "省级"
        assert give(session, person, "P-1", TODAY, severity="严重").level == "严重"
        assert give(session, clinic, "I-4", TODAY, points=-60).level == "暂停协议"
        assert give(session, clinic, "I-4", TODAY, severity="轻微").level == "约谈"


@pytest.mark.parametrize(
    ("kind", "item", "detail", "level"),
    [
        ("resident", "P-1", "借给邻居用，未获利", "一般"),
        ("resident", "P-1", "借给邻居用，没有获利，不以骗保为目的", "一般"),
        ("resident", "P-1", "出借后获利200元", "严重"),
        ("resident", "P-1", "未获利，但以骗取基金为目的", "严重"),
        ("practitioner", "S-1", "暂停医保支付资格1个月", "暂停1个月"),
        ("practitioner", "S-1", "决定暂停其医保支付资格两个月", "暂停2个月"),
        ("practitioner", "S-1", "暂停医保支付资格", "暂停"),
        ("practitioner", "S-1", "终止医保支付资格3年", "终止3年"),
        ("practitioner", "S-1", "终止医保支付资格13年", "终止"),
        ("practitioner", "S+1", "完成医保学习课程", "学习宣传"),
        ("practitioner", "S+1", "获省级表彰", "省级"),
        ("institution", "I-8", "被暂停、终止的占52.5%", "50%以上"),
        ("institution", "I-8", "占百分之二十以上", None),
        ("institution", "I-8", "占20％", "20%以上"),
        ("institution", "I-8", "占19.9%", None),
        ("institution", "I+3", "满意度95%", "95%以上"),
        ("institution", "I+3", "满意度94.9%", "90%以上"),
        ("institution", "I+3", "满意度89%", None),
    ],
)
def test_words_that_are_denied_and_numbers_inside_others_choose_no_level(kind, item, detail, level):
    chosen = rule_book().on(kind, TODAY).compiled.items[item]
    if level is None:
        with pytest.raises(Refusal, match="level_missing"):
            choose(chosen, detail=detail)
    else:
        assert choose(chosen, detail=detail).variant.level == level


def test_before_birth(sqlite_database):
    young = next(n for n in range(99) if identifier_of("resident", n, 3)[6:8] == "20")
    with sqlite_database.begin() as session:
        subject = someone(session, number=young)
        born = born_on(subject)
        with pytest.raises(Refusal, match="before_birth"):
            give(session, subject, "P-2", TODAY, occurred=born - timedelta(days=1))


def test_the_same_fact_is_recorded_once(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-2", TODAY, document="同一号")
        with pytest.raises(Refusal, match="duplicate"):
            give(session, subject, "P-2", TODAY, document="同一号")


def test_who_listens_hears_of_the_record_the_state_and_the_grade(sqlite_database):
    heard = []
    database = Database(
        str(sqlite_database.url), subscribers=[lambda _session, event: heard.append(event.kind)]
    )
    with database.begin() as session:
        record = give(session, someone(session), "P-2", date(2026, 6, 1))
        change_state(session, record, "revoked", on=TODAY, at=AT, by="r", reason="wrong")
    database.dispose()
    assert heard == [
        EventKind.RECORD_ADDED, EventKind.GRADE_CHANGED,
        EventKind.RECORD_STATE, EventKind.GRADE_CHANGED,
    ]  # fmt: skip


@pytest.mark.parametrize("before", list(RecordState))
@pytest.mark.parametrize("after", list(RecordState))
def test_only_these_steps_are_possible(sqlite_database, before, after):
    with sqlite_database.begin() as session:
        record = give(session, someone(session), "P-2", date(2026, 6, 1))
        record.state = before
        if after is before or after in ALLOWED[before]:
            change_state(session, record, after, on=TODAY, at=AT, by="r", reason="x")
            assert record.state == after
        else:
            with pytest.raises(Refusal, match="transition"):
                change_state(session, record, after, on=TODAY, at=AT, by="r", reason="x")


def test_a_confirmed_hit_counts_from_the_day_of_the_decision(sqlite_database):
    with sqlite_database.begin() as session:
        clinic = someone(session, "institution")
        hit = give(session, clinic, "I-6", date(2026, 10, 1), points=-10, suspected=True)
        confirm_hit(session, hit, on=TODAY, at=AT, by="clerk", reason="核实")
        assert score(session, clinic, TODAY - timedelta(days=1)).score == 1000
        assert score(session, clinic, TODAY).score == 990
        assert hit.effective_to == date(2027, 2, 21)
        other = give(session, clinic, "I-6", date(2026, 10, 2), points=-10, suspected=True)
        reject_hit(session, other, on=TODAY, at=AT, by="clerk", reason="误报")
        assert [(step.state, step.reason) for step in events_of(session, other)] == [
            ("revoked", "误报")
        ]


def test_a_corrected_record_gives_way_to_its_replacement(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        wrong = give(session, subject, "P-3", date(2026, 6, 1), document="甲")
        right = give(session, subject, "P-2", date(2026, 6, 1), document="甲")
        correct(session, wrong, right, on=TODAY, at=AT, by="r", reason="事项有误")
        assert wrong.replaced_by_id == right.id
        assert score(session, subject, date(2026, 6, 1)).score == 950


def test_a_repair_under_objection_stays_without_effect(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "P-3", date(2026, 6, 1))
        day = date(2026, 11, 1)
        for state in ("repaired", "under_objection", "repaired"):
            change_state(session, record, state, on=day, at=AT, by="r", reason="x")
            assert score(session, subject, TODAY).score == 1000
        change_state(session, record, "active", on=TODAY, at=AT, by="r", reason="伪造材料")
        assert score(session, subject, TODAY).score == 900


def test_a_decision_is_found_however_its_number_is_written(sqlite_database):
    assert decision_key("医保罚〔2026〕3号") == decision_key("医保罚［2026］ 3号")
    assert decision_key("医保罚〔2026〕3号") != decision_key("医保罚〔2026〕13号")
    with sqlite_database.begin() as session:
        record = give(session, someone(session), "P-2", TODAY, document="医保罚〔2026〕3号")
        assert by_document(session, "医保罚(2026)3号") == [record]


def test_nine_statutory_points_raise_a_warning(sqlite_database):
    heard = []
    database = Database(
        str(sqlite_database.url), subscribers=[lambda _session, event: heard.append(event)]
    )
    with database.begin() as session:
        doctor = someone(session, "practitioner")
        for points in (5, 3, 1, 1, 2):
            give(session, doctor, "S-0", TODAY, points=points)
    database.dispose()
    warned = [event.data["points"] for event in heard if event.kind is EventKind.POINTS_WARNING]
    assert warned == [9, 12]
