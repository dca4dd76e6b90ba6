"""What staff do with a campaign until it leaves: draft, count, preview, submit, approve, send.

All functions are synchronous and work in the caller's session; whatever needs the network is
a row that the dispatcher takes up. A refusal carries a code whose text stands in
``config/texts/campaigns.yaml`` under ``refusals``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember
from credit_core.errors import NotFoundError, Refusal
from notices.campaigns import audience as audiences
from notices.campaigns import page
from notices.campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignPhoto,
    CampaignPreview,
    Tag,
)
from notices.campaigns.status import CampaignStatus
from notices.signals import posted

KINDS = ("text", "image", "article", "template")
TEXT_BYTES = 2000
PHOTO_BYTES = 10 * 1024 * 1024
_NEEDED = {
    "text": ("text",),
    "image": ("photo_id",),
    "article": ("title", "body", "photo_id"),
    "template": ("title", "when", "summary", "link"),
}
_MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


def draft(
    session: Session,
    *,
    title: str,
    kind: str,
    content: Mapping[str, Any],
    audience: Mapping[str, Any],
    by: int,
    now: datetime,
    theme: str = "",
    occasion: str | None = None,
) -> Campaign:
    """A new campaign of the staff member ``by``.

    ``content`` per kind: text ``{text}``; image ``{photo_id}``; article ``{title, body
    (HTML), photo_id, author?, digest?, link?}``; template ``{title, when, summary, link}``.

    :raises Refusal: the title is missing, or the kind or the text is not allowed.
    """
    campaign = Campaign(
        title=title.strip(),
        theme=theme,
        occasion=occasion,
        kind=kind,
        content=dict(content),
        audience=audiences.read(dict(audience)).model_dump(mode="json"),
        drafted_by=by,
        drafted_at=now,
    )
    _check_shape(campaign)
    session.add(campaign)
    session.flush()
    mark(session, campaign, "drafted", by, now)
    return campaign


def edit(
    session: Session,
    campaign_id: int,
    *,
    by: int,
    now: datetime,
    title: str | None = None,
    theme: str | None = None,
    kind: str | None = None,
    content: Mapping[str, Any] | None = None,
    audience: Mapping[str, Any] | None = None,
) -> Campaign:
    """Change a draft; an approval given for an earlier version does not hold for this one."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.DRAFT:
        raise Refusal("campaign.not_editable")
    if title is not None:
        campaign.title = title.strip()
    if theme is not None:
        campaign.theme = theme
    if kind is not None:
        campaign.kind = kind
    if content is not None:
        campaign.content = dict(content)
        campaign.media_id = None
    if audience is not None:
        campaign.audience = audiences.read(dict(audience)).model_dump(mode="json")
        campaign.audience_count = None
    campaign.version += 1
    _check_shape(campaign)
    mark(session, campaign, "edited", by, now)
    return campaign


def count_audience(session: Session, audience: Mapping[str, Any]) -> int:
    """How many followers would receive it now."""
    return audiences.count(session, audiences.read(dict(audience)))


def add_photo(
    session: Session,
    campaign_id: int,
    *,
    name: str,
    content: bytes,
    by: int,
    now: datetime,
    caption: str = "",
) -> CampaignPhoto:
    """A picture for the message or for the report; checked by content, not by name."""
    if len(content) > PHOTO_BYTES:
        raise Refusal("campaign.photo_size")
    kinds = [kind for kind, magic in _MAGIC.items() if content.startswith(magic)]
    if not kinds:
        raise Refusal("campaign.photo_type")
    photo = CampaignPhoto(
        campaign_id=get(session, campaign_id).id,
        name=name[:80],
        caption=caption[:120],
        content_type=kinds[0],
        content=content,
        added_at=now,
        added_by=str(by),
    )
    session.add(photo)
    session.flush()
    return photo


def request_preview(
    session: Session, campaign_id: int, *, by: int, now: datetime
) -> CampaignPreview:
    """Send the campaign as it is now to the own WeChat of ``by``."""
    campaign = get(session, campaign_id)
    _check_complete(campaign)
    staff = session.get(StaffMember, by)
    if staff is None or not staff.openid:
        raise Refusal("campaign.no_own_wechat")
    preview = CampaignPreview(
        campaign_id=campaign.id,
        staff_id=by,
        version=campaign.version,
        requested_at=now,
        next_at=now,
    )
    session.add(preview)
    session.flush()
    mark(session, campaign, "previewed", by, now)
    posted(session)
    return preview


def submit(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Hand a complete draft to the second person, with its audience counted."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.DRAFT:
        raise Refusal("campaign.not_submittable")
    _check_complete(campaign)
    spec = audiences.read(campaign.audience)
    count = audiences.count(session, spec)
    if count == 0:
        raise Refusal("campaign.no_audience")
    if count < 2 and campaign.kind != "template":
        raise Refusal("campaign.too_few", count=count)
    campaign.audience_count = count
    campaign.submitted_at = now
    campaign.status = CampaignStatus.SUBMITTED
    mark(session, campaign, "submitted", by, now)
    return campaign


def approve(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Release it; never by the one who drafted it."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.SUBMITTED:
        raise Refusal("campaign.not_submitted")
    touched = session.scalars(
        select(CampaignEvent.by).where(
            CampaignEvent.campaign_id == campaign.id,
            CampaignEvent.what.in_(["drafted", "edited", "submitted"]),
        )
    ).all()
    if by == campaign.drafted_by or str(by) in touched:
        raise Refusal("campaign.own_draft")
    campaign.approved_by, campaign.approved_at = by, now
    campaign.approved_version = campaign.version
    campaign.status = CampaignStatus.APPROVED
    mark(session, campaign, "approved", by, now)
    return campaign


def give_back(
    session: Session, campaign_id: int, *, by: int, now: datetime, note: str = ""
) -> Campaign:
    """Return it to the drafter with a note; an approval that was given ends."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status not in {
        CampaignStatus.SUBMITTED,
        CampaignStatus.APPROVED,
        CampaignStatus.SCHEDULED,
    }:
        raise Refusal("campaign.not_submitted")
    campaign.status = CampaignStatus.DRAFT
    campaign.approved_by = campaign.approved_at = campaign.approved_version = None
    campaign.scheduled_at = None
    mark(session, campaign, "given_back", by, now, note)
    return campaign


def schedule(
    session: Session, campaign_id: int, *, by: int, now: datetime, at: datetime | None = None
) -> Campaign:
    """Send it at ``at``; now when it is None."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status not in {CampaignStatus.APPROVED, CampaignStatus.SCHEDULED}:
        raise Refusal("campaign.not_approved")
    if campaign.approved_version != campaign.version:
        raise Refusal("campaign.changed_since")
    if at is not None and at < now:
        raise Refusal("campaign.in_the_past")
    campaign.scheduled_at = at or now
    campaign.status = CampaignStatus.SCHEDULED
    mark(session, campaign, "scheduled", by, now)
    posted(session)
    return campaign


def listing(session: Session, limit: int = 100) -> list[Campaign]:
    return list(session.scalars(select(Campaign).order_by(Campaign.id.desc()).limit(limit)))


def history(session: Session, campaign_id: int) -> list[CampaignEvent]:
    query = select(CampaignEvent).where(CampaignEvent.campaign_id == campaign_id)
    return list(session.scalars(query.order_by(CampaignEvent.id)))


def tags(session: Session) -> list[str]:
    return list(session.scalars(select(Tag.name).order_by(Tag.name)))


def get(session: Session, campaign_id: int, *, lock: bool = False) -> Campaign:
    """:raises NotFoundError: there is no such campaign."""
    found = session.get(Campaign, campaign_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFoundError(f"no campaign {campaign_id}")
    return found


def _check_shape(campaign: Campaign) -> None:
    if not campaign.title or len(campaign.title) > 64:
        raise Refusal("campaign.title_missing")
    if campaign.kind not in KINDS:
        raise ValueError(f"{campaign.kind!r} is not one of {', '.join(KINDS)}")
    if len(str(campaign.content.get("text", "")).encode()) > TEXT_BYTES:
        raise Refusal("campaign.text_too_long")


def _check_complete(campaign: Campaign) -> None:
    missing = [name for name in _NEEDED[campaign.kind] if not campaign.content.get(name)]
    if page.page_of(campaign) is not None and "link" in missing:
        missing.remove("link")
    if missing:
        raise Refusal("campaign.content_missing", missing="、".join(missing))


def mark(
    session: Session,
    campaign: Campaign,
    what: str,
    by: int | None,
    now: datetime,
    note: str = "",
) -> None:
    """Keep who moved it and when; ``by`` None: it moved by itself."""
    session.add(
        CampaignEvent(
            campaign_id=campaign.id, what=what, at=now, by="" if by is None else str(by), note=note
        )
    )
    session.flush()
