"""How pages show things: dates in Shanghai, Chinese labels, masks, addresses of own files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import jinja2

from config.texts import TextError, text, topic
from credit_core.clock import SHANGHAI
from credit_core.errors import Refusal
from credit_core.masking import mask_free_text, mask_identity, mask_name, mask_phone
from credit_core.subjects.models import Subject, SubjectKind
from handlers.staff.page import BASE
from handlers.static import content_hash, vendor_url
from notices import words as notice_words

HERE = Path(__file__).parent
STATIC = HERE / "static"
_TOPIC = "staff"
PEOPLE = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)


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
        shown_name=shown_name,
        why=why,
        shown_identifier=shown_identifier,
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
    """Who took a step: the login of a colleague, or the applicant or the clock in words."""
    return labels("actor").get(actor or "", actor or "—")


def shown_name(subject: Subject) -> str:
    """Organisations are open; of people only the family name."""
    return mask_name(subject.name) if subject.kind in PEOPLE else subject.name


def shown_identifier(subject: Subject) -> str:
    """As :func:`shown_name`, for the number."""
    return mask_identity(subject.identifier) if subject.kind in PEOPLE else subject.identifier


def why(key: str | None) -> str:
    """The reason of a notice's status, from the texts of the notices."""
    if not key:
        return ""
    found = notice_words.find(f"why.{key}")
    return found if isinstance(found, str) else labels("task_why").get(key, key)


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
    area, _, rest = refusal.code.partition(".")
    for place, key in (
        (_TOPIC, f"refusals.{refusal.code}"),
        (area, f"refusals.{rest}"),
        (f"{area}s", f"refusals.{rest}"),
        (f"{area}s", f"refusals.{refusal.code}"),
        ("import", refusal.code),
        ("scoring", refusal.code),
        ("identifiers", refusal.code),
    ):
        try:
            return text(place, key, **refusal.fields)
        except TextError:
            continue
    return text(_TOPIC, "refusals.other")


def own_url(name: str) -> str:
    return f"{BASE}/static/{name}?v={content_hash(STATIC / name)}"
