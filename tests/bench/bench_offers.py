"""How long the offers of one subject take, and a draw over a large library."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import bot.schema  # noqa: F401  Registers every table.
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database
from credit_core.inspection.draw import DrawnInspector, DrawnObject, MatterTerms, Snapshot, draw
from credit_core.inspection.plan import GRADES, inspection_plan
from credit_core.offers.book import offer_book
from credit_core.offers.claims import claim
from credit_core.offers.engine import evaluate_book
from credit_core.offers.facts import typed
from credit_core.offers.redeeming import redeem
from credit_core.offers.service import evaluate_offers
from credit_core.reports.service import issue_report
from credit_core.subjects.models import Subject
from credit_core.subjects.service import register_subject

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def run() -> list[dict[str, Any]]:
    """Rows of ``name``, ``value`` and ``unit``."""
    install_keyring(Keyring("bench-only-0123456789-abcdefghijklmnopqrstuvwxyz"))
    facts = typed({"grade": "AA", "score": "1035", "age": "39", "zhima_score": "600"})
    book = offer_book()
    rows = [
        _row(
            "offers of one subject, computing",
            lambda: evaluate_book(book, "resident", TODAY, facts, floors={"AAA": 1050}),
            200,
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        Base.metadata.create_all(database.engine)
        with database.begin() as session:
            people = [_person(session, number).id for number in range(60)]
        rows += _with_database(database, people)
        database.dispose()
    rows.append(_big_draw())
    return rows


def _with_database(database: Database, people: list[int]) -> list[dict[str, Any]]:
    waiting = iter(people)
    codes: list[str] = []

    def offers() -> None:
        with database.read() as session:
            evaluate_offers(session, session.get_one(Subject, people[0]), TODAY)

    def claiming() -> None:
        with database.begin() as session:
            subject = session.get_one(Subject, next(waiting))
            coupon = claim(
                session, subject, "drug-discount", follower_id=None, on=TODAY, now=NOW,
                facts=typed({"grade": "AAA"}),
            )  # fmt: skip
            codes.append(coupon.code)

    def redeeming() -> None:
        from decimal import Decimal

        with database.begin() as session:
            redeem(session, codes.pop(), merchant="店", now=NOW, amount=Decimal(100))

    def reporting() -> None:
        with database.begin() as session:
            subject = session.get_one(Subject, people[0])
            issue_report(session, subject, on=TODAY, now=NOW, purpose="测量")

    return [
        _row("offers of one subject, with its reads (SQLite)", offers, 100),
        _row("claim a code (SQLite)", claiming, 50),
        _row("redeem a code (SQLite)", redeeming, 50),
        _row("issue a report (SQLite)", reporting, 50),
    ]


def _person(session: Any, number: int) -> Subject:
    body = f"37100219800101{number:03d}"
    total = sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True))
    return register_subject(
        session, "resident", body + "10X98765432"[total % 11], "测试", on=date(2020, 1, 1)
    )


def _big_draw() -> dict[str, Any]:
    from fractions import Fraction

    plan = inspection_plan()
    sizes = dict(zip(GRADES, (20_000, 20_000, 40_000, 15_000, 4_000, 1_000), strict=True))
    grades = [grade for grade, size in sizes.items() for _ in range(size)]
    snapshot = Snapshot(
        tuple(DrawnObject(n, grade, "institution") for n, grade in enumerate(grades)),
        tuple(DrawnInspector(n, ("基金监管",)) for n in range(100)),
        (MatterTerms("one", ("institution",), "基金监管", Fraction("0.1"), False),),
        {grade: Fraction(rate) for grade, rate in plan.rates.items()},
        2,
    )
    started = time.perf_counter()
    draw("bench", snapshot)
    seconds = time.perf_counter() - started
    return {"name": "draw from 100,000 objects", "value": round(seconds, 2), "unit": "s"}


def _row(name: str, work: Callable[[], object], times: int) -> dict[str, Any]:
    """The median of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return {"name": name, "value": round(statistics.median(taken), 3), "unit": "ms"}


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']}: {row['value']} {row['unit']}")
