"""The vectorised score is the score that is explained line by line: for random rules, random
records, random standing, on any day, on both databases."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from credit_core.database import Database
from credit_core.days import day_number
from credit_core.ids import new_id
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordState, RecordSuspension, decision_key
from credit_core.rules.book import DIRECTORY, RuleBook, entry
from credit_core.rules.check import faults
from credit_core.rules.compiled import Compiled
from credit_core.rules.schema import RuleSet
from credit_core.scoring.evaluate import evaluate
from credit_core.scoring.ranges import Bulk
from credit_core.scoring.reading import NONE
from credit_core.scoring.service import standing
from credit_core.subjects.models import Subject
from tests.credit_core.scoring.people import AT, someone
from tests.credit_core.scoring.random_rules import random_rules

ON = date(2026, 6, 15)
KINDS = ("resident", "institution", "practitioner", "employer", "supplier")
STATES = (*RecordState, RecordState.ACTIVE, RecordState.ACTIVE)
DICE = st.randoms(use_true_random=True)
"""Rules and records are large: thrown with dice whose seed is told, they come a hundred times
faster than drawn one choice after another."""
EACH = 3
"""Subjects of a kind that are scored together."""
FILES = {
    kind: yaml.safe_load((DIRECTORY / f"{kind}.yaml").read_text(encoding="utf-8")) for kind in KINDS
}


def day(dice: Random) -> date:
    return ON + timedelta(days=dice.randint(-500, 40))


def end(dice: Random) -> date | None:
    return ON + timedelta(days=dice.randint(-30, 60)) if dice.random() < 0.6 else None


def rule_sets(dice: Random, kind: str) -> RuleSet:
    """The default rules with other numbers."""
    raw = copy.deepcopy(FILES[kind])
    for item in raw["items"]:
        if "monthly_limit" in item or dice.randint(0, 5) == 0:
            item["monthly_limit"] = dice.randint(1, 3)
        if "open" not in item and "sequence" not in item:
            for variant in item["variants"]:
                sign = -1 if "class" in variant else 1
                variant["points"] = sign * dice.randint(0, 60)
                if "class" in variant and dice.randint(0, 4) == 0:
                    variant["at_most"] = dice.choice("ABCD")
    for group in raw["groups"].values():
        if "at_most" in group:
            group["at_most"] = dice.randint(1, 80)
        if "at_least" in group:
            group["at_least"] = -dice.randint(1, 80)
    raw["floor"] = dice.choice([0, 700])
    raw["cap"] = dice.choice([1060, 1200])
    rules = RuleSet.model_validate(raw)
    assert not list(faults(rules))
    return rules


def records_of(dice: Random, made: Compiled) -> list[dict[str, object]]:
    records = []
    for _ in range(dice.randint(0, 10)):
        cell = dice.choice(made.cells)
        start = day(dice)
        limits = cell.item.open
        amount = None
        if limits is not None and (dice.random() < 0.5):
            amount = dice.randint(limits.least, limits.most)
        records.append(
            {
                "item": dice.choice([cell.item.code] * 9 + ["ZZ-9"]),
                "level": dice.choice([cell.variant.level] * 5 + ["旧档"]),
                "points": amount,
                "occurred_on": start - timedelta(days=dice.randint(0, 40)),
                "decided_on": start,
                "effective_from": start,
                "effective_to": end(dice),
                "ended_on": end(dice),
                "state": str(dice.choice(STATES)),
                "document_no": f"文{dice.randint(1, 8)}",
                # Since when its effect rests, and until when.
                "rests": (day(dice), end(dice)) if dice.random() < 0.2 else None,
            }
        )
    return records


def person_of(dice: Random) -> dict[str, object]:
    return {
        "identity_verified": dice.random() < 0.7,
        "committed_from": dice.choice([None, day(dice)]),
        "committed_until": end(dice),
        "evaluable_from": dice.choice([None, None, day(dice)]),
        "ended_on": dice.choice([None, None, None, day(dice)]),
        "listed": dice.random() < 0.15,
    }


def situations(
    dice: Random,
) -> tuple[RuleSet, list[tuple[dict[str, object], list[dict[str, object]]]]]:
    """Rules, and some subjects of their kind with their standing and records."""
    kind = dice.choice(KINDS)
    rules = dice.choice([rule_sets, random_rules])(dice, kind)
    made = entry(rules, "test").compiled
    return rules, [(person_of(dice), records_of(dice, made)) for _ in range(EACH)]


@pytest.fixture
def people(database: Database) -> Database:
    with database.begin() as session:
        for kind in KINDS:
            for number in range(EACH):
                someone(session, kind, number)
    return database


def place(
    session: Session, subject: Subject, person: dict[str, object], records: list[dict[str, object]]
) -> list[Record]:
    """Put a situation into the database."""
    for name, value in person.items():
        if name != "listed":
            setattr(subject, name, value)
    if person["listed"]:
        session.add(
            ListEntry(
                subject_id=subject.id, list="severe", rule="r", document_no="x",
                decided_on=ON, entered_on=ON, basis="b", source_unit="u",
                entered_by="c", recorded_at=AT,
            )
        )  # fmt: skip
    rows = [
        Record(
            id=new_id(),
            subject_id=subject.id,
            decision_key=decision_key(str(values["document_no"])),
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
            record_id=row.id, subject_id=subject.id, since=rests[0], until=rests[1], case_no="YY",
        )
        for row, values in zip(rows, records, strict=True)
        if (rests := values.get("rests"))
    )  # fmt: skip
    session.flush()
    return rows


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
    ],
)  # fmt: skip
@given(DICE, st.sampled_from([0, 0, 1, 30, 199, 200, -1]))
def test_the_vectorised_score_is_the_explained_one(people, dice, later):
    """Also some days on: over the new year the counter of the year begins again."""
    rules, town = situations(dice)
    on = ON + timedelta(days=later)
    book = RuleBook([entry(rules, "test")])
    held = book.on(rules.kind, on)
    with people.read() as session:
        subjects = session.query(Subject).filter_by(kind=rules.kind).order_by(Subject.id).all()
        explained = []
        for subject, (person, records) in zip(subjects, town, strict=True):
            rows = place(session, subject, person, records)
            explained.append(evaluate(held, standing(session, subject, held, on), rows, on))
        bulk = Bulk(session, on, book)
        chunk = next(bulk.reader.chosen([subject.id for subject in subjects]))
        made = bulk.rate(chunk, bulk.reader.records(chunk, chosen=True))
    assert made.grade == [one.grade or "" for one in explained]
    assert made.score.tolist() == [NONE if one.score is None else one.score for one in explained]
    for one in explained:
        if one.evaluated:
            assert one.base + sum(line.points for line in one.lines) == one.score


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(DICE, st.integers(-3, 3))
def test_each_day_is_scored_by_its_own_version(people, dice, later):
    """Another version begins inside the window: both ways of scoring change over on its day."""
    kind = dice.choice(KINDS)
    old = random_rules(dice, kind)
    new = random_rules(dice, kind, ON.isoformat())
    old = old.model_copy(update={"effective_to": ON - timedelta(days=1)})
    book = RuleBook([entry(old, "old"), entry(new, "new")])
    on = ON + timedelta(days=later)
    held = book.on(kind, on)
    assert held.rules.id == (new if later >= 0 else old).id
    person, records = person_of(dice), records_of(dice, entry(new, "new").compiled)
    with people.read() as session:
        subject = session.query(Subject).filter_by(kind=kind).order_by(Subject.id).first()
        rows = place(session, subject, person, records)
        explained = evaluate(held, standing(session, subject, held, on), rows, on)
        bulk = Bulk(session, on, book)
        chunk = next(bulk.reader.chosen([subject.id]))
        made = bulk.rate(chunk, bulk.reader.records(chunk, chosen=True))
    assert made.grade == [explained.grade or ""]
    assert made.score.tolist() == [NONE if explained.score is None else explained.score]
    assert made.rule_set == [explained.rule_set]


@pytest.mark.parametrize(
    ("limit", "steps", "grade"),
    [
        # The group's limit once shortened the vectorised counter, to 5 points.
        (-50, [(9, "C"), (12, "D")], "D"),
        # The worst of the steps once decided there, not the last that is reached.
        (None, [(9, "D"), (12, "C")], "C"),
    ],
)
def test_the_counter_goes_by_its_own_points_and_its_last_step(people, limit, steps, grade):
    raw = copy.deepcopy(FILES["practitioner"])
    if limit is not None:
        raw["groups"]["S-0"]["at_least"] = limit
    raw["counter"]["steps"] = [
        {"at_least": at_least, "at_most": at_most, "title": "t"} for at_least, at_most in steps
    ]
    book = RuleBook([entry(RuleSet.model_validate(raw), "test")])
    held = book.on("practitioner", ON)
    record = {
        "item": "S-0", "level": "", "points": 12, "state": "active", "document_no": "文1",
        "occurred_on": ON, "decided_on": ON, "effective_from": ON, "effective_to": None,
    }  # fmt: skip
    with people.read() as session:
        subject = session.query(Subject).filter_by(kind="practitioner").first()
        rows = place(session, subject, {"listed": False}, [record])
        explained = evaluate(held, standing(session, subject, held, ON), rows, ON)
        bulk = Bulk(session, ON, book)
        chunk = next(bulk.reader.chosen([subject.id]))
        made = bulk.rate(chunk, bulk.reader.records(chunk, chosen=True))
    assert (explained.counter, explained.grade, made.grade) == (12, grade, [grade])


def test_days_are_numbers_since_1970():
    assert day_number(date(1970, 1, 2)) == 1
