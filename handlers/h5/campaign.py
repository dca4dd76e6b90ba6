"""The page of a campaign: what it is about, signing up, a short quiz."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from config.texts import text
from credit_core.errors import NotFoundError, Refusal
from handlers.h5.pages import Visit
from notices.campaigns import page
from notices.campaigns.page import Standing
from notices.campaigns.status import CampaignStatus

Shown = tuple[str, dict[str, Any]]


def show(visit: Visit) -> Shown:
    return _shown(_opened(visit))


def take_part(visit: Visit) -> Shown:
    """Sign up, or hand in the quiz; what is refused is said on the page itself."""
    _opened(visit)
    try:
        if visit.said.get("do") == "quiz":
            return _answer(visit)
        standing = page.sign_up(visit.session, _number(visit), visit.follower, visit.now)
    except Refusal as refusal:
        sentence = text("campaigns", f"refusals.{refusal.code}", **refusal.fields)
        return _shown(_opened(visit), sentence=sentence)
    return _shown(standing)


COUNTED: tuple[Callable[[Visit], Shown], ...] = (show,)
"""Pages that write down that they were opened."""


def _answer(visit: Visit) -> Shown:
    places = sorted(name for name in visit.said if name.startswith("q"))
    said = [visit.said[name] for name in places]
    standing, right = page.answer(visit.session, _number(visit), visit.follower, said, visit.now)
    return _shown(standing, said=said, right=right)


def _opened(visit: Visit) -> Standing:
    try:
        return page.open_page(visit.session, _number(visit), visit.follower, visit.now)
    except NotFoundError:
        raise web.HTTPNotFound from None


def _shown(
    standing: Standing,
    *,
    sentence: str = "",
    said: Sequence[str] = (),
    right: Sequence[bool] = (),
) -> Shown:
    campaign = standing.campaign
    questions = [
        {
            "ask": question.ask,
            "choices": question.choices,
            "said": said[place] if place < len(said) else "",
            "right": right[place] if place < len(right) else None,
        }
        for place, question in enumerate(standing.page.quiz)
    ]
    return "campaign.html", {
        "title": campaign.content.get("title") or campaign.title,
        "theme": campaign.theme,
        "when": campaign.content.get("when", ""),
        "page": standing.page,
        "done": standing.done,
        "left": standing.left,
        "open": standing.open,
        "over": campaign.status == CampaignStatus.CANCELLED,
        "questions": questions,
        "wrong": sum(1 for one in right if not one),
        "sentence": sentence,
    }


def _number(visit: Visit) -> int:
    number = visit.parts["id"]
    if not number.isdecimal() or len(number) > 19:
        raise web.HTTPNotFound
    return int(number)
