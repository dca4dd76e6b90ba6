"""Versions of the rules of one kind of subject: a whole rule set in the schema of its file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.errors import Refusal
from credit_core.rules.book import KINDS, RuleBook, entry, rule_book
from credit_core.rules.check import parse_rule_set
from credit_core.rules.compare import differences
from credit_core.rules.schema import RuleSet
from credit_core.scoring.preview import Shift, preview
from credit_core.versions.differences import Difference
from credit_core.versions.models import ConfigVersion, TopicKey
from credit_core.versions.store import NAME, Effect, Heading, find_version
from credit_core.versions.texts import from_next_month


class RuleTopic:
    """On its days a version takes the place of the file, and of versions approved before it; when
    it ends, what stood there before holds again."""

    key = TopicKey.RULES

    def heading(self, _session: Session, content: str, /) -> Heading:
        return _heading(parse_rule_set(content, NAME))

    def rows(self, session: Session, on: date, /) -> Sequence[Heading]:
        found = []
        for kind in KINDS:
            try:
                found.append(_heading(rule_book(session).on(kind, on).rules))
            except Refusal:
                continue
        return found

    def begun(self, session: Session, name: str, on: date, /) -> str | None:
        """The rules that hold on the day for a kind of subject."""
        if name not in KINDS:
            return None
        source = rule_book(session).for_decision(name, on).source
        version = re.fullmatch(r"version-(\d+)\.yaml", source)
        if version:
            content = find_version(session, int(version.group(1)), self.key).content
        else:
            content = Path(source).read_text(encoding="utf-8-sig")
        return from_next_month(content, on)

    def differences(self, session: Session, content: str, on: date, /) -> Sequence[Difference]:
        after = parse_rule_set(content, NAME)
        return differences(rule_book(session).for_decision(after.kind, on).rules, after)

    def effects(self, session: Session, content: str, on: date, /) -> Sequence[Effect]:
        """Who would change grade."""
        made = preview(session, rule_book(session), book_with(session, content), on)
        grades = sum(shift.count for shift in made.shifts)
        return [
            Effect(text("versions", "effects.subjects"), made.subjects),
            Effect(text("versions", "effects.scores"), made.scores),
            Effect(text("versions", "effects.grades"), grades),
            *(Effect(_says(shift), shift.count, shift.samples) for shift in made.shifts),
        ]

    def approved(self, _session: Session, _version: ConfigVersion, /) -> None:
        return


def book_with(session: Session, content: str) -> RuleBook:
    """The rules in use with this text in front of them, to preview what it would change.

    :raises DataFileError: the text is no sound rule set.
    """
    held = rule_book(session)
    rest = [one for entries in held.entries.values() for one in entries]
    fresh = entry(parse_rule_set(content, NAME), NAME)
    # ``RuleBook`` sorts files but keeps the order of versions: what is in use keeps its order.
    return RuleBook((), (fresh, *rest))


def _heading(rules: RuleSet) -> Heading:
    return Heading(rules.kind, rules.title, rules.effective_from, rules.effective_to)


def _says(shift: Shift) -> str:
    none = text("versions", "effects.no_grade")
    return text(
        "versions",
        "effects.shift",
        kind=text("offers", f"kinds.{shift.kind}"),
        before=shift.before or none,
        after=shift.after or none,
    )
