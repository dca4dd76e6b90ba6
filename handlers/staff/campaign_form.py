"""What a campaign's form says: the message by its kind, and the audience."""

from __future__ import annotations

import html
from typing import Any

from sqlalchemy import select

from credit_core.errors import Refusal
from credit_core.subjects.models import Subject, SubjectKind
from handlers.staff.page import Visit
from notices.campaigns import page
from notices.campaigns.models import Campaign
from notices.campaigns.service import KINDS, tags
from notices.reminders import titles

GRADES = ("AAA", "AA", "A", "B", "C", "D")
_BOUND = {"yes": True, "no": False}


def kind_of(visit: Visit) -> str:
    """:raises Refusal: ``form.choice``."""
    kind = visit.text("kind")
    if kind not in KINDS:
        raise Refusal("form.choice")
    return kind


def typed(visit: Visit) -> dict[str, Any]:
    """The form as it was typed, to be shown again."""
    kind = visit.text("kind") if visit.text("kind") in KINDS else "text"
    return {
        "title": visit.text("title"),
        "theme": visit.text("theme"),
        "occasion": visit.text("occasion"),
        "kind": kind,
        "content": _message_of(visit, kind, None),
        "page": {
            "text": visit.text("page_text"),
            "sign_up": visit.text("sign_up") == "yes",
            "capacity": visit.text("capacity"),
            "award": visit.text("award") == "yes",
        },
        "quiz": visit.text("quiz"),
        "audience": audience_of(visit),
    }


def content_of(visit: Visit, kind: str, before: Campaign | None) -> dict[str, Any]:
    """The message with its page; a picture that was sent earlier stays until another comes.

    :raises Refusal: ``campaign.quiz`` or ``campaign.capacity``.
    """
    content = _message_of(visit, kind, before)
    made = page.read(
        words=visit.text("page_text")[:3000],
        sign_up=visit.text("sign_up") == "yes",
        capacity=visit.text("capacity"),
        quiz=visit.text("quiz"),
        award=visit.text("award") == "yes",
    )
    return {**content, "page": made} if made else content


def _message_of(visit: Visit, kind: str, before: Campaign | None) -> dict[str, Any]:
    photo_id = before.content.get("photo_id") if before else None
    if kind == "text":
        return {"text": visit.text("body_text")}
    if kind == "image":
        return {"photo_id": photo_id}
    if kind == "article":
        return {
            "title": visit.text("article_title")[:64],
            "digest": visit.text("digest")[:120],
            "author": visit.text("author")[:16],
            "body": as_html(visit.text("body")),
            "body_text": visit.text("body"),
            "link": visit.text("link")[:500],
            "photo_id": photo_id,
        }
    return {
        "title": visit.text("template_title"),
        "when": visit.text("when_text"),
        "summary": visit.text("summary"),
        "link": visit.text("template_link")[:500],
    }


def choices(visit: Visit) -> dict[str, Any]:
    """What an audience may be made of."""
    districts = visit.session.scalars(
        select(Subject.district).where(Subject.district != "").distinct()
    )
    return {
        "districts": {name: name for name in sorted(districts)},
        "tags": {name: name for name in tags(visit.session)},
        "grades": {grade: grade for grade in GRADES},
        "interests": titles(),
    }


def as_html(plain: str) -> str:
    """Paragraphs of an article from plain text: staff type no HTML, so none can break it."""
    paragraphs = [part.strip() for part in plain.replace("\r\n", "\n").split("\n\n")]
    return "".join(
        f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part
    )


def audience_of(visit: Visit) -> dict[str, Any]:
    """The conditions that were ticked; none: all followers."""
    if visit.text("whom") != "some":
        return {}
    spec: dict[str, Any] = {
        "kinds": [kind for kind in visit.several("kinds") if kind in {*SubjectKind}],
        "grades": [grade for grade in visit.several("grades") if grade in GRADES],
        "districts": visit.several("districts"),
        "tags": visit.several("tags"),
        "interests": [one for one in visit.several("interests") if one in titles()],
    }
    bound = _BOUND.get(visit.text("bound"))
    if bound is not None:
        spec["bound"] = bound
    return {name: value for name, value in spec.items() if value != []}
