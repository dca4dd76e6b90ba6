"""Import of a large file of records: rows a second and peak memory, first and again.

The file has doubles and faults of every usual kind, one row in ten.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from credit_core.records.columns import standard_columns
from credit_core.seeding.service import identifier_of, name_of

ROWS = int(os.environ.get("MEDCREDIT_BENCH_ROWS", "100000"))
ITEMS = {"resident": ("P-1", "P-2", "P+3"), "institution": ("I-1", "I+1"), "employer": ("E-1",)}
_RUN = """
import sys, time, bot.schema
from pathlib import Path
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database
from credit_core.records.importing import import_records
install_keyring(Keyring("bench-only-0123456789-abcdefghijklmnopqrstuvwxyz"))
database = Database(sys.argv[1])
Base.metadata.create_all(database.engine)
started = time.perf_counter()
import_records(database, Path(sys.argv[2]), at=SystemClock().now(), by="bench",
               reject=lambda *_: None, progress=lambda *_: None)
took = time.perf_counter() - started
status = open("/proc/self/status").read()
print(took, int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


def run(rows: int = ROWS) -> list[dict[str, Any]]:
    """Each row of the answer: name, value, unit."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        _write(path, rows)
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        first, again = _import(url, path), _import(url, path)
    return [
        {"name": f"import of {rows:,} rows", "value": rows / first[0], "unit": "rows/s"},
        {"name": "the same file again", "value": rows / again[0], "unit": "rows/s"},
        {"name": "peak memory", "value": max(first[1], again[1]), "unit": "MiB"},
    ]


def _write(path: Path, rows: int) -> None:
    kinds = tuple(ITEMS)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(standard_columns())
        for number in range(rows):
            kind = kinds[number % 20 % len(kinds)] if number % 4 == 0 else "resident"
            index = number * 7 % max(rows // 8, 1)
            decided = date(2025, 1, 1) + timedelta(days=number % 650)
            values = {
                "kind": kind,
                "identifier": identifier_of(kind, index, 3),
                "name": name_of(kind, index, 3),
                "item": ITEMS[kind][number % len(ITEMS[kind])],
                "occurred_on": decided - timedelta(days=number % 20),
                "decided_on": decided,
                "document_no": f"试医保决〔{decided.year}〕{number - number % 2}号",
                "source_unit": "市医疗保障局",
            }
            values |= _FAULTS.get(number % 50, {})
            writer.writerow([values.get(name, "") for name in standard_columns()])


_FAULTS: dict[int, dict[str, object]] = {
    3: {"kind": "人类"},
    13: {"identifier": "37109919900101001"},
    23: {"decided_on": "2026-02-30"},
    33: {"item": "Z-9"},
    43: {"detail": "=1+1"},
}


def _import(url: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one import in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, url, str(path)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    took, peak = done.stdout.split()
    return float(took), float(peak)
