"""A campaign for the report to 信用中国: its text, its numbers and its pictures in one archive."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.clock import SHANGHAI
from notices.campaigns import service
from notices.campaigns.models import Campaign, CampaignPhoto
from notices.campaigns.numbers import result

_SUFFIX = {"image/jpeg": "jpg", "image/png": "png"}


def archive(session: Session, campaign_id: int, *, now: datetime) -> bytes:
    """A ZIP file: the report as UTF-8 text, the message as it was sent, the pictures.

    It names no recipient.
    """
    campaign = service.get(session, campaign_id)
    photos = session.scalars(
        select(CampaignPhoto)
        .where(CampaignPhoto.campaign_id == campaign_id)
        .order_by(CampaignPhoto.id)
    ).all()
    names = [f"{place:02d}.{_SUFFIX[one.content_type]}" for place, one in enumerate(photos, 1)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archived:
        report = _report(session, campaign, list(photos), names, now)
        archived.writestr("report.txt", report.encode("utf-8"))
        archived.writestr(*_message(campaign))
        for name, photo in zip(names, photos, strict=True):
            archived.writestr(f"photos/{name}", photo.content)
    return packed.getvalue()


def _report(
    session: Session,
    campaign: Campaign,
    photos: list[CampaignPhoto],
    names: list[str],
    now: datetime,
) -> str:
    numbers = result(session, campaign.id, now=now)
    rows: list[tuple[str, object]] = [
        ("theme", campaign.theme),
        ("kind", text("campaigns", f"export.kinds.{campaign.kind}")),
        ("started", _moment(campaign.started_at)),
        ("finished", _moment(campaign.finished_at)),
        ("recipients", numbers.recipients),
        ("sent", numbers.sent),
        ("failed", numbers.errors),
        *numbers.reactions.items(),
    ]
    lines = [text("campaigns", "export.title", title=campaign.title), ""]
    lines += [f"{text('campaigns', f'export.{name}')}:{value}" for name, value in rows]
    if photos:
        lines += ["", text("campaigns", "export.photos")]
        lines += [
            f"{name} {photo.caption}".strip() for name, photo in zip(names, photos, strict=True)
        ]
    return "\n".join(lines) + "\n"


def _message(campaign: Campaign) -> tuple[str, bytes]:
    content = campaign.content
    if campaign.kind == "article":
        return "message.html", str(content.get("body", "")).encode()
    parts = (content.get(name) for name in ("text", "title", "when", "summary", "link"))
    return "message.txt", ("\n".join(str(part) for part in parts if part) + "\n").encode()


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if value else "-"
