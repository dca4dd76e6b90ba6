"""Rules of lists: seven fields each, and only from a basis that may create such a list."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from credit_core.datafile import load
from credit_core.lists.models import ListKind
from credit_core.subjects.models import SubjectKind

STATUTORY = ("法律", "行政法规", "国务院文件", "党中央文件")
"""Only these may create a severe list (国办发〔2020〕49号)."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Basis(_Shape):
    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    level: Literal[
        "法律", "行政法规", "国务院文件", "党中央文件", "部门规章", "地方法规", "地方文件"
    ]
    confirmed: bool


class ListRule(_Shape):
    """One kind of entry. The seven fields are basis, standard, scope, use, period, repair and
    revocation; a rule without one of them is not loaded."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    list: ListKind
    title: str = Field(min_length=1)
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    basis: tuple[str, ...] = Field(min_length=1)
    standard: str = Field(min_length=1)
    scope: str = Field(min_length=1)
    use: str = Field(min_length=1)
    period_months: int = Field(ge=1, le=120)
    early_exit_months: int | None = Field(default=None, ge=0)
    """Months on the list before an early exit may be asked for; ``None``: none before the end."""
    report_exit_within: int = Field(default=3, ge=1)
    """Working days in which an exit is reported to the credit office."""
    repair: str = Field(min_length=1)
    revocation: str = Field(min_length=1)
    effective_from: date
    effective_to: date | None = None
    confirmed: bool

    def holds_on(self, day: date) -> bool:
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )


class ListRules(_Shape):
    bases: tuple[Basis, ...]
    rules: tuple[ListRule, ...]

    @model_validator(mode="after")
    def _bases_are_known_and_high_enough(self) -> ListRules:
        known = {basis.id: basis for basis in self.bases}
        for rule in self.rules:
            for basis in rule.basis:
                if basis not in known:
                    raise ValueError(f"rule {rule.id!r}: the basis {basis!r} is not known")
                if rule.list is ListKind.SEVERE and known[basis].level not in STATUTORY:
                    raise ValueError(
                        f"rule {rule.id!r}: {basis!r} may not create a severe list; it needs a "
                        "law, a regulation or a central document"
                    )
        names = [rule.id for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rule {twice[0]!r} stands twice")
        return self

    def rule(self, rule_id: str) -> ListRule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def name_of_basis(self, basis_id: str) -> str:
        return next((basis.name for basis in self.bases if basis.id == basis_id), basis_id)


@cache
def list_rules() -> ListRules:
    return load(DATA / "lists" / "rules.yaml", ListRules)
