"""What if, ways to a grade, what comes by itself, and the causes of a difference."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.errors import NotFoundError, Refusal
from credit_core.lists.service import enter_list
from credit_core.records.service import change_state
from credit_core.rules.book import DIRECTORY, rule_book
from credit_core.scoring import score
from credit_core.scoring.history import delta, distribution, month_starts, rank, trend
from credit_core.scoring.mapping import act, acts, city_score, letter
from credit_core.scoring.wanted import ways_to
from credit_core.scoring.whatif import changes, upcoming, what_if_added, what_if_repaired
from credit_core.versions.models import ConfigVersion
from tests.credit_core.scoring.people import AT, TODAY, give, someone


def test_a_repair_is_tried_without_leaving_a_trace(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "P-3", date(2026, 6, 1))
        assert what_if_repaired(session, subject, record.id, TODAY).score == 1000
        assert score(session, subject, TODAY).score == 900
        assert not session.dirty
        assert not session.new
        with pytest.raises(NotFoundError):
            what_if_repaired(session, subject, 1, TODAY)


def test_acts_are_tried_together_without_leaving_a_trace(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-3", date(2026, 6, 1))
        assert what_if_added(session, subject, [], TODAY).score == 900
        tried = what_if_added(session, subject, [("P-1", "一般"), ("P-2", "")], TODAY)
        assert (tried.score, tried.grade) == (800, "C")
        twice = what_if_added(session, subject, [("P-7", ""), ("P-7", "")], TODAY)
        assert twice.score == 890, "the second one of a sequence"
        assert score(session, subject, TODAY).score == 900
        assert not session.dirty
        assert not session.new


def test_what_comes_by_itself(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-3", date(2026, 6, 1))
        give(session, subject, "P+1", date(2026, 3, 1), points=30)
        changes = upcoming(session, subject, TODAY)
        assert [(c.on, c.score.score, c.score.grade) for c in changes] == [
            (date(2027, 3, 2), 900, "B"),
            (date(2027, 6, 2), 1000, "A"),
        ]
        assert [(cause.why, cause.points) for cause in changes[0].causes] == [("expired", -30)]


def test_ways_to_a_grade_are_checked_by_the_score_they_lead_to(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "P-3", date(2026, 9, 1))
        ways = ways_to(session, subject, "A", TODAY)
        assert ways
        first = ways[0]
        assert first.on == TODAY, "earning needs no waiting"
        assert {step.kind for step in first.steps} == {"earn"}
        aaa = ways_to(session, subject, "AAA", TODAY)[0]
        repair = next(step for step in aaa.steps if step.kind == "repair")
        assert (repair.record_id, repair.on) == (record.id, date(2026, 12, 1))
        assert aaa.on == date(2026, 12, 1)
        assert (aaa.score >= 1050, aaa.grade) == (True, "AAA")
        with pytest.raises(Refusal, match="no_grade"):
            ways_to(session, subject, "E", TODAY)


def test_an_institution_is_told_to_sign(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session, "institution")
        (way, *_) = ways_to(session, subject, "AA", TODAY)
        assert "sign" in {step.kind for step in way.steps}


def test_an_override_is_waited_for(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session, "institution")
        give(session, subject, "I-5", date(2026, 1, 1))
        ways = ways_to(session, subject, "A", TODAY)
        assert [step.kind for step in ways[0].steps] == ["repair"]
        assert ways[0].on == date(2027, 1, 1)


def test_the_causes_sum_to_the_difference(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        repaired = give(session, subject, "P-3", date(2026, 1, 1))
        give(session, subject, "P-5", date(2026, 1, 1))
        for day in range(1, 4):
            give(session, subject, "P+1", date(2026, 8, day), points=30)
        change_state(
            session, repaired, "repaired", on=date(2026, 7, 1), at=AT, by="r", reason="done"
        )
        made = delta(session, subject, date(2026, 2, 1), date(2026, 9, 1))
        assert made.points == sum(cause.points for cause in made.causes) == 190
        assert sorted((c.why, c.points) for c in made.causes) == [
            ("began", 30), ("began", 30), ("began", 30), ("expired", 30), ("limit", -30),
            ("repaired", 100),
        ]  # fmt: skip


def test_each_change_has_its_own_day(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-5", date(2026, 3, 17))
        give(session, subject, "P-2", date(2026, 3, 20))
        found = changes(session, subject, date(2026, 1, 1), date(2026, 10, 1))
        assert [(one.on, one.score.score) for one in found] == [
            (date(2026, 3, 17), 970),
            (date(2026, 3, 20), 920),
            (date(2026, 6, 18), 950),
        ]
        assert [cause.why for one in found for cause in one.causes] == ["began", "began", "expired"]


def test_trend_rank_and_distribution(sqlite_database):
    with sqlite_database.begin() as session:
        people = [someone(session, number=number) for number in range(4)]
        give(session, people[0], "P-2", date(2026, 9, 10))
        for one in people[1:]:
            give(session, one, "P+3", date(2026, 9, 10))
        points = trend(session, people[0], month_starts(date(2026, 8, 15), date(2026, 10, 15)))
        assert [one.score for one in points] == [1000, 950, 950]
        assert (rank(session, people[0]).place, rank(session, people[0]).of) == (4, 4)
        assert rank(session, people[1]).place == 1
        assert distribution(session, "resident") == {"resident": {"A": 3, "B": 1}}


def test_the_grade_in_the_words_of_others(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-4", date(2026, 9, 10))
        made = score(session, subject, TODAY)
        assert city_score(made).delta == -30
        assert letter(rule_book(session), made) == "C"


def test_there_are_fourteen_acts_and_no_thirteenth():
    assert [one.number for one in acts()] == [*range(1, 13), 14, 15]
    book = rule_book()
    known = {item for kind in book.entries.values() for one in kind for item in one.compiled.items}
    assert all(set(one.items) <= known for one in acts())
    assert act(7).items == ("P-1",)
    with pytest.raises(Refusal):
        act(13)


def test_somebody_on_the_severe_list_waits_for_its_end_and_is_told_so(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        enter_list(
            session, subject, "severe-fraud", document_no="名单1", decided_on=date(2024, 3, 1),
            entered_on=date(2024, 3, 1), basis="735-40", source_unit="市医疗保障局", by="clerk",
            at=AT,
        )  # fmt: skip
        assert score(session, subject, TODAY).grade == "D"
        (way,) = ways_to(session, subject, "A", TODAY)
        # Thirty-six months end with 1 March 2027; the day after is the first without it.
        assert way.on == date(2027, 3, 2)
        assert [(step.kind, step.on) for step in way.steps] == [("list", date(2027, 3, 2))]


def test_the_way_of_somebody_under_age_begins_on_the_day_of_age(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        subject.evaluable_from = date(2027, 5, 5)
        session.flush()
        assert not score(session, subject, TODAY).evaluated
        (way,) = ways_to(session, subject, "A", TODAY)
        assert (way.on, [step.kind for step in way.steps]) == (date(2027, 5, 5), ["start"])


def test_a_way_repairs_nothing_that_it_does_not_take(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-5", date(2026, 11, 1))
        heavy = give(session, subject, "P-4", date(2026, 10, 1), document="骗保1")
        way = min(ways_to(session, subject, "A", TODAY), key=lambda one: one.on)
        assert way.score >= 960
        assert [step.record_id for step in way.steps if step.kind == "repair"] == [heavy.id]


def test_a_way_goes_by_the_rules_of_its_day(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-4", date(2026, 10, 1))
        content = (DIRECTORY / "resident.yaml").read_text(encoding="utf-8")
        content = content.replace("2020-01-01", "2027-01-01").replace("points: -200", "points: -30")
        session.add(
            ConfigVersion(
                topic="rules", name="resident", title="rules", effective_from=date(2027, 1, 1),
                content=content, state="approved", created_by="a", created_at=AT,
                approved_by="b", approved_at=AT,
            )
        )  # fmt: skip
        session.flush()
        assert score(session, subject, date(2027, 1, 1)).grade == "A"
        first = ways_to(session, subject, "A", TODAY)[0]
        assert first.on <= date(2027, 1, 1)
