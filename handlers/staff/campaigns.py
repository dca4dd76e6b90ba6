"""Campaigns: draft, count, preview, submit, a second person approves, send, see the numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.accounts.staff import member_of
from credit_core.clock import parse_moment
from credit_core.errors import NotFoundError, Refusal
from handlers.staff import campaign_form
from handlers.staff.audit import record
from handlers.staff.page import (
    APPROVER,
    CASES,
    CLERK,
    READERS,
    Answer,
    Download,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)
from handlers.staff.rendering import refusal_text
from notices.campaigns import page, running, service
from notices.campaigns.export import archive
from notices.campaigns.models import Campaign, CampaignPhoto, CampaignPreview
from notices.campaigns.numbers import monthly_warning, result
from notices.campaigns.status import CampaignStatus
from notices.yearly import occasions

RELEASERS = frozenset({StaffRole.CLERK, StaffRole.APPROVER})
COMING = timedelta(days=120)
"""So far ahead the days of the yearly calendar are shown."""
MOVING = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING)
"""The page asks for news while one of these holds, and for a while after the end."""


def pages() -> list[Page]:
    return [
        get("/campaigns", show_list, READERS),
        get("/campaigns/new", show_new, CLERK),
        post("/campaigns/new", create, CLERK),
        post("/campaigns/count", count, CLERK),
        get("/campaigns/{campaign_id}", show_one, READERS),
        get("/campaigns/{campaign_id}/result", show_result, READERS),
        get("/campaigns/{campaign_id}/photos/{photo_id}", show_photo, READERS),
        get("/campaigns/{campaign_id}/edit", show_edit, CLERK),
        post("/campaigns/{campaign_id}/edit", change, CLERK),
        get("/campaigns/{campaign_id}/export", export, READERS),
        post("/campaigns/{campaign_id}/photos", add_photo, CLERK),
        post("/campaigns/{campaign_id}/preview", preview, CASES),
        post("/campaigns/{campaign_id}/submit", _step("submit"), CLERK),
        post("/campaigns/{campaign_id}/approve", _step("approve"), APPROVER),
        post("/campaigns/{campaign_id}/give-back", give_back, APPROVER),
        post("/campaigns/{campaign_id}/schedule", schedule, RELEASERS),
        post("/campaigns/{campaign_id}/pause", _step("pause"), RELEASERS),
        post("/campaigns/{campaign_id}/resume", _step("resume"), RELEASERS),
        post("/campaigns/{campaign_id}/cancel", _step("cancel"), RELEASERS),
    ]


def show_list(visit: Visit) -> Answer:
    rows = [
        (campaign, _name(visit, campaign.drafted_by), result(
            visit.session, campaign.id, now=visit.now
        ))
        for campaign in service.listing(visit.session)
    ]  # fmt: skip
    coming = occasions(visit.today, visit.today + COMING)
    return Shown("campaigns.html", {"rows": rows, "coming": coming})


def show_new(visit: Visit) -> Answer:
    """An empty form, or one for a day of the yearly calendar."""
    context = _form_context(visit, None)
    for day, one in occasions(visit.today, visit.today + COMING):
        if visit.asked("occasion") == f"{day.year}:{one.id}":
            context |= {
                "title": one.title,
                "theme": one.theme,
                "occasion": visit.asked("occasion"),
            }
    return Shown("campaign_edit.html", context)


def show_edit(visit: Visit) -> Answer:
    campaign = _campaign(visit)
    if campaign.status != CampaignStatus.DRAFT:
        raise Refusal("campaign.not_editable")
    return Shown("campaign_edit.html", _form_context(visit, campaign))


def create(visit: Visit) -> Answer:
    return _saved(visit, None, _create)


def change(visit: Visit) -> Answer:
    return _saved(visit, _campaign(visit), _change)


def _create(visit: Visit) -> Campaign:
    kind = campaign_form.kind_of(visit)
    campaign = service.draft(
        visit.session,
        title=visit.text("title"),
        kind=kind,
        content=campaign_form.content_of(visit, kind, None),
        audience=campaign_form.audience_of(visit),
        by=visit.member.id,
        now=visit.now,
        theme=visit.text("theme")[:120],
        occasion=visit.text("occasion")[:40] or None,
    )
    _take_photo(visit, campaign)
    return campaign


def _change(visit: Visit) -> Campaign:
    campaign = _campaign(visit)
    kind = campaign_form.kind_of(visit)
    service.edit(
        visit.session,
        campaign.id,
        by=visit.member.id,
        now=visit.now,
        title=visit.text("title"),
        theme=visit.text("theme")[:120],
        kind=kind,
        content=campaign_form.content_of(visit, kind, campaign),
        audience=campaign_form.audience_of(visit),
    )
    _take_photo(visit, campaign)
    return campaign


def _saved(visit: Visit, before: Campaign | None, save: Callable[[Visit], Campaign]) -> Answer:
    """Save the form; what is refused shows it again with everything that was typed."""
    try:
        with visit.session.begin_nested():
            campaign = save(visit)
    except Refusal as refusal:
        typed = _form_context(visit, before) | campaign_form.typed(visit)
        return Shown("campaign_edit.html", typed | {"sentence": refusal_text(refusal)}, status=422)
    record(visit, "campaign.edit" if before else "campaign.draft", f"campaign:{campaign.id}")
    return Redirect(f"/campaigns/{campaign.id}", Flash("campaign_saved"))


def count(visit: Visit) -> Answer:
    """A part of the form: how many it would reach now, and who has had four this month."""
    audience = campaign_form.audience_of(visit)
    return Shown(
        "campaign_count.html",
        {
            "people": service.count_audience(visit.session, audience),
            "full": monthly_warning(visit.session, audience, visit.now),
            "kind": visit.text("kind"),
        },
    )


def show_one(visit: Visit) -> Answer:
    campaign = _campaign(visit)
    own = member_of(visit.session, visit.member.id)
    return Shown(
        "campaign.html",
        {
            **_state(visit, campaign),
            "drafted_by": _name(visit, campaign.drafted_by),
            "approved_by": _name(visit, campaign.approved_by),
            "people": service.count_audience(visit.session, campaign.audience),
            "full": monthly_warning(visit.session, campaign.audience, visit.now),
            "history": _history(visit, campaign),
            "photos": _photos(visit, campaign),
            "previews": _previews(visit, campaign),
            "has_wechat": own.openid is not None,
            "is_mine": campaign.drafted_by == visit.member.id,
            "page": campaign.content.get("page"),
            "quiz": page.as_typed(campaign.content.get("page")),
        },
    )


def show_result(visit: Visit) -> Answer:
    """The numbers, asked for again and again by the page; another status shows the whole page
    anew."""
    campaign = _campaign(visit)
    fresh = {"HX-Refresh": "true"} if visit.asked("status") != campaign.status else {}
    return Shown("campaign_result.html", _state(visit, campaign), headers=fresh)


def show_photo(visit: Visit) -> Answer:
    photo = visit.session.get(CampaignPhoto, visit.number("photo_id"))
    if photo is None or photo.campaign_id != visit.number("campaign_id"):
        raise NotFoundError("photo")
    return Download(photo.content, photo.name, photo.content_type, inline=True)


def add_photo(visit: Visit) -> Answer:
    """A picture of the event, for the report."""
    campaign = _campaign(visit)
    upload = visit.files.get("photo")
    if upload is None:
        raise Refusal("form.picture")
    service.add_photo(
        visit.session,
        campaign.id,
        name=upload.filename,
        content=upload.content,
        caption=visit.text("caption"),
        by=visit.member.id,
        now=visit.now,
    )
    record(visit, "campaign.photo", f"campaign:{campaign.id}")
    return Redirect(f"/campaigns/{campaign.id}", Flash("campaign_saved"))


def export(visit: Visit) -> Answer:
    """Text, numbers and pictures in one file, for 信用中国; it names nobody."""
    campaign = _campaign(visit)
    body = archive(visit.session, campaign.id, now=visit.now)
    return Download(body, f"campaign-{campaign.id}.zip", "application/zip")


def preview(visit: Visit) -> Answer:
    campaign = _campaign(visit)
    service.request_preview(visit.session, campaign.id, by=visit.member.id, now=visit.now)
    record(visit, "campaign.preview", f"campaign:{campaign.id}")
    return Redirect(f"/campaigns/{campaign.id}", Flash("campaign_preview"))


def give_back(visit: Visit) -> Answer:
    campaign = _campaign(visit)
    note = visit.require("note")[:300]
    service.give_back(visit.session, campaign.id, by=visit.member.id, now=visit.now, note=note)
    record(visit, "campaign.give_back", f"campaign:{campaign.id}")
    return Redirect(f"/campaigns/{campaign.id}", Flash("campaign_rejected"))


def schedule(visit: Visit) -> Answer:
    campaign = _campaign(visit)
    at = _moment(visit.text("at")) if visit.text("when") == "later" else None
    service.schedule(visit.session, campaign.id, by=visit.member.id, now=visit.now, at=at)
    record(visit, "campaign.schedule", f"campaign:{campaign.id}")
    return Redirect(f"/campaigns/{campaign.id}", Flash("campaign_scheduled"))


_STEPS: dict[str, tuple[Callable[..., Campaign], str]] = {
    "submit": (service.submit, "campaign_submitted"),
    "approve": (service.approve, "campaign_approved"),
    "pause": (running.pause, "campaign_paused"),
    "resume": (running.resume, "campaign_resumed"),
    "cancel": (running.cancel, "campaign_cancelled"),
}
"""What is done, and the words that say so."""


def _step(name: str) -> Callable[[Visit], Answer]:
    step, flash = _STEPS[name]

    def take(visit: Visit) -> Answer:
        campaign = _campaign(visit)
        step(visit.session, campaign.id, by=visit.member.id, now=visit.now)
        record(visit, f"campaign.{name}", f"campaign:{campaign.id}")
        return Redirect(f"/campaigns/{campaign.id}", Flash(flash))

    return take


def _campaign(visit: Visit) -> Campaign:
    return service.get(visit.session, visit.number("campaign_id"))


def _state(visit: Visit, campaign: Campaign) -> dict[str, object]:
    return {
        "campaign": campaign,
        "result": result(visit.session, campaign.id, now=visit.now),
        "moving": campaign.status in MOVING
        or (campaign.status == CampaignStatus.DONE and not _all_told(visit, campaign)),
    }


def _all_told(visit: Visit, campaign: Campaign) -> bool:
    """Whether every batch's result event has come."""
    states = result(visit.session, campaign.id, now=visit.now).batches
    return not states.get("sent")


def _form_context(visit: Visit, campaign: Campaign | None) -> dict[str, object]:
    return {
        "campaign": campaign,
        "title": campaign.title if campaign else "",
        "theme": campaign.theme if campaign else "",
        "kind": campaign.kind if campaign else "text",
        "content": campaign.content if campaign else {},
        "page": (campaign.content.get("page") if campaign else None) or {},
        "quiz": page.as_typed(campaign.content.get("page") if campaign else None),
        "audience": campaign.audience if campaign else {},
        "sentence": "",
        "occasion": "",
        **campaign_form.choices(visit),
    }


def _take_photo(visit: Visit, campaign: Campaign) -> None:
    upload = visit.files.get("photo")
    if upload is None:
        return
    photo = service.add_photo(
        visit.session,
        campaign.id,
        name=upload.filename,
        content=upload.content,
        by=visit.member.id,
        now=visit.now,
    )
    service.edit(
        visit.session,
        campaign.id,
        by=visit.member.id,
        now=visit.now,
        content={**campaign.content, "photo_id": photo.id},
    )


def _history(visit: Visit, campaign: Campaign) -> list[tuple[datetime, str, str, str]]:
    return [
        (event.at, event.what, _name(visit, int(event.by) if event.by else None), event.note)
        for event in service.history(visit.session, campaign.id)
    ]


def _previews(visit: Visit, campaign: Campaign) -> list[CampaignPreview]:
    query = (
        select(CampaignPreview)
        .where(CampaignPreview.campaign_id == campaign.id)
        .order_by(CampaignPreview.id.desc())
        .limit(3)
    )
    return list(visit.session.scalars(query))


def _photos(visit: Visit, campaign: Campaign) -> list[CampaignPhoto]:
    query = select(CampaignPhoto).where(CampaignPhoto.campaign_id == campaign.id)
    return list(visit.session.scalars(query.order_by(CampaignPhoto.id)))


def _name(visit: Visit, member_id: int | None) -> str:
    member = visit.session.get(StaffMember, member_id) if member_id else None
    return member.name if member else ""


def _moment(value: str) -> datetime:
    try:
        return parse_moment(value)
    except ValueError:
        raise Refusal("form.moment") from None
