"""``medcredit import records``: bring a file of credit records in."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from config.texts import text
from credit_core.clock import SystemClock
from credit_core.records.columns import SheetError, standard_columns
from credit_core.records.sheets import Row, neutral
from handlers.cli.context import open_database, print_json, refuse

_SHOWN = 10
"""Reasons that are shown when no file for rejected rows is named."""
_STEP = 20_000


def register(app: typer.Typer) -> None:
    """Mount on the group ``medcredit import``."""
    app.command("records")(records)


register_import = register


def records(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.")],
    rejects: Annotated[
        Path | None,
        typer.Option(
            help="CSV for rows that stay out, with line and reason; there when the import is done."
        ),
    ] = None,
    registered_only: Annotated[
        bool, typer.Option(help="Refuse subjects that are not on the register yet.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who imports.")] = "import",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Good rows in, bad rows out with the reason; the same file again changes nothing."""
    from credit_core.records.importing import import_records, reason

    started = time.monotonic()
    with open_database() as database, _reject_file(rejects) as reject:
        try:
            done = import_records(
                database,
                file,
                at=SystemClock().now(),
                by=by,
                reject=reject,
                progress=_progress,
                register=not registered_only,
            )
        except SheetError as error:
            refuse(reason(error))
        except OSError as error:
            refuse(text("import", "file.unusable", why=error.strerror or error))
    answer = {
        "rows": done.rows,
        "imported": done.imported,
        "unchanged": done.unchanged,
        "rejected": done.rejected,
        "registered": done.registered,
        "changed": done.changed,
        "seconds": round(time.monotonic() - started, 3),
    }
    if json:
        print_json(answer)
    else:
        typer.echo(" ".join(f"{key}={value}" for key, value in answer.items()))


class _Rejects:
    """Writes rejected rows to a CSV, or shows the first reasons on standard error."""

    def __init__(self, file: IO[str] | None) -> None:
        self.writer = csv.writer(file) if file is not None else None
        self.count = 0
        if self.writer is not None:
            head = (text("import", "rejects.line"), text("import", "rejects.reason"))
            self.writer.writerow((*head, *standard_columns()))

    def __call__(self, row: Row, why: str) -> None:
        self.count += 1
        if self.writer is not None:
            values = (neutral(_printable(row.values[name])) for name in standard_columns())
            self.writer.writerow((row.line, why, *values))
        elif self.count <= _SHOWN:
            typer.echo(text("import", "rejects.shown", line=row.line, reason=why), err=True)


def _printable(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


@contextmanager
def _reject_file(path: Path | None) -> Iterator[_Rejects]:
    """The file stands there when the import is done, whole; not a row of one that was cut off."""
    if path is None:
        yield _Rejects(None)
        return
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield _Rejects(stream)
        return
    _try_folder(path)
    with tempfile.TemporaryFile() as kept:
        file = io.TextIOWrapper(kept, encoding="utf-8-sig", newline="")
        yield _Rejects(file)
        file.detach()
        kept.seek(0)
        with _for_owner(_part_of(path)) as part:
            shutil.copyfileobj(kept, part)
        _part_of(path).replace(path)


def _try_folder(path: Path) -> None:
    """Say now, not after a long import, that the file cannot be written."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _for_owner(_part_of(path)).close()
        _part_of(path).unlink()
    except OSError as error:
        refuse(f"{path}: {error.strerror}")


def _part_of(path: Path) -> Path:
    """What stands beside the file until it is whole. A killed import may leave it there; the next
    one writes over it."""
    return path.with_name(f".{path.name}.part")


def _for_owner(part: Path) -> IO[bytes]:
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _progress(what: str, done: int, total: int) -> None:
    if done % _STEP == 0 or total:
        sys.stderr.write(f"{what} {done}\n")
        sys.stderr.flush()
