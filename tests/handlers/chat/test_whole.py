"""Guards over the whole conversation: nothing said leads nowhere, nothing written is unused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from bot import commands
from bot.follow_up import words
from bot.menu import load_menu
from bot.turn import Services
from bot.understanding import Understander
from config.data import read
from config.settings import DATA
from config.texts import topic
from credit_core.deadlines.models import DeadlineKind
from credit_core.objections.models import ObjectionState
from credit_core.repair.models import RepairState
from handlers.chat import acts
from handlers.chat.phrases import _TAPS
from notices import reminders

ROOT = DATA.parent
CODE = ("bot", "handlers", "notices", "credit_core")
CHAT_TOPICS = (
    "access_chat",
    "agent",
    "alerts",
    "benefits",
    "bind",
    "commitment_chat",
    "common",
    "elderly",
    "form",
    "fraud",
    "h5",
    "objection",
    "photos",
    "privacy",
    "reminders_chat",
    "repair_chat",
    "report_chat",
    "safety",
    "score",
    "tip_off",
    "unbind",
    "ways",
    "welcome",
    "withdraw",
)


SPOKEN_BY_CODE = {
    ("bind", "code_wrong"),
    ("bind", "code_used"),
    ("bind", "code_revoked"),
    ("bind", "code_expired"),
}
"""Found by the code of a refusal, not by a literal."""


def _sources() -> Iterator[tuple[Path, str]]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")


def test_every_intent_has_a_handler(understander: Understander, services: Services) -> None:
    assert {intent.id for intent in understander.intents} == set(services.routes.intents)


def test_every_named_choice_and_menu_button_is_answered(services: Services) -> None:
    routes = services.routes
    keys = [*_TAPS.values()]
    for top in load_menu()["button"]:
        keys += [button["key"] for button in top.get("sub_button", [top]) if "key" in button]
    for key in keys:
        head, _, value = key.partition(":")
        assert head in routes.taps or (head == "intent" and value in routes.intents), key
    assert set(_TAPS) == set(topic("common")["choices"])


def test_every_follow_up_has_somebody_to_answer(services: Services) -> None:
    intents, asks = set(services.routes.intents), set(words().asks)
    for about, answers in words().topics.items():
        assert about in intents
        assert set(answers) <= asks
        assert set(answers.values()) <= intents
    assert set(words().patterns) <= asks
    assert set(words().settings) <= intents
    assert set(words().plain.values()) <= intents
    assert {about for about, _ask in services.routes.asks} <= intents | {acts.TOPIC}
    assert {ask for _about, ask in services.routes.asks} <= asks | {"where"}
    assert set(services.routes.numbered) <= intents


def _literal_keys(source: str) -> Iterator[tuple[str, str]]:
    """Topic and key of every ``text("topic", "key")``; an f-string's key up to its first field."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        if not (isinstance(node.func, ast.Name) and node.func.id == "text"):
            continue
        first, second = node.args[:2]
        topics = [one.value for one in ast.walk(first) if isinstance(one, ast.Constant)]
        keys = [second] if not isinstance(second, ast.IfExp) else [second.body, second.orelse]
        for name in topics:
            for key in keys:
                if isinstance(key, ast.Constant):
                    yield str(name), str(key.value)
                elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
                    yield str(name), f"{key.values[0].value}*"


def _text_keys(node: Any, before: str = "") -> Iterator[str]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _text_keys(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def test_every_text_that_is_used_exists() -> None:
    for path, source in _sources():
        for name, key in _literal_keys(source):
            if name not in CHAT_TOPICS:
                continue
            known = list(_text_keys(topic(name)))
            found = (
                any(one.startswith(key[:-1]) for one in known) if key[-1] == "*" else key in known
            )
            if not found and "elderly" in source and key in set(_text_keys(topic("elderly"))):
                continue
            assert found, f"{path.relative_to(ROOT)}: {name}.{key}"


@pytest.mark.parametrize("name", CHAT_TOPICS)
def test_every_text_of_the_conversation_is_used(name: str) -> None:
    """A text counts as used when its key, or the name above it, stands in code or a page."""
    everything = "\n".join(source for _path, source in _sources())
    everything += "".join(
        page.read_text(encoding="utf-8") for page in (ROOT / "handlers/h5").rglob("*.html")
    )
    for key in _text_keys(topic(name)):
        parts = key.split(".")
        if (name, key) in SPOKEN_BY_CODE:
            continue
        spoken = [parts[0], key]
        used = any(re.search(rf"[\"'.]{re.escape(one)}[\"'.]", everything) for one in spoken)
        assert used, f"config/texts/{name}.yaml: {key} is not used"


@pytest.mark.parametrize(
    ("key", "enums"),
    [("case_states", (ObjectionState, RepairState)), ("deadlines", (DeadlineKind,))],
)
def test_pages_name_every_state_and_deadline(key: str, enums: tuple[type[StrEnum], ...]) -> None:
    members = {member.value for enum in enums for member in enum}
    assert members <= set(topic("h5")[key])


def test_every_kind_of_reminder_can_be_named() -> None:
    assert set(topic("reminders_chat")["kind_words"]) == set(reminders.titles())
    assert set(topic("reminders_chat")["offered"]) <= set(reminders.rules().choices)


def test_what_our_texts_tell_people_to_say_is_understood(understander: Understander) -> None:
    """Every 回复“…” and 说“…” means something outside a form or is a word of the forms."""
    of_forms = {value for name in CHAT_TOPICS for value in _strings(topic(name))}
    known = set(words().plain) | of_forms
    for name in CHAT_TOPICS:
        for value in _strings(topic(name)):
            for said in re.findall(r"(?:回复|说|或)“([^”{}]+)”", value):
                plain = re.sub("第几(条|个|项)", r"第1\1", said)
                if commands.command(plain) or commands.agrees(plain) or commands.finishes(plain):
                    continue
                if plain in known or any(
                    wanted in plain for wanted in topic("elderly")["on_words"]
                ):
                    continue
                intent = understander.understand(plain, today=date(2026, 11, 23)).intent
                follows = any(word in plain for word in topic("benefits")["claim_words"]) or (
                    plain.startswith("第")
                )
                assert intent != "unknown" or follows, f"{name}: “{said}”"


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


_HALF = re.compile(r"[\u4e00-\u9fff”】}][,;:!?()]|[,;:!?()][\u4e00-\u9fff“【{]")


@pytest.mark.parametrize(
    "path",
    [
        *sorted((DATA / "texts").glob("*.yaml")),
        DATA / "notices" / "plans.yaml",
        DATA / "notices" / "texts.yaml",
    ],
    ids=lambda path: path.stem,
)
def test_punctuation_is_full_width(path: Path) -> None:

    for value in _strings(read(path)):
        if value in NAME_LEADS or any(sign in value for sign in PATTERN_SIGNS):
            continue
        assert not _HALF.search(value), f"{path.name}: {value}"


PATTERN_SIGNS = ("(?", ".{", ")?", "|")
"""A pattern of what people type, which nobody is shown."""
NAME_LEADS = {"姓名:"}
"""What people type before their name, half-width included."""

ALLOWED_CHINESE = {
    "bot/demo.py": "describes the synthetic people of the demo",
    "bot/understanding/": "signs of dates, numbers and negation, not texts",
    "credit_core/masking.py": "the spoken digits",
    "credit_core/lists/rules.py": "values that the data file may hold, as a type",
}
"""File → why longer Chinese literals stand there."""


def test_texts_stand_in_data_and_not_in_code() -> None:
    found = []
    for path, source in _sources():
        name = str(path.relative_to(ROOT))
        if any(name.startswith(allowed) for allowed in ALLOWED_CHINESE):
            continue
        tree = ast.parse(source)
        documents = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        attribute_documents = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) in documents | attribute_documents:
                continue
            is_pattern = re.search(r"[\[|?]|\\\\d", node.value)
            if not is_pattern and re.search(r"[\u4e00-\u9fff]{5,}", node.value):
                found.append(f"{name}:{node.lineno}: {node.value[:30]}")
    assert not found, "\n".join(found)
