"""Versions of the rules of lists: one rule with its seven fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import load_text
from credit_core.errors import Refusal
from credit_core.lists.models import ListEntry
from credit_core.lists.rules import ListRule, ListRules, list_book
from credit_core.versions.differences import Difference, changed
from credit_core.versions.models import ConfigVersion, TopicKey
from credit_core.versions.store import NAME, Effect, Heading
from credit_core.versions.texts import begun_text

FILES = [DATA / "lists" / "rules.yaml"]


class ListTopic:
    key = TopicKey.LISTS

    def heading(self, session: Session, content: str, /) -> Heading:
        return _heading(_parsed(session, content))

    def rows(self, session: Session, on: date, /) -> Sequence[Heading]:
        return [_heading(rule) for rule in list_book(session).in_force(on)]

    def begun(self, session: Session, name: str, on: date, /) -> str | None:
        return begun_text(session, self.key, name, FILES, "rules", on)

    def differences(self, session: Session, content: str, on: date, /) -> Sequence[Difference]:
        wanted = _parsed(session, content)
        held = list_book(session).on(wanted.id, on)
        return changed(
            held.model_dump(mode="json") if held else None, wanted.model_dump(mode="json")
        )

    def effects(self, session: Session, content: str, _on: date, /) -> Sequence[Effect]:
        """Nobody enters or leaves by a rule: who is on the list keeps the terms of the entry."""
        wanted = _parsed(session, content)
        standing = session.scalar(
            select(func.count())
            .select_from(ListEntry)
            .where(ListEntry.rule == wanted.id, ListEntry.left_on.is_(None))
        )
        return [Effect(text("versions", "effects.list_entries"), int(standing or 0))]

    def approved(self, _session: Session, _version: ConfigVersion, /) -> None:
        return


def _parsed(session: Session, content: str) -> ListRule:
    bases = list_book(session).bases
    rules = load_text(content, ListRules, name=NAME, context=bases).rules
    if len(rules) != 1:
        raise Refusal("versions.one_row")
    return rules[0]


def _heading(rule: ListRule) -> Heading:
    return Heading(rule.id, rule.title, rule.effective_from, rule.effective_to)
