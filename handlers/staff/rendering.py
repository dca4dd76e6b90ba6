"""How pages show things: dates in Shanghai, Chinese labels, masks, addresses of own files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import jinja2

from config.texts import TextError, text, topic
from credit_core.clock import SHANGHAI
from credit_core.errors import Refusal
from credit_core.masking import mask_free_text, mask_identity, mask_name, mask_phone
from handlers.staff.page import BASE
from handlers.static import content_hash, vendor_url

HERE = Path(__file__).parent
STATIC = HERE / "static"
_TOPIC = "staff"


def tune(environment: jinja2.Environment) -> None:
    """Filters and globals of the console's templates."""
    environment.undefined = jinja2.StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(
        moment=moment,
        day=day,
        label=label,
        mask_name=mask_name,
        mask_identity=mask_identity,
        mask_phone=mask_phone,
        mask_text=mask_free_text,
        signed=signed,
        member=member,
    )
    environment.globals.update(
        url=lambda path: BASE + path,
        own=own_url,
        vendor=vendor_url,
        words=lambda key, **fields: text(_TOPIC, key, **fields),
        labels=labels,
    )


def moment(value: datetime | None, empty: str = "—") -> str:
    """``2026-11-23 10:00`` in Shanghai."""
    return empty if value is None else value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day(value: date | datetime | None, empty: str = "—") -> str:
    if value is None:
        return empty
    return moment(value)[:10] if isinstance(value, datetime) else value.isoformat()


def signed(points: int) -> str:
    return f"+{points}" if points > 0 else str(points)


def member(actor: str | None) -> str:
    """The login of a staff member whom a row names as ``staff:<login>``."""
    return (actor or "—").removeprefix("staff:")


def labels(group: str) -> dict[str, str]:
    """All Chinese words of one group of values, in the order of the file."""
    found = topic(_TOPIC)["labels"].get(group, {})
    return {str(key): str(value) for key, value in found.items()}


def label(value: object, group: str) -> str:
    """The Chinese word of a stored value; an unknown one is shown as it is."""
    if value is None or value == "":
        return "—"
    return labels(group).get(str(value), str(value))


def refusal_text(refusal: Refusal) -> str:
    """The kind sentence of a refusal."""
    try:
        return text(_TOPIC, f"refusals.{refusal.code}", **refusal.fields)
    except TextError:
        return text(_TOPIC, "refusals.other")


def own_url(name: str) -> str:
    return f"{BASE}/static/{name}?v={content_hash(STATIC / name)}"
