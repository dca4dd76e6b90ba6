"""The vectorised score is the score that is explained line by line: for random rules, random
records, random standing, on any day, on both databases."""

from __future__ import annotations

import copy
from datetime import date, timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_core.database import Database
from credit_core.days import day_number
from credit_core.ids import new_id
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordState, RecordSuspension, decision_key
from credit_core.rules.book import DIRECTORY, RuleBook, entry
from credit_core.rules.check import faults
from credit_core.rules.schema import RuleSet
from credit_core.scoring.bulk import Bulk
from credit_core.scoring.evaluate import evaluate
from credit_core.scoring.service import standing
from credit_core.subjects.models import Subject
from tests.credit_core.scoring.people import AT, someone

ON = date(2026, 6, 15)
KINDS = ("resident", "institution", "practitioner", "supplier")
FILES = {
    kind: yaml.safe_load((DIRECTORY / f"{kind}.yaml").read_text(encoding="utf-8")) for kind in KINDS
}

days = st.integers(-500, 40).map(lambda n: ON + timedelta(days=n))
ends = st.one_of(st.none(), st.integers(-30, 60).map(lambda n: ON + timedelta(days=n)))
states = st.sampled_from([*RecordState, RecordState.ACTIVE, RecordState.ACTIVE])


@st.composite
def rule_sets(draw: st.DrawFn, kind: str) -> object:
    """The default rules with other numbers."""
    raw = copy.deepcopy(FILES[kind])
    for item in raw["items"]:
        if "monthly_limit" in item or draw(st.integers(0, 5)) == 0:
            item["monthly_limit"] = draw(st.integers(1, 3))
        if "open" not in item and "sequence" not in item:
            for variant in item["variants"]:
                sign = -1 if "class" in variant else 1
                variant["points"] = sign * draw(st.integers(0, 60))
                if "class" in variant and draw(st.integers(0, 4)) == 0:
                    variant["at_most"] = draw(st.sampled_from("ABCD"))
    for group in raw["groups"].values():
        if "at_most" in group:
            group["at_most"] = draw(st.integers(1, 80))
        if "at_least" in group:
            group["at_least"] = -draw(st.integers(1, 80))
    raw["floor"] = draw(st.sampled_from([0, 700]))
    raw["cap"] = draw(st.sampled_from([1040, 1200]))
    rules = RuleSet.model_validate(raw)
    assert not list(faults(rules))
    return rules


@st.composite
def situations(draw: st.DrawFn) -> tuple[object, list[dict[str, object]], dict[str, object]]:
    kind = draw(st.sampled_from(KINDS))
    rules = draw(rule_sets(kind))
    made = entry(rules, "test").compiled
    records = []
    for _ in range(draw(st.integers(0, 14))):
        cell = draw(st.sampled_from(made.cells))
        start = draw(days)
        limits = cell.item.open
        amount = None
        if limits is not None and draw(st.booleans()):
            amount = draw(st.integers(limits.least, limits.most))
        records.append(
            {
                "item": cell.item.code,
                "level": draw(st.sampled_from([cell.variant.level] * 5 + ["旧档"])),
                "points": amount,
                "occurred_on": start - timedelta(days=draw(st.integers(0, 40))),
                "decided_on": start,
                "effective_from": start,
                "effective_to": draw(ends),
                "ended_on": draw(ends),
                "state": str(draw(states)),
                "document_no": f"文{draw(st.integers(1, 8))}",
                # Since when its effect rests, and until when.
                "rests": draw(st.one_of(st.none(), st.none(), st.tuples(days, ends))),
            }
        )
    person = {
        "identity_verified": draw(st.booleans()),
        "committed_from": draw(st.one_of(st.none(), days)),
        "committed_until": draw(ends),
        "evaluable_from": draw(st.one_of(st.none(), st.none(), days)),
        "ended_on": draw(st.one_of(st.none(), st.none(), days)),
    }
    return rules, records, {**person, "listed": draw(st.integers(0, 5)) == 0}


@pytest.fixture
def people(database: Database) -> Database:
    with database.begin() as session:
        for kind in KINDS:
            someone(session, kind)
    return database


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(situations())
def test_the_vectorised_score_is_the_explained_one(people, situation):
    rules, records, person = situation
    on = ON
    book = RuleBook([entry(rules, "test")])
    with people.read() as session:
        subject = session.query(Subject).filter_by(kind=rules.kind).one()
        listed = person.pop("listed")
        for name, value in person.items():
            setattr(subject, name, value)
        person["listed"] = listed
        if listed:
            session.add(
                ListEntry(
                    subject_id=subject.id, list="severe", rule="r", document_no="x",
                    decided_on=on, entered_on=on, basis="b", source_unit="u",
                    entered_by="c", recorded_at=AT,
                )
            )  # fmt: skip
        rows = [
            Record(
                id=new_id(),
                subject_id=subject.id,
                decision_key=decision_key(values["document_no"]),
                source_unit="u",
                fingerprint=new_id().to_bytes(16, "big"),
                recorded_at=AT,
                recorded_by="c",
                **{name: value for name, value in values.items() if name != "rests"},
            )
            for values in records
        ]
        session.add_all(rows)
        session.flush()
        session.add_all(
            RecordSuspension(
                record_id=row.id, subject_id=subject.id, since=values["rests"][0],
                until=values["rests"][1], case_no="YY",
            )
            for row, values in zip(rows, records, strict=True)
            if values["rests"]
        )  # fmt: skip
        session.flush()
        explained = evaluate(
            book.on(rules.kind, on), standing(session, subject, book.on(rules.kind, on), on),
            rows, on,
        )  # fmt: skip
        bulk = Bulk(session, on, book)
        chunk = next(bulk.reader.chosen([subject.id]))
        made = bulk.rate(chunk, bulk.reader.records(chunk, chosen=True))
    if not explained.evaluated:
        assert made.grade == [""]
        return
    assert made.score.tolist() == [explained.score]
    assert made.grade == [explained.grade]
    assert explained.base + sum(line.points for line in explained.lines) == explained.score


def test_days_are_numbers_since_1970():
    assert day_number(date(1970, 1, 2)) == 1
