"""A rule of a list is edited with all seven fields, from its day on, for entries to come."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import yaml

from credit_core.datafile import DataFileError
from credit_core.lists.rules import list_book
from credit_core.lists.service import ends_on, enter_list
from credit_core.subjects.service import register_subject
from credit_core.versions.lists import ListTopic
from credit_core.versions.store import approve_version, draft_version

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DECEMBER = date(2026, 12, 1)
TOPIC = ListTopic()


def shorter(session, months=24):
    content = TOPIC.begun(session, "severe-fraud", MONDAY)
    return content.replace("period_months: 36", f"period_months: {months}")


def approved(session, content):
    version = draft_version(session, TOPIC, content, by="甲", at=MORNING)
    approve_version(session, TOPIC, version, by="乙", at=MORNING)


def entered(session, subject, day, number):
    return enter_list(
        session,
        subject,
        "severe-fraud",
        document_no=f"罚〔2026〕{number}号",
        decided_on=day,
        entered_on=day,
        basis="735-40",
        source_unit="测试医保局",
        by="甲",
        at=MORNING,
        responsible_name="测试负责人",
    )


def test_who_entered_before_keeps_the_period_of_then(session):
    pharmacy = register_subject(
        session, "institution", "91110000600037341L", "测试药店", on=date(2020, 1, 1)
    )
    before = entered(session, pharmacy, date(2026, 11, 20), 1)
    approved(session, shorter(session))
    after = entered(session, pharmacy, DECEMBER, 2)
    assert ends_on(session, before) == date(2029, 11, 21)
    assert ends_on(session, after) == date(2028, 12, 2)
    assert list_book(session).on("severe-fraud", date(2026, 11, 30)).period_months == 36


@pytest.mark.parametrize(
    "field", ["basis", "standard", "scope", "use", "period_months", "repair", "revocation"]
)
@pytest.mark.parametrize("put", [None, "", "  "])
def test_a_rule_is_not_saved_without_one_of_its_seven_fields(session, field, put):
    loaded = yaml.safe_load(shorter(session))
    loaded["rules"][0][field] = put
    content = yaml.safe_dump(loaded, allow_unicode=True)
    with pytest.raises(DataFileError, match=field):
        draft_version(session, TOPIC, content, by="甲", at=MORNING)


def test_a_basis_below_a_regulation_makes_no_severe_list(session):
    content = shorter(session).replace("- 735-40", "- 茂医保〔2021〕85号")
    with pytest.raises(DataFileError, match="不能设立严重失信名单"):
        draft_version(session, TOPIC, content, by="甲", at=MORNING)


def test_a_new_basis_may_come_with_its_rule(session):
    content = "bases:\n  - {id: 新法-1, name: 《新法》第一条, level: 法律, confirmed: false}\n"
    content += shorter(session).replace("severe-fraud", "severe-new").replace("735-40", "新法-1")
    approved(session, content)
    book = list_book(session)
    assert book.on("severe-new", DECEMBER).basis[0] == "新法-1"
    assert book.name_of_basis("新法-1") == "《新法》第一条"
    assert book.on("severe-fraud", DECEMBER).basis[0] == "735-40"


def test_the_preview_says_what_differs_and_how_many_stand_on_the_list(session):
    pharmacy = register_subject(
        session, "institution", "91110000600037341L", "测试药店", on=date(2020, 1, 1)
    )
    entered(session, pharmacy, date(2026, 11, 20), 1)
    content = shorter(session)
    changed = {one.place: (one.before, one.after) for one in
               TOPIC.differences(session, content, DECEMBER)}  # fmt: skip
    assert changed["period_months"] == (36, 24)
    assert [one.count for one in TOPIC.effects(session, content, DECEMBER)] == [1]
