"""One row of a file, judged in itself: everything that needs no database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from credit_core.days import read_day
from credit_core.errors import Refusal
from credit_core.records.columns import column_names, kind_named
from credit_core.records.entry import Entered, Reported, enter, fingerprint
from credit_core.records.sheets import Row
from credit_core.rules.book import RuleBook
from credit_core.subjects.identifiers import birth_date, check_identifier
from credit_core.subjects.models import SubjectKind
from credit_core.subjects.service import identifier_index, name_index


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a row is about: made plain, checked, and as the register finds it."""

    kind: str
    identifier: str
    index: bytes
    name: str
    name_index: bytes
    born: date | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that is right in itself; the register has not been asked yet."""

    row: Row
    who: Who
    reported: Reported
    entered: Entered
    fingerprint: bytes


def judge(book: RuleBook, today: date, row: Row) -> Judged:
    """Judge one row by the rules of its day of decision.

    :raises Refusal: why it stays out.
    """
    if row.fault is not None:
        # Another one: an exception that is raised holds its frames, and those hold the row.
        raise Refusal(row.fault.code, **row.fault.fields)
    values = row.values
    for name in column_names()["required"]:
        if not values[name]:
            raise Refusal("record.missing", field=name)
    kind = kind_named(values["kind"])
    if kind is None:
        raise Refusal("row.kind", kind=values["kind"])
    who = _who(kind, values["identifier"], values["name"])
    reported = Reported(
        item=values["item"],
        occurred_on=_day("occurred_on", values["occurred_on"]),
        decided_on=_day("decided_on", values["decided_on"]),
        document_no=values["document_no"],
        source_unit=values["source_unit"],
        basis=values["basis"],
        severity=values["severity"] or None,
        points=_points(values["points"]),
        detail=values["detail"],
    )
    entered = enter(book, kind, reported, today=today, born=who.born)
    key = fingerprint(kind, who.identifier, reported, item=entered.item)
    return Judged(row, who, reported, entered, key)


@lru_cache(maxsize=50_000)
def _who(kind: str, identifier: str, name: str) -> Who:
    value = check_identifier(kind, identifier).value
    born = birth_date(value) if kind == SubjectKind.RESIDENT else None
    return Who(kind, value, identifier_index(kind, value), name, name_index(name), born)


def _day(name: str, value: str) -> date:
    """A day in one of the usual spellings; one that does not exist is refused."""
    day = read_day(value)
    if day is None:
        raise Refusal("row.date", field=name, value=value)
    return day


def _points(value: str) -> int | None:
    if not value:
        return None
    if re.fullmatch(r"[+-]?\d{1,4}(?:\.0+)?", value.replace("−", "-")) and value.isascii():
        return int(float(value))
    raise Refusal("row.points", value=value)
