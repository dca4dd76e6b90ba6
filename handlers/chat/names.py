"""A person's name in what was typed where a name is asked for."""

from __future__ import annotations

import re

from bot.commands import all_clauses
from bot.follow_up import is_question
from config.texts import text, topic
from credit_core.accounts.binding import plain_name
from handlers.chat.others import begins_with_surname

LEAST, MOST, MOST_BESIDE = 2, 15, 4
_CHINESE = re.compile(r"[\u3400-\u9fff](?:[\u3400-\u9fff]|·(?=[\u3400-\u9fff]))*")
_LATIN = re.compile(r"[A-Za-z]{2,30}")
_ENDS = " 。.,，!！、：:"


def alone(said: str) -> str | None:
    """The name where the message is one, with or without 我叫; never a question or a sentence."""
    name = plain_name(said.strip(_ENDS))
    for lead in topic("bind")["name_leads"]:
        name = name.removeprefix(lead)
    for tail in topic("bind")["name_tails"]:
        name = name.removesuffix(tail)
    name = name.strip(_ENDS)
    if _LATIN.fullmatch(name):
        return name
    only_surname = name.startswith(text("bind", "surname_lead")) and len(name) == LEAST
    sentence = any(word in name for word in topic("bind")["not_in_names"]) or is_question(name)
    if not _CHINESE.fullmatch(name) or not LEAST <= len(name) <= MOST or only_surname or sentence:
        return None
    return name


def among(said: str) -> str | None:
    """The last clause that is a name, of several: 打错了，是美丽的丽，赵丽."""
    found = [name for one in all_clauses(said) if (name := alone(one)) is not None]
    likely = [name for name in found if begins_with_surname(name) and len(name) <= MOST_BESIDE]
    return likely[-1] if likely else None
