"""大字版: short sentences, two choices at most, and the page in large print."""

from __future__ import annotations

import re

from bot import commands, follow_up, form, spoken_of
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.repair.ways import lawful_score
from handlers.chat.phrases import choices, day

MOST_CHOICES = 2
OF_SCORE = frozenset({"score", "score_detail"})
STOPS = frozenset({"cancel", "stop"})
LARGE_PAGE = "/h5/large"
SHOWN_LARGE = {"score", "score_detail", "benefits", "repair_guide", "improve"}
"""What the page in large print shows, so that its link belongs under these answers."""


def register(routes: Routes) -> None:
    routes.taps["large_on"] = switch_on
    routes.taps["large_off"] = switch_off
    routes.words_in_text.append((_wants_on, switch_on))
    routes.words_in_text.append((_wants_off, switch_off))
    routes.pointing.append(_asks_how_opened)
    routes.finishing.append(simplify)


def large_print(turn: Turn) -> tuple[Choice, ...]:
    """The choice of the large print, where it is not on yet."""
    if turn.follower.elderly_mode:
        return ()
    return (Choice("large_on", text("elderly", "on_choice")),)


def switch_on(turn: Turn) -> Reply:
    """The large print; who stops as well (先不办了 眼睛花了) is told first that it is stopped."""
    stopped = _stopped(turn)
    if turn.follower.elderly_mode and stopped is None:
        return _already(turn)
    turn.follower.elderly_mode = True
    lines = [*([stopped] if stopped else []), text("elderly", "switched_on"), _link(turn)]
    return Text("\n".join(lines), choices("score", "agent"))


def _stopped(turn: Turn) -> str | None:
    """What is said to 先不办了 beside the wish; the form that is open ends."""
    name = str((turn.open_form or {}).get("name", "")) or None
    if commands.clause_command(turn.text, name, STOPS) is None:
        return None
    left = form.cancel(turn) if turn.open_form is not None else None
    return left.content if isinstance(left, Text) else text("elderly", "stopped")


def _already(turn: Turn) -> Reply:
    """It is on: said more simply, or how the letters of WeChat grow."""
    if _says(turn.text, "plainer_words"):
        return plainer(turn)
    return Text(text("elderly", "is_on") + "\n" + _link(turn), choices("score", "agent"))


def plainer(turn: Turn) -> Reply:
    """听不懂: what was said last in the fewest words, and somebody who says it."""
    told = plainest(turn) if turn.context.get("topic") in OF_SCORE else None
    said = spoken_of.again(turn) if told is None else None
    if told is None and said is not None:
        told = said.content
    lines = [*([told] if told else []), text("elderly", "or_a_person")]
    return Text("\n".join(lines), choices("agent", "score"))


def plainest(turn: Turn) -> str | None:
    """The score and what took points away in three short sentences; None where there is none."""
    subject = turn.subject()
    if subject is None:
        return None
    found = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    bad = [line for line in found.lines if line.negative]
    if not found.evaluated:
        return None
    if not bad:
        return text("elderly", "plainest_none", score=found.score)
    days = [one.on for line in bad for one in line.ends_by if one.way == "expires" and one.on]
    shown = {"count": len(bad), "points": -sum(line.points for line in bad)}
    told = text("elderly", "plainest", score=found.score, **shown)
    return told + (text("elderly", "plainest_until", on=day(max(days))) if days else "")


def _asks_how_opened(turn: Turn) -> Handler | None:
    """Who answers 那咋个打开嘛, where the link to the large print was just given."""
    said = (turn.context.get("said") or {}).get("content", "")
    if LARGE_PAGE not in said or not turn.typed:
        return None
    new = text("elderly", "switched_on").partition("\n")[0] in said
    keys = ("asks_how_opened", "asks_how_seen") if new else ("asks_how_opened",)
    fits = any(re.fullmatch(topic("elderly")[key], follow_up.bare(turn.text)) for key in keys)
    return how_opened if fits else None


def how_opened(turn: Turn) -> Reply:
    """Where the finger goes, and how to come back."""
    return Text(text("elderly", "how_opened") + "\n" + _link(turn), choices("score", "agent"))


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
    return f'<a href="{base}{LARGE_PAGE}">{text("elderly", "link")}</a>'


def _wants_on(said: str) -> bool:
    data = topic("elderly")
    other = any(re.search(one, said) for one in data["of_other_things"])
    if re.search(data["of_letters"], said) and not _wants_off(said):
        return True
    outright = any(re.search(data["outright"], one) for one in commands.all_clauses(said))
    return (outright or _says(said, "on_words")) and not other and not _wants_off(said)


def _wants_off(said: str) -> bool:
    return _says(said, "off_words")


def _says(said: str, which: str) -> bool:
    """A short message with one of the words; a long one is about something else."""
    data = topic("elderly")
    return len(said) <= data["longest"] and any(re.search(one, said) for one in data[which])
