"""Tags of followers, by which campaigns find their audience."""

from __future__ import annotations

from handlers.staff import campaign_form
from handlers.staff.audit import record
from handlers.staff.page import (
    CLERK,
    READERS,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)
from notices.campaigns.tagging import clear_tag, find_or_make, tag_counts, tag_everybody


def pages() -> list[Page]:
    """Stands before the campaigns, whose addresses take any word."""
    return [
        get("/campaigns/tags", show, READERS),
        post("/campaigns/tags", put, CLERK),
        post("/campaigns/tags/{tag_id}/clear", clear, CLERK),
    ]


def show(visit: Visit) -> Answer:
    choices = campaign_form.choices(visit)
    return Shown("tags.html", {"rows": tag_counts(visit.session), "audience": {}, **choices})


def put(visit: Visit) -> Answer:
    tag = find_or_make(visit.session, visit.text("name"))
    new = tag_everybody(visit.session, tag.name, campaign_form.audience_of(visit))
    record(visit, "campaign.tag", f"tag:{tag.id}", tag.name)
    return Redirect("/campaigns/tags", Flash("tag_put", {"name": tag.name, "new": str(new)}))


def clear(visit: Visit) -> Answer:
    tag = clear_tag(visit.session, visit.number("tag_id"))
    record(visit, "campaign.untag", f"tag:{tag.id}", tag.name)
    return Redirect("/campaigns/tags", Flash("tag_cleared", {"name": tag.name}))
