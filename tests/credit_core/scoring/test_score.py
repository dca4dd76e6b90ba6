"""Scores told as a lawyer would: situation, day, result."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from credit_core.errors import Refusal
from credit_core.lists.models import ListEntry
from credit_core.records.service import change_state, records_of
from credit_core.scoring import score
from credit_core.scoring.bulk import rate_subjects
from credit_core.scoring.result import Score
from tests.credit_core.scoring.people import AT, TODAY, give, someone

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def balanced(made: Score) -> bool:
    return made.base + sum(line.points for line in (*made.lines, *made.ended)) == made.score


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_case(sqlite_database, case):
    with sqlite_database.begin() as session:
        subject = someone(session, case["kind"])
        subject.committed_from = case.get("committed_from")
        for item, decided, *options in case.get("records", ()):
            give(session, subject, item, decided, **(options[0] if options else {}))
        for day, (points, grade) in case["expect"].items():
            made = score(session, subject, day)
            assert (made.score, made.grade) == (points, grade), day
            assert balanced(made)
            rate_subjects(session, [subject.id], on=day, at=AT)
            session.refresh(subject)
            assert (subject.score, subject.grade) == (points, grade), f"stored, {day}"


def test_revoked_never_was_repaired_stays_labelled_expired_ran_out(database):
    """The three ends of a record, on a day before and after."""
    with database.begin() as session:
        subject = someone(session)
        revoked = give(session, subject, "P-2", date(2026, 1, 1))
        repaired = give(session, subject, "P-3", date(2026, 1, 1))
        give(session, subject, "P-5", date(2026, 1, 1))
        change_state(
            session, revoked, "revoked", on=date(2026, 5, 1), at=AT, by="r", reason="wrong"
        )
        change_state(
            session, repaired, "repaired", on=date(2026, 5, 1), at=AT, by="r", reason="done"
        )
        before = score(session, subject, date(2026, 2, 1))
        after = score(session, subject, date(2026, 5, 1))
        assert {line.item: (line.points, line.state) for line in before.lines} == {
            "P-3": (-100, "active"),
            "P-5": (-30, "active"),
        }
        assert after.score == 1000
        assert after.lines == ()
        assert {line.item: (line.points, line.state) for line in after.ended} == {
            "P-3": (0, "repaired"),
            "P-5": (0, "expired"),
        }
        assert len(records_of(session, subject)) == 3


def test_a_suspected_hit_has_no_effect(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session, "institution")
        give(session, subject, "I-6", date(2026, 11, 1), points=-5, suspected=True)
        assert score(session, subject, TODAY).lines == ()


def test_under_objection_the_effect_stays_and_is_marked(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "P-2", date(2026, 11, 1))
        change_state(session, record, "under_objection", on=TODAY, at=AT, by="r", reason="")
        made = score(session, subject, TODAY)
        assert [(line.points, line.state) for line in made.lines] == [(-50, "under_objection")]


def test_the_severe_list_puts_the_grade_at_the_bottom_and_names_its_decision(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        session.add(
            ListEntry(
                subject_id=subject.id, list="severe", rule="fraud", document_no="列〔2026〕1号",
                decided_on=date(2026, 3, 1), entered_on=date(2026, 3, 1),
                left_on=date(2026, 9, 1), basis="b", source_unit="u", entered_by="c",
                recorded_at=AT,
            )
        )  # fmt: skip
        session.flush()
        made = score(session, subject, date(2026, 8, 31))
        assert (made.score, made.grade, made.grade_by_points) == (1000, "D", "A")
        assert [(o.kind, o.document_no) for o in made.overrides] == [
            ("severe_list", "列〔2026〕1号")
        ]
        assert score(session, subject, date(2026, 9, 1)).grade == "A"


def test_the_counter_names_the_decisions_that_reached_it(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session, "practitioner")
        give(session, subject, "S-0", date(2026, 2, 1), points=6, document="甲")
        give(session, subject, "S-0", date(2026, 3, 1), points=4, document="乙")
        made = score(session, subject, date(2026, 4, 1))
        assert made.counter == 10
        assert [(o.kind, o.at_most, o.document_no) for o in made.overrides] == [
            ("counter", "C", "甲；乙")
        ]


def test_minors_are_not_evaluated_until_the_birthday(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        subject.evaluable_from = date(2026, 7, 1)
        made = score(session, subject, date(2026, 6, 30))
        assert (made.evaluated, made.reason, made.score) == (False, "under_18", None)
        assert "18" in (made.reason_text or "")
        assert score(session, subject, date(2026, 7, 1)).score == 1000


def test_a_contract_younger_than_six_months_is_not_evaluated(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session, "institution", contract_from=date(2026, 1, 31))
        assert score(session, subject, date(2026, 7, 30)).reason == "contract_short"
        assert score(session, subject, date(2026, 7, 31)).evaluated


def test_before_the_first_rules_there_is_no_score(sqlite_database):
    with sqlite_database.begin() as session, pytest.raises(Refusal, match=r"rules\.none"):
        score(session, someone(session), date(2019, 12, 31))


def test_every_line_tells_how_it_can_end(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-2", date(2026, 6, 1))
        give(session, subject, "P+1", date(2026, 6, 1), points=30)
        minus, plus = score(session, subject, TODAY).lines
        assert [end.way for end in minus.ends_by] == ["expires", "repair", "objection"]
        assert [end.way for end in plus.ends_by] == ["expires"]
        assert minus.effective_to == date(2027, 6, 1)


def test_the_contract_of_the_command(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-2", date(2026, 6, 1))
        made = score(session, subject, TODAY).as_json("x")
    assert set(made) == {
        "kind", "identifier", "as_of", "evaluated", "reason", "base", "score", "grade",
        "overrides", "rule_set", "lines",
    }  # fmt: skip
    assert set(made["lines"][0]) == {
        "item", "points", "state", "document_no", "basis", "effective_from", "effective_to",
        "ends_by",
    }  # fmt: skip
