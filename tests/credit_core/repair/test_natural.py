"""自然修复: what the law of a place takes out of the file, apart from what scoring counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from credit_core.lists.service import enter_list, leave_list
from credit_core.records.models import RecordState
from credit_core.records.service import change_state, events_of
from credit_core.repair.check import check
from credit_core.repair.ends import end_of
from credit_core.repair.natural import remove_due
from credit_core.repair.ways import lawful_score
from tests.credit_core.repair.bureau import Bureau, at

DECIDED = date(2021, 3, 1)
LAST, NEXT = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def zhejiang(database) -> Iterator[Bureau]:
    with database.begin() as session:
        yield Bureau(session, "hangzhou")


def run(bureau: Bureau, day: date, city: str = "hangzhou") -> int:
    return remove_due(bureau.session, day, at(day), city=city)


def told(bureau: Bureau, day: date) -> list[tuple[str, str]]:
    made = lawful_score(bureau.session, bureau.subject, day, city=bureau.city)
    return [(line.item, line.state) for line in (*made.lines, *made.ended)]


def test_after_five_years_an_item_leaves_the_file_and_the_row_stays(zhejiang):
    record = zhejiang.record("I-1", DECIDED)
    assert told(zhejiang, date(2022, 3, 1)) == [("I-1", "active")]
    assert told(zhejiang, date(2022, 3, 2)) == [("I-1", "expired")]
    assert run(zhejiang, LAST) == 0
    assert told(zhejiang, LAST) == [("I-1", "expired")]
    assert run(zhejiang, NEXT) == 1
    assert run(zhejiang, NEXT) == 0
    assert record.removed_on == NEXT
    assert told(zhejiang, NEXT) == []
    assert told(zhejiang, LAST) == [("I-1", "expired")], "a past day is told as it was"
    assert end_of(record, LAST).startswith("失效")
    assert end_of(record, NEXT).startswith("自然修复")
    assert events_of(zhejiang.session, record)[-1].reason.startswith("自然修复")
    refused = check(zhejiang.session, record, NEXT, city="hangzhou").condition("in_file")
    assert not refused.passed


def test_where_no_law_says_so_nothing_is_removed(database):
    with database.begin() as session:
        bureau = Bureau(session, "demo")
        record = bureau.record("I-1", DECIDED)
        assert run(bureau, date(2026, 11, 25), "demo") == 0
        assert record.removed_on is None


def test_in_shandong_the_years_run_from_the_act(database):
    with database.begin() as session:
        bureau = Bureau(session, "weihai")
        record = bureau.record("I-1", DECIDED, acted=date(2020, 9, 1))
        assert run(bureau, date(2025, 9, 1), "weihai") == 0
        assert run(bureau, date(2025, 9, 2), "weihai") == 1
        assert record.removed_on == date(2025, 9, 2)
        assert told(bureau, date(2025, 9, 2)) == []


def test_nothing_leaves_the_file_while_it_counts(database):
    """Five years after the act, but only two after the decision on a severe matter."""
    with database.begin() as session:
        bureau = Bureau(session, "weihai")
        record = bureau.record("I-3", date(2024, 6, 3), acted=date(2020, 9, 1))
        assert run(bureau, date(2026, 11, 20), "weihai") == 0
        assert told(bureau, date(2026, 11, 20)) == [("I-3", "active")]
        assert run(bureau, date(2027, 6, 4), "weihai") == 1
        assert record.removed_on == date(2027, 6, 4)


def test_of_a_subject_on_the_severe_list_nothing_leaves_until_it_is_off(zhejiang):
    zhejiang.record("I-1", DECIDED)
    listed = date(2024, 1, 8)
    entry = enter_list(
        zhejiang.session, zhejiang.subject, "severe-fraud", document_no="浙医保列〔2024〕1号",
        decided_on=listed, entered_on=listed, basis="735-40", source_unit="测试市医疗保障局",
        by="x", at=at(listed), responsible_name="测试负责人",
    )  # fmt: skip
    assert run(zhejiang, NEXT) == 0
    leave_list(zhejiang.session, entry, on=NEXT, reason="移出", by="x", at=at(NEXT))
    assert run(zhejiang, NEXT) == 1


def test_a_repaired_and_a_revoked_item_leave_too_and_the_three_ends_stay_apart(zhejiang):
    repaired, revoked = zhejiang.record("I-1", DECIDED), zhejiang.record("I-2", DECIDED)
    day = date(2021, 9, 1)
    for record, state in ((repaired, RecordState.REPAIRED), (revoked, RecordState.REVOKED)):
        change_state(zhejiang.session, record, state, on=day, at=at(day), by="x", reason="x")
    assert told(zhejiang, LAST) == [("I-1", "repaired")]
    assert run(zhejiang, NEXT) >= 1
    assert told(zhejiang, NEXT) == []
    assert end_of(repaired, NEXT).startswith("修复")
    assert end_of(revoked, NEXT).startswith("撤销")


def test_a_repair_after_the_effect_is_told_from_its_own_day(zhejiang):
    record = zhejiang.record("I-1", DECIDED)
    day = date(2023, 5, 8)
    change_state(
        zhejiang.session, record, RecordState.EXPIRED, on=date(2022, 3, 2), at=at(day), by="x",
        reason="x",
    )  # fmt: skip
    change_state(
        zhejiang.session, record, RecordState.REPAIRED, on=day, at=at(day), by="x", reason="x"
    )
    assert told(zhejiang, date(2023, 5, 7)) == [("I-1", "expired")]
    assert told(zhejiang, day) == [("I-1", "repaired")]
    assert zhejiang.score(date(2022, 3, 1)) == 960
    assert zhejiang.score(date(2022, 3, 2)) == 1000


@pytest.mark.parametrize(
    ("city", "ends"),
    [
        ("hangzhou", {"expires": date(2022, 3, 1), "repair": date(2022, 3, 1),
                      "leaves_file": LAST, "objection": None}),
        ("weihai", {"expires": date(2022, 3, 1), "repair": date(2021, 6, 1),
                    "leaves_file": LAST, "objection": None}),
        ("demo", {"expires": date(2022, 3, 1), "repair": date(2021, 6, 1), "objection": None}),
    ],
)  # fmt: skip
def test_a_line_says_when_its_effect_ends_and_when_it_leaves_the_file(database, city, ends):
    """The line gave the day of the class, the check the day of the law."""
    with database.begin() as session:
        bureau = Bureau(session, city)
        record = bureau.record("I-1", DECIDED)
        day = date(2021, 5, 3)
        made = lawful_score(session, bureau.subject, day, city=city)
        assert {end.way: end.on for end in made.lines[0].ends_by} == ends
        period = check(session, record, day, city=city).condition("minimum_period")
        assert period.passes_from == ends["repair"]
