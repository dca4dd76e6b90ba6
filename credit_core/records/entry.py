"""A reported fact made into the columns of a record: every check that needs no database.

Used for one record typed by staff and for a million imported ones alike.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from credit_core.crypto import blind_index
from credit_core.errors import Refusal
from credit_core.records.models import Severity
from credit_core.rules.book import RuleBook
from credit_core.rules.choice import choose, effect_end

SEVERITIES = frozenset(str(severity) for severity in Severity)
EARLIEST = date(1990, 1, 1)
"""Nothing about medical-insurance credit was decided before."""
_LIMITS = {"document_no": 120, "source_unit": 120, "basis": 240}


@dataclass(frozen=True, slots=True)
class Reported:
    """What a source says about a subject, typed but not yet judged."""

    item: str
    occurred_on: date
    decided_on: date
    document_no: str
    source_unit: str
    basis: str = ""
    severity: str | None = None
    points: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A judged record: the columns that the rules give it."""

    item: str
    level: str
    severity: str | None
    points: int | None
    effective_from: date
    effective_to: date | None
    negative: bool


@lru_cache(maxsize=1_000)
def plain_item(code: str) -> str:
    """An item code in one spelling.

    >>> plain_item(" ｐ＋1 "), plain_item("P−1")
    ('P+1', 'P-1')
    """
    plain = "".join(unicodedata.normalize("NFKC", code).split()).upper()
    return plain.translate(_DASHES)


_DASHES = str.maketrans("‐‑‒–—−﹣", "-------")


def enter(
    book: RuleBook, kind: str, reported: Reported, *, today: date, born: date | None = None
) -> Entered:
    """Judge a reported fact by the rules of its day of decision.

    :raises Refusal: ``record.*`` of ``config/texts/import.yaml``.
    """
    _check_words(reported)
    _check_days(reported, today, born)
    code = plain_item(reported.item)
    entry = book.for_decision(kind, reported.decided_on)
    item = entry.compiled.items.get(code)
    if item is None:
        raise Refusal("record.item", item=reported.item.strip())
    choice = choose(
        item, severity=reported.severity, points=reported.points, detail=reported.detail
    )
    return Entered(
        item=code,
        level=choice.variant.level,
        severity=reported.severity or choice.severity,
        points=choice.points,
        effective_from=reported.decided_on,
        effective_to=effect_end(entry.rules, item, choice.variant, reported.decided_on),
        negative=choice.severity is not None,
    )


def _check_words(reported: Reported) -> None:
    for name in ("item", "document_no", "source_unit"):
        if not getattr(reported, name).strip():
            raise Refusal("record.missing", field=name)
    for name, most in _LIMITS.items():
        if len(getattr(reported, name)) > most:
            raise Refusal("record.too_long", field=name, most=most)
    if reported.severity is not None and reported.severity not in SEVERITIES:
        raise Refusal("record.severity", severity=reported.severity)


def _check_days(reported: Reported, today: date, born: date | None) -> None:
    if reported.occurred_on > today or reported.decided_on > today:
        raise Refusal("record.future")
    if reported.decided_on < reported.occurred_on:
        raise Refusal("record.decided_first")
    if reported.occurred_on < EARLIEST:
        raise Refusal("record.too_old", earliest=EARLIEST)
    if born is not None and reported.occurred_on < born:
        raise Refusal("record.before_birth")


def fingerprint(
    kind: str, identifier: str, reported: Reported, *, item: str | None = None
) -> bytes:
    """Keyed digest of the fact itself; spelling of name, unit and detail do not matter."""
    parts = (
        kind,
        identifier,
        item or plain_item(reported.item),
        reported.occurred_on.isoformat(),
        reported.decided_on.isoformat(),
        " ".join(reported.document_no.split()),
        reported.severity or "",
        "" if reported.points is None else str(reported.points),
    )
    return blind_index("record.fingerprint", "\x1f".join(parts))
