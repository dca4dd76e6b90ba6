"""Tables of points with a cap per indicator, and places given by rank.

Who has more points stands first; of two with the same points the earlier application does.
A person sees how many points are lacking to the last place: 还差几分.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import PartError, Whole, Words, load
from credit_core.datafile import Place as Part
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.offers.catalogue import FactCatalogue, fact_catalogue
from credit_core.offers.models import RankedApplication


class Indicator(BaseModel):
    """One line of a table: so many points each, or by option; limited by ``at_most``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    fact: str | None = None
    """The fact of ``facts.yaml`` that this line counts."""
    unit: str = ""
    each: Whole | None = None
    table: Annotated[dict[str, Whole], Field(min_length=1)] | None = None
    at_most: Whole = Field(ge=1)
    """Limit of the line, as an absolute value: a deduction of 10 each with 40 ends at −40."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.each is None) == (self.table is None):
            raise ValueError(_says("each_or_table"))
        if self.each == 0:
            raise PartError(("each",), _says("each_zero"))
        for option, points in (self.table or {}).items():
            if abs(points) > self.at_most:
                raise PartError(("table", option), _says("above_cap", most=self.at_most))
        return self

    def points(self, value: str) -> int:
        """:raises Refusal: ``offers.indicator_value``."""
        if self.table is not None:
            if value not in self.table:
                raise Refusal(
                    "offers.indicator_value", title=self.title, options="、".join(self.table)
                )
            return self.table[value]
        count = _count(value, self)
        worth = int((count * (self.each or 0)).to_integral_value(ROUND_FLOOR))
        return max(-self.at_most, min(self.at_most, worth))


def _count(value: str, indicator: Indicator) -> Decimal:
    try:
        count = Decimal(value)
    except ArithmeticError:
        count = Decimal("NaN")
    if not count.is_finite() or not 0 <= count <= 10**6:
        raise Refusal("offers.indicator_value", title=indicator.title, options=indicator.unit)
    return count.to_integral_value(ROUND_FLOOR)


class PointTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    source: Words
    gives: str
    """The fact that the sum becomes."""
    cutoff: str
    """The fact that the points of the last place become."""
    places: Whole | None = Field(default=None, ge=1)
    indicators: dict[str, Indicator] = Field(min_length=1)


class PointFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[str, PointTable] = Field(min_length=1)

    @model_validator(mode="after")
    def _facts_are_known(self, info: ValidationInfo) -> Self:
        facts = info.context if isinstance(info.context, FactCatalogue) else fact_catalogue()
        for name, table in self.tables.items():
            named: list[tuple[Part, str | None]] = [
                (("gives",), table.gives),
                (("cutoff",), table.cutoff),
                *((("indicators", key, "fact"), one.fact) for key, one in table.indicators.items()),
            ]
            for place, fact in named:
                if fact is not None and fact not in facts:
                    raise PartError(("tables", name, *place), _says("unknown", name=fact))
        return self


def _says(fault: str, /, **fields: object) -> str:
    return text("offers", f"faults.{fault}", **fields)


@cache
def point_tables() -> dict[str, PointTable]:
    """The tables of ``config/offers/points.yaml``."""
    return load(DATA / "offers" / "points.yaml", PointFile).tables


@dataclass(frozen=True, slots=True)
class PointLine:
    indicator: str
    title: str
    value: str
    points: int


@dataclass(frozen=True, slots=True)
class PointSheet:
    """Lines that sum to the points."""

    lines: tuple[PointLine, ...]

    @property
    def total(self) -> int:
        return sum(line.points for line in self.lines)


def count_points(table: PointTable, values: Mapping[str, str]) -> PointSheet:
    """The sheet of one applicant; indicators that are not given count 0.

    :param values: indicator → number of units, or option, as written.
    :raises Refusal: ``offers.indicator_unknown`` or ``offers.indicator_value``.
    """
    unknown = [name for name in values if name not in table.indicators]
    if unknown:
        raise Refusal("offers.indicator_unknown", indicator=unknown[0])
    return PointSheet(
        tuple(
            PointLine(name, indicator.title, values[name], indicator.points(values[name]))
            for name, indicator in table.indicators.items()
            if name in values
        )
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where one application stands.

    :ivar rank: from 1.
    :ivar gap: points lacking to be admitted; 0 when admitted. Whoever lost a tie lacks 1.
    """

    application: RankedApplication
    rank: int
    admitted: bool
    gap: int


def allocate(applications: Sequence[RankedApplication], places: int) -> list[Place]:
    """Rank by points, ties by earlier application, and admit as many as there are places."""
    ranked = sorted(applications, key=lambda one: (-one.points, one.applied_at, one.id))
    admitted = ranked[:places]
    cut = admitted[-1].points if admitted else None
    return [
        Place(one, rank, rank <= places, _gap(one.points, cut, admitted=rank <= places))
        for rank, one in enumerate(ranked, 1)
    ]


def _gap(points: int, cut: int | None, *, admitted: bool) -> int:
    if admitted or cut is None:
        return 0
    return cut - points if points < cut else 1


def apply_ranked(
    session: Session,
    subject_id: int,
    table: str,
    round_: str,
    values: Mapping[str, str],
    *,
    now: datetime,
) -> RankedApplication:
    """Enter a round; the sheet is kept as it was counted.

    :raises Refusal: ``offers.no_such_offer``, ``offers.applied_already`` or as
        :func:`count_points`.
    """
    if table not in point_tables():
        raise Refusal("offers.no_such_offer")
    sheet = count_points(point_tables()[table], values)
    row = RankedApplication(
        id=new_id(),
        table=table,
        round=round_,
        subject_id=subject_id,
        points=sheet.total,
        lines=[
            {"indicator": line.indicator, "value": line.value, "points": line.points}
            for line in sheet.lines
        ],
        applied_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refusal("offers.applied_already", round=round_) from None
    return row


def ranking(session: Session, table: str, round_: str, places: Whole | None = None) -> list[Place]:
    """The round as it stands; without ``places`` those of the table."""
    rows = session.scalars(
        select(RankedApplication).where(
            RankedApplication.table == table, RankedApplication.round == round_
        )
    ).all()
    limit = places if places is not None else point_tables()[table].places
    return allocate(rows, len(rows) if limit is None else limit)


def standing(session: Session, subject_id: int) -> dict[str, tuple[int, int]]:
    """Where a subject stands in its newest round of each table: table → (points, needed).

    ``needed`` is what would have been enough: the points of the last place, one more for who
    lost a tie, and the own points for who was admitted.
    """
    own = session.scalars(
        select(RankedApplication)
        .where(RankedApplication.subject_id == subject_id)
        .order_by(RankedApplication.applied_at, RankedApplication.id)
    ).all()
    newest = {one.table: one for one in own if one.table in point_tables()}
    found = {}
    for table, one in newest.items():
        place = next(
            place
            for place in ranking(session, table, one.round)
            if place.application.subject_id == subject_id
        )
        found[table] = (one.points, one.points + place.gap)
    return found
