"""`make bench`: every benchmark, one after another, each figure beside its floor.

    python -m tests.bench [--only WORD] [--json FILE]

A benchmark is a file ``bench_<topic>.py`` with ``run() -> list[dict]``; a row has at least
``name``, ``value`` and ``unit``, and where there is one a ``floor`` measured in the same run,
the ``ratio`` to it and the ``goal``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default="", help="topics that contain this word")
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    chosen = parser.parse_args()
    console = Console(width=140)
    rows: list[dict[str, Any]] = []
    for file in sorted(HERE.glob("bench_*.py")):
        topic = file.stem.removeprefix("bench_")
        if chosen.only not in topic:
            continue
        started = time.monotonic()
        found = importlib.import_module(f"tests.bench.{file.stem}").run()
        rows += [{"topic": topic, **row} for row in found]
        console.print(_table(topic, found, time.monotonic() - started))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


def _table(topic: str, rows: list[dict[str, Any]], seconds: float) -> Table:
    table = Table(title=f"{topic} ({seconds:.0f} s)", title_justify="left")
    for name in ("name", "value", "unit", "floor", "ratio", "goal"):
        table.add_column(name, justify="left" if name in {"name", "unit", "goal"} else "right")
    for row in rows:
        table.add_row(
            *(_shown(row.get(name)) for name in ("name", "value", "unit", "floor", "ratio", "goal"))
        )
    return table


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
