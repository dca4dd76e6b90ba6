"""Each condition says yes or no, and from which day yes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.lists.service import enter_list, leave_list
from credit_core.records.models import RecordState
from credit_core.records.service import change_state
from credit_core.repair.check import check
from credit_core.repair.facts import record_fact, withdraw_fact
from credit_core.repair.models import FactKind
from credit_core.scoring.service import score
from tests.credit_core.repair.bureau import Bureau, at

DECIDED = date(2026, 5, 11)


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


@pytest.fixture
def zhejiang(database):
    with database.begin() as session:
        yield Bureau(session, "浙江")


def failing(bureau, record, on):
    found = check(bureau.session, record, on, city=bureau.city)
    return {one.code for one in found.conditions if not one.passed}


def day_of(bureau, record, on, code):
    condition = check(bureau.session, record, on, city=bureau.city).condition(code)
    assert condition is not None
    return condition.passes_from


def test_the_answer_has_exactly_the_agreed_shape(bureau):
    record = bureau.record("I-1", DECIDED)
    answer = check(bureau.session, record, date(2026, 6, 1)).as_json()
    assert set(answer) == {"rule_set", "allowed", "conditions"}
    assert answer["rule_set"] == "R-36"
    assert answer["allowed"] is False
    for condition in answer["conditions"]:
        assert set(condition) == {"condition", "passed", "passes_from", "basis"}
        assert condition["basis"]


@pytest.mark.parametrize(
    ("item", "severity", "decided", "first"),
    [
        ("I-1", "一般", date(2025, 11, 30), date(2026, 2, 28)),
        ("I-1", "一般", date(2026, 5, 11), date(2026, 8, 11)),
        ("I-3", "严重", date(2026, 5, 11), date(2027, 5, 11)),
        ("I-7", "轻微", date(2026, 5, 11), date(2026, 5, 11)),
        ("I-3", "严重", date(2024, 2, 29), date(2024, 5, 29)),
    ],
)
def test_the_minimum_period_by_class_and_day_of_decision(bureau, item, severity, decided, first):
    record = bureau.record(item, decided, severity=severity)
    assert day_of(bureau, record, decided, "minimum_period") == first
    before = first - timedelta(days=1)
    if first > decided:
        assert "minimum_period" in failing(bureau, record, before)
    assert "minimum_period" not in failing(bureau, record, first)


def test_all_conditions_together(bureau):
    record = bureau.record("I-1", DECIDED)
    assert failing(bureau, record, date(2026, 8, 10)) == {
        "minimum_period", "duties_done", "corrected", "public_commitment",
    }  # fmt: skip
    bureau.ready(record, date(2026, 7, 1))
    assert failing(bureau, record, date(2026, 8, 10)) == {"minimum_period"}
    found = check(bureau.session, record, date(2026, 8, 11))
    assert found.allowed
    assert found.ends_on == date(2027, 5, 11)
    assert day_of(bureau, record, date(2026, 8, 11), "duties_done") == date(2026, 7, 1)


def test_a_fact_counts_from_its_day_and_can_be_withdrawn(bureau):
    record = bureau.record("I-1", DECIDED)
    bureau.ready(record, date(2026, 9, 1))
    assert "corrected" in failing(bureau, record, date(2026, 8, 31))
    assert day_of(bureau, record, date(2026, 8, 31), "corrected") == date(2026, 9, 1)
    withdraw_fact(
        bureau.session, record, FactKind.CORRECTED, by="x", at=at(date(2026, 9, 2)), note="复查"
    )
    assert failing(bureau, record, date(2026, 9, 3)) == {"corrected"}


def test_a_duty_cannot_be_done_before_it_arose(bureau):
    record = bureau.record("I-1", DECIDED)
    with pytest.raises(Refusal) as refused:
        record_fact(
            bureau.session,
            record,
            FactKind.DUTIES_DONE,
            on=date(2026, 5, 1),
            by="x",
            at=at(DECIDED),
        )
    assert explain(refused.value)


def test_a_special_field_under_the_rule_of_its_day(bureau):
    record = bureau.record("I-1", date(2024, 2, 1))
    record_fact(
        bureau.session, record, FactKind.FIELD, on=DECIDED, value="药品", by="x", at=at(DECIDED)
    )
    assert day_of(bureau, record, date(2024, 6, 1), "minimum_period") == date(2025, 2, 1)


def test_in_zhejiang_a_new_item_of_the_same_kind_begins_the_period_anew(zhejiang):
    first = zhejiang.record("I-1", date(2020, 3, 2))
    assert "no_new_same_kind" not in failing(zhejiang, first, date(2021, 3, 2))
    second = zhejiang.record("I-1", date(2020, 9, 1))
    other = zhejiang.record("I-2", date(2021, 1, 5))
    found = failing(zhejiang, first, date(2021, 2, 1))
    assert "no_new_same_kind" in found
    assert day_of(zhejiang, first, date(2021, 2, 1), "no_new_same_kind") == date(2021, 9, 1)
    assert "no_new_same_kind" not in failing(zhejiang, second, date(2021, 2, 1))
    # A revoked item never was one.
    change_state(
        zhejiang.session, second, RecordState.REVOKED,
        on=date(2021, 1, 1), at=at(date(2021, 1, 1)), by="x", reason="x",
    )  # fmt: skip
    assert "no_new_same_kind" not in failing(zhejiang, first, date(2021, 2, 1))
    assert other.state == RecordState.ACTIVE


def test_a_milder_national_period_leaves_the_local_conditions(zhejiang):
    """Decree 36 shortens the year of 浙江 to three months, but "other legal conditions" stay."""
    first = zhejiang.record("I-2", date(2026, 4, 10))
    zhejiang.record("I-2", date(2026, 8, 10))
    made = check(zhejiang.session, first, date(2026, 9, 1), city="hangzhou")
    newer = made.condition("no_new_same_kind")
    assert made.rule_set == "R-36"
    assert newer is not None
    assert not newer.passed
    assert newer.passes_from == date(2026, 11, 10)
    assert "浙江" in newer.basis
    period = made.condition("minimum_period")
    assert period is not None
    assert period.passed
    assert "36" in period.basis


def test_an_item_decided_after_the_asked_day_is_not_known_yet(zhejiang):
    first = zhejiang.record("I-1", date(2020, 3, 2))
    zhejiang.record("I-1", date(2020, 9, 1))
    assert "no_new_same_kind" not in failing(zhejiang, first, date(2020, 8, 31))


def test_in_inner_mongolia_six_clean_months(database):
    with database.begin() as session:
        bureau = Bureau(session, "内蒙古")
        record = bureau.record("I-1", date(2025, 8, 4))
        assert day_of(bureau, record, date(2025, 12, 1), "no_new_breach") == date(2026, 2, 4)
        bureau.record("I-2", date(2025, 10, 9))
        bureau.record("I+1", date(2025, 11, 3))
        assert day_of(bureau, record, date(2025, 12, 1), "no_new_breach") == date(2026, 4, 9)


def test_nobody_on_the_severe_list(bureau):
    record = bureau.record("I-3", date(2025, 1, 6))
    entry = enter_list(
        bureau.session, bureau.subject, "severe-fraud", document_no=record.document_no,
        decided_on=record.decided_on, entered_on=record.decided_on, basis="735-40",
        source_unit="测试市医疗保障局", by="x", at=at(record.decided_on),
        responsible_name="测试负责人",
    )  # fmt: skip
    asked = date(2026, 6, 1)
    assert "not_on_severe_list" in failing(bureau, record, asked)
    assert day_of(bureau, record, asked, "not_on_severe_list") == date(2028, 1, 7)
    leave_list(bureau.session, entry, on=asked, reason="移出", by="x", at=at(asked))
    assert "not_on_severe_list" not in failing(bureau, record, asked)
    assert "not_on_severe_list" in failing(bureau, record, asked - timedelta(days=1))


@pytest.mark.parametrize("state", [RecordState.REVOKED, RecordState.REPAIRED])
def test_what_is_no_longer_in_the_file_needs_no_repair(bureau, state):
    record = bureau.record("I-1", DECIDED)
    bureau.ready(record, DECIDED)
    day = date(2026, 9, 1)
    change_state(bureau.session, record, state, on=day, at=at(day), by="x", reason="x")
    assert failing(bureau, record, day) == {"in_file"}


def test_a_past_day_does_not_know_what_came_later(bureau):
    record = bureau.record("I-1", DECIDED)
    bureau.ready(record, DECIDED)
    day = date(2026, 9, 1)
    change_state(
        bureau.session, record, RecordState.REPAIRED, on=day, at=at(day), by="x", reason="x"
    )
    assert failing(bureau, record, date(2026, 8, 31)) == set()
    assert "in_file" in failing(bureau, record, date(2026, 5, 10))
    assert day_of(bureau, record, date(2026, 5, 10), "in_file") == DECIDED


def test_a_record_that_ran_out_needs_no_repair(bureau):
    record = bureau.record("I-1", DECIDED)
    bureau.ready(record, DECIDED)
    assert failing(bureau, record, date(2027, 5, 11)) == set()
    assert failing(bureau, record, date(2027, 5, 12)) == {"in_file"}


def test_a_good_record_has_nothing_to_repair(bureau):
    record = bureau.record("I+1", DECIDED)
    with pytest.raises(Refusal, match=r"repairs\.positive"):
        check(bureau.session, record, DECIDED)


def test_in_zhejiang_an_item_whose_effect_is_over_is_repaired_while_the_file_keeps_it(zhejiang):
    """The local year had just passed when the effect on the score ended; nobody could apply."""
    record = zhejiang.record("I-1", date(2020, 3, 2))
    zhejiang.ready(record, date(2020, 3, 2))
    assert score(zhejiang.session, zhejiang.subject, date(2021, 3, 3)).score == 1000
    for day in (date(2021, 3, 2), date(2021, 3, 3), date(2025, 3, 2)):
        assert failing(zhejiang, record, day) == set()
    assert failing(zhejiang, record, date(2025, 3, 3)) == {"in_file"}
    made = check(zhejiang.session, record, date(2025, 3, 3), city="hangzhou")
    assert made.condition("in_file").why.startswith("这条记录已满保存期限")
    assert check(zhejiang.session, record, date(2025, 3, 2), city="hangzhou").leaves_on == date(
        2025, 3, 2
    )


@pytest.mark.parametrize(
    ("decided", "asked", "shown"),
    [
        # Decree 58 shows three years, whatever the class; the score counts a general item one.
        (date(2023, 6, 1), date(2025, 1, 6), True),
        (date(2023, 6, 1), date(2026, 3, 31), True),
        # Decree 36 shows a general item one year: what is older goes on the day it begins.
        (date(2023, 6, 1), date(2026, 4, 1), True),
        (date(2023, 6, 1), date(2026, 4, 2), False),
        (date(2023, 3, 1), date(2024, 3, 1), True),
        (date(2023, 3, 1), date(2024, 3, 2), False),
    ],
)
def test_nationally_an_item_may_be_repaired_as_long_as_the_law_shows_it(
    bureau, decided, asked, shown
):
    record = bureau.record("I-1", decided)
    bureau.ready(record, decided)
    assert ("in_file" not in failing(bureau, record, asked)) == shown


@pytest.mark.parametrize(
    ("on", "promised"),
    [(date(2025, 3, 1), False), (date(2026, 3, 31), False), (date(2026, 4, 1), True)],
)
@pytest.mark.parametrize("severity", ["一般", "严重"])
def test_zhejiang_asks_for_a_promise_only_since_decree_36(zhejiang, severity, on, promised):
    record = zhejiang.record("I-1" if severity == "一般" else "I-3", date(2024, 3, 1))
    found = check(zhejiang.session, record, on, city="浙江")
    codes = {one.code for one in found.conditions}
    assert {"minimum_period", "duties_done", "no_new_same_kind"} <= codes
    promise = found.condition("public_commitment")
    assert (promise is not None) == promised
    if promise is not None:
        assert "第36号" in promise.basis
