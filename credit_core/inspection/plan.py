"""The list of inspection matters and the draw rates (国发〔2019〕5号), as data."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import PartError, Truth, Whole, Words, load
from credit_core.subjects.models import SubjectKind

GRADES = ("AAA", "AA", "A", "B", "C", "D")
"""From the least drawn to the most drawn."""
Grade = Literal["AAA", "AA", "A", "B", "C", "D"]
Share = Annotated[Decimal, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Matter(_Strict):
    """One matter of the list: general ones have a cap, key ones may be 100 %."""

    title: Words
    class_: Literal["key", "general"] = Field(alias="class")
    cap: Share | None = None
    """Largest share of the objects of this matter in one draw."""
    basis: Words
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    speciality: Words
    ways: tuple[Words, ...] = Field(min_length=1)
    everybody: Truth = False
    """A key matter that looks at all objects, in random order of batches."""

    @model_validator(mode="after")
    def _capped(self) -> Self:
        if self.class_ == "general" and self.cap is None:
            raise PartError(("cap",), text("inspection", "faults.cap"))
        if self.class_ == "general" and self.everybody:
            raise PartError(("everybody",), text("inspection", "faults.everybody"))
        return self


class ListRules(_Strict):
    severe: Grade
    focus: Grade
    honour: Literal["better", "same"]


class Plan(_Strict):
    """Rates by grade and the matters."""

    rates: dict[str, Share]
    unrated: Grade
    lists: ListRules
    basis: Words
    least_inspectors: Whole = Field(ge=2)
    result_working_days: Whole = Field(ge=1)
    matters: dict[str, Matter] = Field(min_length=1)

    @model_validator(mode="after")
    def _worse_is_drawn_more(self) -> Self:
        if set(self.rates) != set(GRADES):
            said = text("inspection", "faults.grades", grades="、".join(GRADES))
            raise PartError(("rates",), said)
        ordered = [self.rates[grade] for grade in GRADES]
        for better, grade in pairwise(GRADES):
            if self.rates[better] > self.rates[grade]:
                said = text("inspection", "faults.order", better=better, worse=grade)
                raise PartError(("rates", grade), said)
        if ordered[0] == ordered[-1]:
            raise PartError(("rates",), text("inspection", "faults.all_alike"))
        if self.rates["D"] != 1:
            raise PartError(("rates", "D"), text("inspection", "faults.lowest"))
        return self


@cache
def inspection_plan() -> Plan:
    """The plan of ``config/inspection/plan.yaml``."""
    return load(DATA / "inspection" / "plan.yaml", Plan)
