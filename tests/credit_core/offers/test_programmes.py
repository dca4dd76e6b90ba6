"""Every programme at its boundaries; the tables in ``programmes/`` are for lawyers to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from credit_core.offers.book import offer_book
from credit_core.offers.engine import evaluate_book
from credit_core.subjects.identifiers import age_on
from credit_core.subjects.models import SubjectKind

TABLES = Path(__file__).parent / "programmes"
DAY = date(2026, 11, 23)
FLOORS = {"AAA": 1050, "AA": 1030, "A": 960, "B": 850, "C": 600, "D": 0}


@dataclass(frozen=True)
class Case:
    offer: str
    number: int
    row: dict

    def __str__(self) -> str:
        return f"{self.offer}-{self.number}"


def cases():
    for path in sorted(TABLES.glob("*.yaml")):
        for programme in yaml.safe_load(path.read_text(encoding="utf-8")):
            for number, row in enumerate(programme["cases"], 1):
                yield Case(programme["offer"], number, row)


ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=str)
def test_programme(case):
    row, book = case.row, offer_book()
    on = row.get("day", DAY)
    facts = book.catalogue.parse({name: str(value) for name, value in row["facts"].items()})
    if "born" in row:
        facts["age"] = Decimal(age_on(row["born"], on))
    states = evaluate_book(
        book, SubjectKind(row.get("kind", "resident")), on, facts, floors=FLOORS, every_kind=True
    )
    state = next((one for one in states if one.offer.id == case.offer), None)
    if row["open"] == "absent":
        assert state is None
        return
    assert state is not None
    assert state.open is row["open"], state.why
    assert state.why
    assert row.get("because", "") in state.why
    assert row.get("missing", "") in state.missing_text
    if "value" in row:
        assert state.value == row["value"]
    assert state.open is False or state.missing == ()


def test_every_offer_stands_in_a_table_both_open_and_closed():
    opened = {case.offer for case in ALL if case.row["open"] is True}
    closed = {case.offer for case in ALL if case.row["open"] is False}
    offers = {offer.id for offer in offer_book().all()}
    assert offers - opened == set()
    assert offers - closed == set()
    assert (opened | closed) - offers == set()


PROGRAMMES = {"W11", "W12", "W14", "W22", "X18", "X98"} | {
    f"X{number}" for number in (*range(20, 25), *range(31, 38), *range(40, 50))
}


def test_every_programme_of_the_source_documents_is_a_row():
    assert PROGRAMMES - {offer.source for offer in offer_book().all()} == set()


def test_a_figure_of_ours_says_so():
    for offer in offer_book().all():
        assert (
            offer.confirmed == "source" or "系统默认值" in offer.note or "由各省规定" in offer.note
        )
