"""Which law holds for an old decision: the table in ``law.yaml``; and faults of the rule file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DATA
from credit_core.cases.places import place_of_city
from credit_core.cases.wording import explain
from credit_core.datafile import DataFileError, load_text
from credit_core.errors import Refusal
from credit_core.records.models import Severity
from credit_core.repair.rules import NATIONAL, RepairBook, law_for, repair_book

CASES = yaml.safe_load(Path(__file__).with_name("law.yaml").read_text(encoding="utf-8"))
SOURCE = (DATA / "repair" / "rule_sets.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['decided']} {c['city']} {c['why']}")
def test_which_law_holds(case):
    law = law_for(
        Severity(case["severity"]),
        case.get("field"),
        decided_on=case["decided"],
        applied_on=case["applied"],
        city=case["city"],
    )
    assert (law.period.id, law.minimum_months, law.procedure_rules.id) == (
        case["period"],
        case["months"],
        case["procedure"],
    ), case["why"]


def test_before_all_rules_there_is_none():
    with pytest.raises(Refusal) as refused:
        law_for(
            Severity.GENERAL,
            None,
            decided_on=date(2018, 1, 1),
            applied_on=date(2019, 1, 31),
            city="demo",
        )
    assert refused.value.code == "repairs.no_rule"
    assert "2019年1月31日" in explain(refused.value)


def test_the_choice_is_a_setting():
    """A bureau that takes the rule of the application day gets it by one word."""
    changed = SOURCE.replace("period: decision", "period: application")
    book = load_text(changed, RepairBook, name="rule_sets.yaml")
    law = law_for(
        Severity.SEVERE,
        None,
        decided_on=date(2024, 2, 1),
        applied_on=date(2026, 5, 1),
        city="demo",
        book=book,
    )
    assert (law.period.id, law.minimum_months) == ("R-36", 12)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("    place: 浙江\n", "    place: 浙江\n    places: 浙江\n", "places"),
        ("id: R-58", "id: R-36", "写了两次"),
        ("shorter_from: [R-36]", "shorter_from: [R-99]", "R-99"),
        ("effective_to: 2023-04-30", "effective_to: 2018-04-30", "早于开始日"),
        ("effective_from: 2019-07-01", "effective_from: 2019-02-30", "2019-02-30"),
        ("    clean_months: 6\n", "", "clean_months"),
        (
            "轻微: {minimum_months: 3, maximum_months: 12}",
            "轻微: {minimum_months: 13, maximum_months: 12}",
            "长于最长期",
        ),
        ("      轻微: {minimum_months: 3, maximum_months: 12}\n", "", "写全"),
        ("verify: 15, verify_from: papers", "verify: 0, verify_from: papers", "verify"),
        ("verify_from: papers", "verify_from: monday", "verify_from"),
        ("[minimum_period, duties_done", "[minimum_periode, duties_done", "conditions"),
    ],
)
def test_a_fault_is_told_with_its_line(before, after, said):
    assert before in SOURCE
    with pytest.raises(DataFileError) as error:
        load_text(SOURCE.replace(before, after, 1), RepairBook, name="rule_sets.yaml")
    assert said in str(error.value)
    assert str(error.value).startswith("rule_sets.yaml:")


def test_what_is_not_confirmed_says_so():
    for rules in repair_book().rule_sets:
        assert rules.confirmed or rules.note, rules.id
        if rules.procedure is not None and not rules.procedure.confirmed:
            assert rules.note, rules.id


@given(
    st.sampled_from(list(Severity)),
    st.dates(date(2019, 7, 1), date(2032, 12, 31)),
    st.integers(0, 1500),
    st.sampled_from(["demo", "浙江", "山东", "河南", "深圳", "茂名", "内蒙古"]),
    st.sampled_from([None, "药品"]),
)
def test_a_later_rule_never_lengthens_a_period(severity, decided, days, city, field):
    applied = decided + timedelta(days=days)
    law = law_for(severity, field, decided_on=decided, applied_on=applied, city=city)
    assert law.period.holds_on(decided) or law.shorter
    assert law.period.place in {NATIONAL, place_of_city(city)}
    milder = repair_book().by_id("R-36")
    if milder.holds_on(applied):
        assert law.minimum_months <= milder.minimum_months(severity, field)
    assert law.procedure.verify >= 1
