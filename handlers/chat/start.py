"""Following, help, greetings, and every kind of message that is not text."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import commands
from bot.follow_up import asks_elsewhere, bare, is_elsewhere, says, words
from bot.reply import Nothing, Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.accounts.binding import unbind_all
from credit_core.masking import mask_free_text
from handlers.chat.city import city_name, hotline
from handlers.chat.large import large_print, plainer
from handlers.chat.phrases import choices
from notices import reminders

MOST_OF_CLOSING = 30


def register(routes: Routes) -> None:
    routes.intents["help"] = helped
    routes.intents["greet"] = greet
    routes.intents["unknown"] = unknown
    routes.taps["none_of_these"] = none_of_these
    routes.events["subscribe"] = welcome
    routes.events["subscribe_scan"] = welcome
    routes.events["unsubscribe"] = left
    routes.events["scan"] = scanned
    routes.events["scancode_waitmsg"] = scan_result
    routes.courtesy = nodded
    for group in ("nod_words", "closing_words", "thanks_words"):
        for word in topic("welcome")[group]:
            routes.words.setdefault(word, nodded)
    routes.about_us.append((closes, closing))
    for key, pattern in words().about_us.items():
        following = topic("welcome")["about_us_then"].get(key, ["agent", "help"])
        answer = _teller(text("welcome", f"about_us.{key}"), following)
        beside = key in topic("welcome")["about_us_beside"]
        routes.about_us.append((_matcher(pattern, beside=beside), answer))
    for kind in ("voice", "video", "image", "location", "link", "file"):
        routes.kinds[kind] = other_kind
    for kind in ("shortvideo", "miniprogrampage", "unknown"):
        routes.kinds[kind] = other_kind


def _matcher(pattern: str, *, beside: bool = False) -> Callable[[str], bool]:
    """:param beside: may stand beside words of courtesy: 行了没事了，刚才对不住."""
    compiled = re.compile(pattern)

    def fits(said: str) -> bool:
        if compiled.fullmatch(bare(said)):
            return True
        clauses = commands.clauses(said) if beside else []
        found = [one for one in clauses if compiled.fullmatch(bare(one))]
        return bool(found) and all(one in found or _is_courtesy(one) for one in clauses)

    return fits


def _is_courtesy(said: str) -> bool:
    """好的, 谢谢, 行了没事了: adds nothing of its own."""
    known = topic("welcome")
    words = {*known["nod_words"], *known["closing_words"], *known["thanks_words"]}
    left = bare(said)
    ends = any(left.endswith(word) for word in known["closing_words"])
    return (
        bool({said, left} & words) or ends or commands.command(said) in {"nod", "thanks", "greet"}
    )


def closes(said: str) -> bool:
    """Whether nothing is wanted any more: 那就放心咯, 好 那我心里有数了, 要得 麻烦你了.

    >>> closes("哦哦，那我就放心了"), closes("我不放心"), closes("好 那我多少分")
    (True, False, False)
    >>> closes("[抱拳][抱拳]"), closes("[发怒]")
    (True, False)
    """
    known = topic("welcome")
    ends, beside = [*known["relief"], known["thanks_like"]], known["beside_closing"]
    left = re.sub(known["kind_signs"], "，", said)
    clauses = [one for one in re.split(r"[\s，。！!,.~～、…]+", left) if one]
    if not clauses:
        return left != said
    if any(sign in said for sign in "?？吗么") or len(said) > MOST_OF_CLOSING:
        return False
    ending = [one for one in clauses if _is_any(ends, one)]
    return bool(ending) and all(
        one in ending or _is_any([beside], one) or _is_courtesy(one) for one in clauses
    )


def _is_any(patterns: list[str], said: str) -> bool:
    return any(re.fullmatch(one, each) for one in patterns for each in {said, bare(said)})


def closing(turn: Turn) -> Reply:
    """One short kind line; thanks are answered as thanks."""
    thanked = re.search(topic("welcome")["thanks_like"], turn.text) is not None
    return Text(text("welcome", "thanks" if thanked else "relieved"), choices("help"))


def _teller(answer: str, following: list[str]) -> Handler:
    """The answer, with the next steps; binding only for those who have not bound."""

    def told(turn: Turn) -> Reply:
        known = {"bind"} if turn.bindings() else frozenset()
        return Text(answer, choices(*(one for one in following if one not in known)))

    return told


def welcome(turn: Turn) -> Reply:
    """A new follower: what this is, what data it uses and why, and the first step."""
    turn.follower.following = True
    turn.follower.followed_at = turn.now
    turn.follower.scene = _scene(turn.inbound.event_key)
    if turn.bindings():
        return Text(text("welcome", "scan_return"), choices("score", "benefits", "help"))
    return Text(text("welcome", "welcome", city=city_name(turn)), choices("bind", "help"))


def _scene(key: str) -> str:
    """Which of our codes was scanned: ours are plain signs, and nobody's data is kept here."""
    return mask_free_text(key[:64]) if key.isascii() else ""


def left(turn: Turn) -> Reply:
    """WeChat demands that a person's data go when they leave: bindings and talk end here;
    statutory files stay with the subject."""
    turn.follower.following = False
    turn.follower.unfollowed_at = turn.now
    unbind_all(turn.session, turn.follower.id, turn.now, by="unfollow")
    reminders.forget(turn.session, turn.follower.id, now=turn.now)
    turn.open_form = None
    turn.context.clear()
    return Nothing()


def helped(turn: Turn) -> Reply:
    """What can be done here; who does not understand is offered the large print and a human."""
    if says(turn, "lost") and turn.follower.elderly_mode:
        return plainer(turn)
    if says(turn, "lost"):
        return Text(text("common", "lost"), (*large_print(turn), *choices("agent")))
    if turn.follower.elderly_mode:
        return Text(text("elderly", "help"), choices("score", "agent"))
    return Text(text("welcome", "help"), choices("score", "benefits", "objection", "agent"))


def greet(turn: Turn) -> Reply:
    plain = turn.text.lower()
    if any(word in plain for word in topic("welcome")["thanks_words"]):
        return Text(text("welcome", "thanks"), choices("help"))
    if any(word in plain for word in topic("welcome")["bye_words"]):
        return Text(text("welcome", "bye"), choices("help"))
    if any(word in plain for word in topic("welcome")["received_words"]):
        return Text(text("welcome", "nod"), choices("help"))
    first = "score" if turn.bindings() else "bind"
    return Text(text("welcome", "greet"), choices(first, "benefits", "help"))


def unknown(turn: Turn) -> Reply:
    """Not understood, not ours, or only anger: each with a way on."""
    if says(turn, "lost"):
        return helped(turn)
    # 我妈的养老金 swears at nobody.
    if any(word in turn.text for word in words().abuse) and not asks_elsewhere(turn.text):
        return Text(text("common", "abused"), choices("detail", "agent"))
    if is_elsewhere(turn.text):
        return Text(text("common", "not_ours", hotline=hotline(turn)), choices("help", "agent"))
    return Text(text("common", "unknown"), choices("score", "benefits", "objection", "agent"))


def nodded(turn: Turn) -> Reply | None:
    """嗯, 好的, 谢谢: not an answer to anything outside a form."""
    if turn.open_form is not None:
        return None
    if re.search(topic("welcome")["thanks_like"], turn.text):
        return Text(text("welcome", "thanks"), choices("help"))
    return Text(text("welcome", "nod"), choices("help"))


def none_of_these(_turn: Turn) -> Reply:
    return Text(text("common", "none_of_these_reply"), choices("agent", "help"))


def scanned(_turn: Turn) -> Reply:
    return Text(text("welcome", "scan_return"), choices("score", "benefits", "help"))


def scan_result(_turn: Turn) -> Reply:
    return Text(text("welcome", "scan_result"), choices("help"))


def other_kind(turn: Turn) -> Reply:
    known = topic("welcome")["kinds"]
    kind = turn.inbound.kind if turn.inbound.kind in known else "other"
    if turn.inbound.kind == "shortvideo":
        kind = "video"
    return Text(text("welcome", f"kinds.{kind}"), choices("help"))
