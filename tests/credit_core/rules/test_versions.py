"""A rule version: one person drafts, another approves, and days that are over stay as they were."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from credit_core.datafile import DataFileError
from credit_core.errors import NotFoundError, Refusal
from credit_core.rules.book import DIRECTORY, rule_book
from credit_core.scoring.preview import preview
from credit_core.scoring.service import score
from credit_core.versions.models import TopicKey, VersionState
from credit_core.versions.rules import RuleTopic, book_with
from credit_core.versions.store import (
    approve_version,
    draft_version,
    find_version,
    list_versions,
    withdraw_version,
)
from tests.credit_core.scoring.people import someone

TOPIC = RuleTopic()
TODAY = date(2026, 11, 23)
START = date(2027, 1, 1)


def rules(first=START, base=990, until=""):
    content = (DIRECTORY / "resident.yaml").read_text("utf-8")
    content = re.sub(r"(?m)^effective_from:.*$", f"effective_from: {first}", content)
    content = re.sub(r"(?m)^effective_to:.*$", f"effective_to: {until}", content)
    return re.sub(r"(?m)^base:.*$", f"base: {base}", content)


def base_on(session, day):
    return rule_book(session).on("resident", day).rules.base


def test_a_version_holds_from_its_first_day_once_a_second_person_approved(database, clock):
    with database.begin() as session:
        version = draft_version(session, TOPIC, rules(), by="clerk", at=clock.now(), note=" 修订 ")
        assert (version.name, version.effective_from, version.note) == ("resident", START, "修订")
        assert base_on(session, START) == 1000
        approve_version(session, TOPIC, version, by="approver", at=clock.now())
    with database.begin() as session:
        assert base_on(session, START - timedelta(days=1)) == 1000
        assert base_on(session, START) == 990
        assert base_on(session, date(2030, 5, 1)) == 990
        found = find_version(session, version.id, TopicKey.RULES)
        assert (found.state, found.approved_by) == (VersionState.APPROVED, "approver")
        assert found.approved_at == clock.now()


def test_after_its_last_day_the_file_holds_again(database, clock):
    with database.begin() as session:
        text = rules(until=date(2027, 3, 31))
        version = draft_version(session, TOPIC, text, by="clerk", at=clock.now())
        approve_version(session, TOPIC, version, by="approver", at=clock.now())
        assert base_on(session, date(2027, 3, 31)) == 990
        assert base_on(session, date(2027, 4, 1)) == 1000


def test_the_version_that_was_approved_last_stands_in_front(database, clock):
    with database.begin() as session:
        for base in (990, 980):
            version = draft_version(session, TOPIC, rules(base=base), by="clerk", at=clock.now())
            approve_version(session, TOPIC, version, by="approver", at=clock.now())
            clock.current += timedelta(minutes=1)
        assert base_on(session, START) == 980


def test_nobody_approves_their_own_draft_and_nobody_twice(database, clock):
    with database.begin() as session:
        version = draft_version(session, TOPIC, rules(), by="both", at=clock.now())
        with pytest.raises(Refusal, match=r"versions\.own_draft"):
            approve_version(session, TOPIC, version, by="both", at=clock.now())
        assert version.state == VersionState.DRAFT
        approve_version(session, TOPIC, version, by="approver", at=clock.now())
        with pytest.raises(Refusal, match=r"versions\.not_draft"):
            approve_version(session, TOPIC, version, by="approver", at=clock.now())


def test_days_that_are_over_keep_their_rules(database, clock):
    with database.begin() as session:
        yesterday = rules(first=TODAY - timedelta(days=1))
        with pytest.raises(Refusal, match=r"versions\.past") as refused:
            draft_version(session, TOPIC, yesterday, by="clerk", at=clock.now())
        assert refused.value.fields["first"] == TODAY
        version = draft_version(session, TOPIC, rules(first=TODAY), by="clerk", at=clock.now())
        clock.current += timedelta(days=1)
        with pytest.raises(Refusal, match=r"versions\.past"):
            approve_version(session, TOPIC, version, by="approver", at=clock.now())
        assert base_on(session, TODAY) == 1000


def test_a_faulty_text_is_refused_with_its_line(database, clock):
    text = rules().replace("grade: AA,", "grade: AAA,")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "at_least: 1030" in row)
    with database.begin() as session:
        with pytest.raises(DataFileError) as fault:
            draft_version(session, TOPIC, text, by="clerk", at=clock.now())
        assert fault.value.line == line
        assert "等级AAA写了两次" in fault.value.message
        assert not list_versions(session, TopicKey.RULES)


def test_an_approved_version_is_taken_back_only_before_it_begins(database, clock):
    with database.begin() as session:
        early = draft_version(session, TOPIC, rules(), by="clerk", at=clock.now())
        approve_version(session, TOPIC, early, by="approver", at=clock.now())
        withdraw_version(session, early, at=clock.now())
        assert base_on(session, START) == 1000
        with pytest.raises(Refusal, match=r"versions\.withdrawn"):
            withdraw_version(session, early, at=clock.now())
        today = draft_version(session, TOPIC, rules(first=TODAY), by="clerk", at=clock.now())
        approve_version(session, TOPIC, today, by="approver", at=clock.now())
        with pytest.raises(Refusal, match=r"versions\.in_force"):
            withdraw_version(session, today, at=clock.now())
        assert base_on(session, TODAY) == 990


def test_a_preview_counts_who_would_change_grade_and_stores_nothing(database, clock):
    with database.begin() as session:
        person = someone(session, "resident")
        text = rules(base=900)
        made = preview(session, rule_book(session), book_with(session, text), START)
        assert (made.subjects, made.scores) == (1, 1)
        assert [(s.kind, s.before, s.after, s.count) for s in made.shifts] == [
            ("resident", "A", "B", 1)
        ]
        assert score(session, person, START).score == 1000
        assert base_on(session, START) == 1000


def test_versions_are_listed_newest_first(database, clock):
    with database.begin() as session:
        first = draft_version(session, TOPIC, rules(), by="clerk", at=clock.now())
        clock.current += timedelta(minutes=1)
        second = draft_version(session, TOPIC, rules(base=980), by="clerk", at=clock.now())
        assert [one.id for one in list_versions(session, TopicKey.RULES)] == [second.id, first.id]
        with pytest.raises(NotFoundError):
            find_version(session, 7, TopicKey.RULES)
