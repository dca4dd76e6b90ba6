"""大字版: short sentences, two choices at most, and the page in large print."""

from __future__ import annotations

import re

from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices

MOST_CHOICES = 2
SHOWN_LARGE = {"score", "score_detail", "benefits", "repair_guide", "improve"}
"""What the page in large print shows, so that its link belongs under these answers."""


def register(routes: Routes) -> None:
    routes.taps["large_on"] = switch_on
    routes.taps["large_off"] = switch_off
    routes.words_in_text.append((_wants_on, switch_on))
    routes.words_in_text.append((_wants_off, switch_off))
    routes.finishing.append(simplify)


def large_print(turn: Turn) -> tuple[Choice, ...]:
    """The choice of the large print, where it is not on yet."""
    if turn.follower.elderly_mode:
        return ()
    return (Choice("large_on", text("elderly", "on_choice")),)


def switch_on(turn: Turn) -> Reply:
    turn.follower.elderly_mode = True
    lines = [text("elderly", "switched_on"), _link(turn)]
    return Text("\n".join(lines), choices("score", "agent"))


def switch_off(turn: Turn) -> Reply:
    if not turn.follower.elderly_mode:
        return Text(text("elderly", "is_off"), choices("help"))
    turn.follower.elderly_mode = False
    return Text(text("elderly", "switched_off"), choices("score", "help"))


def simplify(turn: Turn, reply: Reply) -> Reply:
    """At most two of the next steps (never fewer answers of a form), and the link."""
    if not turn.follower.elderly_mode or not isinstance(reply, Text):
        return reply
    kept: list[Choice] = []
    steps = 0
    for choice in reply.choices:
        is_step = choice.id.startswith("intent:") or ":" not in choice.id
        steps += is_step
        # Somebody who does not find the way through a form keeps the way to a person.
        helps = turn.open_form is not None and choice.id == "intent:agent"
        if helps or not is_step or (steps <= MOST_CHOICES and len(kept) < _most(reply)):
            kept.append(choice)
    content = reply.content
    said = turn.understood.intent if turn.understood else ""
    about = turn.context.get("topic") in SHOWN_LARGE and said not in {"unknown", "greet"}
    shows = about and turn.open_form is None
    if shows and turn.bindings() and _link(turn) not in content:
        content = f"{content}\n{_link(turn)}"
    return Text(content, tuple(kept))


def _most(reply: Text) -> int:
    answers = sum(
        ":" in choice.id and not choice.id.startswith("intent:") for choice in reply.choices
    )
    return max(MOST_CHOICES, answers)


def _link(turn: Turn) -> str:
    base = turn.services.settings.public_url.rstrip("/")
    return f'<a href="{base}/h5/large">{text("elderly", "link")}</a>'


def _wants_on(said: str) -> bool:
    return _says(said, "on_words") and not _wants_off(said)


def _wants_off(said: str) -> bool:
    return _says(said, "off_words")


def _says(said: str, which: str) -> bool:
    """A short message with one of the words; a long one is about something else."""
    data = topic("elderly")
    return len(said) <= data["longest"] and any(re.search(one, said) for one in data[which])
