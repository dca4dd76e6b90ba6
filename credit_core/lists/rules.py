"""Rules of lists: seven fields each, and only from a basis that may create such a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import (
    Date,
    PartError,
    Truth,
    Whole,
    Words,
    first_twice,
    load,
    load_text,
)
from credit_core.lists.models import ListKind
from credit_core.subjects.models import SubjectKind
from credit_core.versions.models import TopicKey
from credit_core.versions.store import NAME, Approved, approved, holding

STATUTORY = ("法律", "行政法规", "国务院文件", "党中央文件")
"""Only these may create a severe list (国办发〔2020〕49号)."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Basis(_Shape):
    id: Words
    name: Words
    level: Literal[
        "法律", "行政法规", "国务院文件", "党中央文件", "部门规章", "地方法规", "地方文件"
    ]
    confirmed: Truth


class ListRule(_Shape):
    """One kind of entry. The seven fields are basis, standard, scope, use, period, repair and
    revocation; a rule without one of them is not loaded."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    list: ListKind
    title: Words
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    basis: tuple[Words, ...] = Field(min_length=1)
    standard: Words
    scope: Words
    use: Words
    period_months: Whole = Field(ge=1, le=120)
    early_exit_months: Whole | None = Field(default=None, ge=0)
    """Months on the list before an early exit may be asked for; ``None``: none before the end."""
    report_exit_within: Whole = Field(default=3, ge=1)
    """Working days in which an exit is reported to the credit office."""
    repair: Words
    revocation: Words
    effective_from: Date
    effective_to: Date | None = None
    confirmed: Truth

    @model_validator(mode="after")
    def _in_order(self) -> ListRule:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        if self.early_exit_months is not None and self.early_exit_months > self.period_months:
            raise PartError(("early_exit_months",), text("lists", "faults.exit_after_end"))
        return self

    def holds_on(self, day: date) -> bool:
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )


class ListRules(_Shape):
    bases: tuple[Basis, ...] = ()
    rules: tuple[ListRule, ...]

    @model_validator(mode="after")
    def _bases_are_known_and_high_enough(self, info: ValidationInfo) -> ListRules:
        known = _handed_down(info) | {basis.id: basis for basis in self.bases}
        for number, rule in enumerate(self.rules):
            for position, basis in enumerate(rule.basis):
                place = ("rules", number, "basis", position)
                if basis not in known:
                    raise PartError(place, text("lists", "faults.no_basis", basis=basis))
                if rule.list is ListKind.SEVERE and known[basis].level not in STATUTORY:
                    raise PartError(place, text("lists", "faults.too_low", basis=basis))
        for part, rows in (("bases", self.bases), ("rules", self.rules)):
            twice = first_twice([row.id for row in rows])
            if twice is not None:
                said = text("datafile", "value.twice", value=rows[twice].id)
                raise PartError((part, twice, "id"), said)
        return self


def _handed_down(info: ValidationInfo) -> dict[str, Basis]:
    """The bases that hold already, when a text of one rule is read."""
    return dict(info.context) if isinstance(info.context, dict) else {}


class ListBook:
    """Rules by id and day; of several rows with one id the one that began last holds."""

    def __init__(self, texts: Iterable[ListRules]) -> None:
        """:param texts: versions of staff after the file that they stand in front of."""
        self.bases: dict[str, Basis] = {}
        self._rows: dict[str, list[ListRule]] = {}
        for one in texts:
            self.bases |= {basis.id: basis for basis in one.bases}
            for rule in one.rules:
                self._rows.setdefault(rule.id, []).append(rule)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._rows

    def on(self, rule_id: str, day: date) -> ListRule | None:
        """The rule that holds on a day, if any."""
        return holding(self._rows.get(rule_id, ()), day)

    def of_entry(self, rule_id: str, decided_on: date) -> ListRule | None:
        """The rule that an entry was made by: a later version changes nothing about it."""
        rows = self._rows.get(rule_id)
        return (holding(rows, decided_on) or rows[0]) if rows else None

    def in_force(self, day: date) -> list[ListRule]:
        found = (holding(rows, day) for rows in self._rows.values())
        return [rule for rule in found if rule is not None]

    def all(self) -> list[ListRule]:
        return [rule for rows in self._rows.values() for rule in rows]

    def name_of_basis(self, basis_id: str) -> str:
        basis = self.bases.get(basis_id)
        return basis.name if basis is not None else basis_id


@cache
def list_rules() -> ListRules:
    """The rules of ``config/lists/rules.yaml``."""
    return load(DATA / "lists" / "rules.yaml", ListRules)


def list_book(session: Session) -> ListBook:
    """The rules in use: the file, with approved versions of staff in front of it."""
    return _book(approved(session, TopicKey.LISTS))


@lru_cache(maxsize=8)
def _book(versions: tuple[Approved, ...]) -> ListBook:
    book = ListBook((list_rules(),))
    texts = [list_rules()]
    for one in versions:
        texts.append(load_text(one.content, ListRules, name=NAME, context=book.bases))
        book = ListBook(texts)
    return book
