"""Lists: seven fields, a basis that may create them, a person who answers, dated ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import yaml

from config.settings import DATA
from credit_core.cases.wording import explain
from credit_core.datafile import DataFileError, load_text
from credit_core.errors import Refusal
from credit_core.events import SUBSCRIBERS, EventKind
from credit_core.lists.exit import early_exit_from, exit_early, report_due
from credit_core.lists.models import ListKind
from credit_core.lists.rules import ListRules, list_rules
from credit_core.lists.service import (
    ends_on,
    enter_list,
    entries_of,
    expire_entries,
    leave_list,
    on_list,
)
from credit_core.scoring import score
from credit_core.scoring.ranges import Bulk
from credit_core.subjects.service import register_subject
from credit_core.workdays import Due
from tests.credit_core.repair.bureau import APPROVER, at

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SOURCE = (DATA / "lists" / "rules.yaml").read_text(encoding="utf-8")
SEVEN = ("basis", "standard", "scope", "use", "period_months", "repair", "revocation")


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session


@pytest.fixture
def pharmacy(session):
    return register_subject(
        session, "institution", "91110000600037341L", "测试药店", on=date(2020, 1, 1)
    )


def enter(session, subject, rule="severe-fraud", **changed):
    wanted = {
        "document_no": "测医保罚〔2026〕7号",
        "decided_on": date(2026, 3, 2),
        "entered_on": date(2026, 3, 2),
        "basis": "735-40",
        "source_unit": "测试市医疗保障局",
        "by": "clerk",
        "at": NOW,
        "responsible_name": "测试负责人",
    }
    return enter_list(session, subject, rule, **(wanted | changed))


def test_entering_and_leaving_have_days_and_are_told(session, pharmacy):
    told = []
    session.info[SUBSCRIBERS] = (lambda _session, event: told.append(event),)
    entry = enter(session, pharmacy)
    assert entry.responsible == "测试负责人"
    assert "测试负责人".encode() not in (entry.responsible_sealed or b"")
    assert on_list(session, pharmacy.id, ListKind.SEVERE, date(2026, 3, 1)) is None
    assert on_list(session, pharmacy.id, ListKind.SEVERE, date(2026, 3, 2)) is entry
    assert pharmacy.grade == "D"
    leave_list(session, entry, on=TODAY, reason="整改完成", by="approver", at=NOW)
    assert on_list(session, pharmacy.id, ListKind.SEVERE, date(2026, 11, 22)) is entry
    assert on_list(session, pharmacy.id, ListKind.SEVERE, TODAY) is None
    assert pharmacy.grade != "D"
    kinds = [event.kind for event in told]
    assert EventKind.LIST_ENTERED in kinds
    assert EventKind.LIST_LEFT in kinds
    assert entries_of(session, pharmacy.id) == [entry]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rule": "no-such"}, "lists.unknown_rule"),
        ({"basis": "网上听说"}, "lists.unknown_basis"),
        ({"basis": "健康-103"}, "lists.unknown_basis"),
        ({"document_no": " "}, "lists.document_missing"),
        ({"source_unit": ""}, "lists.unit_missing"),
        ({"responsible_name": " "}, "lists.responsible_missing"),
        ({"decided_on": date(2021, 4, 30)}, "lists.not_in_force"),
        ({"rule": "severe-assistance", "basis": "国发〔2014〕21号"}, "lists.wrong_kind"),
    ],
)
def test_what_is_refused(session, pharmacy, changed, code):
    with pytest.raises(Refusal) as refused:
        enter(session, pharmacy, **changed)
    assert refused.value.code == code
    assert explain(refused.value)


def test_the_same_decision_enters_once(session, pharmacy):
    entry = enter(session, pharmacy)
    with pytest.raises(Refusal, match=r"lists\.duplicate"):
        enter(session, pharmacy)
    leave_list(session, entry, on=TODAY, reason="移出", by="x", at=NOW)
    with pytest.raises(Refusal, match=r"lists\.already_left"):
        leave_list(session, entry, on=TODAY, reason="移出", by="x", at=NOW)


def test_a_person_needs_no_responsible_person(session):
    person = register_subject(
        session, "practitioner", "D371002000001", "测试医师", on=date(2020, 1, 1)
    )
    entry = enter(session, person, "severe-ban", basis="735-43", responsible_name=None)
    assert ends_on(session, entry) == date(2031, 3, 3)


def test_an_entry_ends_by_itself_when_its_period_is_over(session, pharmacy):
    entry = enter(session, pharmacy, decided_on=date(2023, 11, 23), entered_on=date(2023, 11, 23))
    assert expire_entries(session, TODAY, NOW) == 0
    assert expire_entries(session, date(2026, 11, 24), NOW) == 1
    assert entry.left_on == date(2026, 11, 24)
    assert expire_entries(session, date(2026, 11, 24), NOW) == 0


def test_a_day_to_come_knows_that_the_period_is_over_by_then(session, pharmacy):
    entry = enter(session, pharmacy)
    assert on_list(session, pharmacy.id, ListKind.SEVERE, date(2029, 3, 2)) is entry
    assert on_list(session, pharmacy.id, ListKind.SEVERE, date(2029, 3, 3)) is None


@pytest.mark.parametrize("field", SEVEN)
def test_a_rule_without_one_of_its_seven_fields_is_not_loaded(field):
    loaded = yaml.safe_load(SOURCE)
    del loaded["rules"][0][field]
    with pytest.raises(DataFileError, match=field):
        load_text(yaml.safe_dump(loaded, allow_unicode=True), ListRules, name="rules.yaml")


@pytest.mark.parametrize("field", ["standard", "scope", "use", "repair", "revocation"])
def test_an_empty_field_is_told_with_its_line(field):
    line = next(
        number for number, row in enumerate(SOURCE.splitlines(), 1) if f"    {field}: " in row
    )
    rows = SOURCE.splitlines()
    rows[line - 1] = f"    {field}: ''"
    with pytest.raises(DataFileError) as error:
        load_text("\n".join(rows), ListRules, name="rules.yaml")
    assert f"rules.yaml:{line}:" in str(error.value)


def test_a_severe_list_needs_a_law_a_regulation_or_a_central_document():
    loaded = yaml.safe_load(SOURCE)
    loaded["rules"][0]["basis"] = ["茂医保〔2021〕85号"]
    with pytest.raises(DataFileError, match="不能设立严重失信名单"):
        load_text(yaml.safe_dump(loaded, allow_unicode=True), ListRules, name="rules.yaml")


def test_the_four_matters_have_their_own_basis():
    bases = {rule.id: rule.basis for rule in list_rules().rules if rule.list == ListKind.SEVERE}
    assert bases == {
        "severe-fraud": ("735-40", "国办发〔2020〕20号"),
        "severe-bid": ("健康-103",),
        "severe-ban": ("735-43",),
        "severe-assistance": ("国发〔2014〕21号",),
    }


def test_an_early_exit_needs_its_time_and_a_written_decision(session, pharmacy):
    entry = enter(session, pharmacy)

    def leave(day: date, document_no: str = "测医保移〔2027〕1号"):
        return exit_early(
            session, entry, document_no=document_no, reason="已改正并履行", staff=APPROVER,
            now=at(day),
        )  # fmt: skip

    assert early_exit_from(session, entry) == date(2027, 3, 2)
    with pytest.raises(Refusal) as refused:
        leave(date(2027, 3, 1))
    assert refused.value.code == "lists.too_early"
    assert "2027年3月2日" in explain(refused.value)
    with pytest.raises(Refusal, match=r"lists\.document_missing"):
        leave(date(2027, 3, 2), " ")
    with pytest.raises(Refusal, match=r"lists\.not_left"):
        report_due(session, entry)
    assert leave(date(2027, 3, 2)) == Due(date(2027, 3, 5), True)
    assert entry.left_on == date(2027, 3, 2)
    assert entry.left_document_no == "测医保移〔2027〕1号"


def test_a_ban_has_no_early_exit(session):
    person = register_subject(
        session, "practitioner", "D371002000001", "测试医师", on=date(2020, 1, 1)
    )
    entry = enter(session, person, "severe-ban", basis="735-43", responsible_name=None)
    with pytest.raises(Refusal) as refused:
        exit_early(
            session, entry, document_no="x", reason="x", staff=APPROVER, now=at(date(2028, 1, 3))
        )
    assert refused.value.code == "lists.no_early_exit"
    assert "2031年3月3日" in explain(refused.value)


def test_a_day_to_come_is_scored_without_the_list_once_its_period_is_over(session, pharmacy):
    entry = enter(session, pharmacy)
    last = ends_on(session, entry) - timedelta(days=1)
    listed = score(session, pharmacy, last)
    assert listed.grade == "D"
    assert [override.effective_to for override in listed.overrides] == [last]
    after = last + timedelta(days=1)
    assert score(session, pharmacy, after).grade != "D"
    for on, grade in ((last, "D"), (after, score(session, pharmacy, after).grade)):
        bulk = Bulk(session, on)
        rows = next(bulk.reader.chosen([pharmacy.id]))
        assert bulk.rate(rows, bulk.reader.records(rows, chosen=True)).grade == [grade]
