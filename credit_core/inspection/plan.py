"""The list of inspection matters and the draw rates (国发〔2019〕5号), as data."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from credit_core.datafile import load
from credit_core.subjects.models import SubjectKind

GRADES = ("AAA", "AA", "A", "B", "C", "D")
"""From the least drawn to the most drawn."""
Grade = Literal["AAA", "AA", "A", "B", "C", "D"]
Share = Annotated[Decimal, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Matter(_Strict):
    """One matter of the list: general ones have a cap, key ones may be 100 %."""

    title: str
    class_: Literal["key", "general"] = Field(alias="class")
    cap: Share | None = None
    """Largest share of the objects of this matter in one draw."""
    basis: str = Field(min_length=1)
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    speciality: str = Field(min_length=1)
    ways: tuple[str, ...] = Field(min_length=1)
    everybody: bool = False
    """A key matter that looks at all objects, in random order of batches."""

    @model_validator(mode="after")
    def _capped(self) -> Self:
        if self.class_ == "general" and self.cap is None:
            raise ValueError("a general matter needs a cap")
        if self.class_ == "general" and self.everybody:
            raise ValueError("only a key matter may look at everybody")
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
    basis: str
    least_inspectors: int = Field(ge=2)
    result_working_days: int = Field(ge=1)
    matters: dict[str, Matter] = Field(min_length=1)

    @model_validator(mode="after")
    def _worse_is_drawn_more(self) -> Self:
        if set(self.rates) != set(GRADES):
            raise ValueError(f"give a rate for each of {', '.join(GRADES)}")
        ordered = [self.rates[grade] for grade in GRADES]
        if ordered != sorted(ordered) or ordered[0] >= ordered[-1]:
            raise ValueError("a better grade is drawn less often than a worse one")
        if self.rates["D"] != 1:
            raise ValueError("grade D is always drawn: its rate is 1")
        return self


@cache
def inspection_plan() -> Plan:
    """The plan of ``config/inspection/plan.yaml``."""
    return load(DATA / "inspection" / "plan.yaml", Plan)
