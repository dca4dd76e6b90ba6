"""Tables of records for tests, and importing them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from sqlalchemy import func, select

from credit_core.database import Database
from credit_core.records.columns import standard_columns
from credit_core.records.importing import import_records
from credit_core.records.models import Record
from credit_core.records.run import Imported
from credit_core.records.sheets import Row
from credit_core.seeding.service import identifier_of, name_of
from tests.credit_core.scoring.people import AT

COLUMNS = list(standard_columns())


def row(number: int = 0, kind: str = "resident", **other: object) -> dict[str, str]:
    """A good row; ``other`` replaces columns."""
    values = {
        "kind": kind,
        "identifier": identifier_of(kind, number, 3),
        "name": name_of(kind, number, 3),
        "item": "P-2",
        "occurred_on": "2026-05-20",
        "decided_on": "2026-06-01",
        "document_no": f"试医保决〔2026〕{number}号",
        "source_unit": "市医疗保障局",
        "basis": "",
        "severity": "",
        "points": "",
        "detail": "",
    }
    return values | {name: str(value) for name, value in other.items()}


def text_of(rows: list[dict[str, str]], separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def run(database: Database, path: Path, **more: object) -> tuple[Imported, list[tuple[int, str]]]:
    rejected: list[tuple[int, str]] = []

    def reject(bad: Row, why: str) -> None:
        rejected.append((bad.line, why))

    def quiet(_what: str, _done: int, _total: int) -> None:
        """Progress that nobody watches."""

    done = import_records(database, path, at=AT, by="clerk", reject=reject, progress=quiet, **more)
    return done, rejected


def write(tmp_path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    path = tmp_path / "records.csv"
    path.write_bytes(text_of(rows).encode(encoding))
    return path


def counted(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Record)) or 0
