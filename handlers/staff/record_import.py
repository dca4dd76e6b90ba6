"""Importing a table of records by upload, in the background, with progress and rejected rows.

What an import has done so far stands in a small file under ``var/imports``, so any process can
show it; rejected rows are sealed there. The uploaded table itself is deleted when it is read.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog

from config.texts import text
from credit_core.crypto import keyring
from credit_core.database import Database
from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from credit_core.records.columns import SheetError, standard_columns
from credit_core.records.importing import import_records, reason
from credit_core.records.sheets import Row, neutral
from handlers.staff.audit import record
from handlers.staff.page import (
    CASES,
    CLERK,
    Answer,
    Download,
    Flash,
    Page,
    Shown,
    Started,
    Visit,
    get,
    post,
)

log = structlog.get_logger("staff")
LARGEST_FILE = 20 * 1024 * 1024
_FORM = 1024 * 1024
KINDS = (".csv", ".xlsx")
SILENT = 600.0
"""Seconds: an import that has not told anything for so long was cut off."""
SHOWN = 50


@dataclass
class Progress:
    """:ivar state: ``running``, ``done``, ``refused`` (the file as a whole) or ``failed``."""

    id: int
    filename: str
    by: str
    at: str
    state: str = "running"
    what: str = "read"
    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    registered: int = 0
    changed: int = 0
    why: str = ""


def pages() -> list[Page]:
    return [
        get("/records", show_list, CASES),
        post("/records", upload, CLERK, largest=LARGEST_FILE + _FORM),
        get("/records/{import_id}", show_one, CASES),
        get("/records/{import_id}/progress", show_progress, CASES),
        get("/records/{import_id}/rejects", rejects, CASES, writes=True),
    ]


def show_list(visit: Visit) -> Answer:
    folder = _folder(visit)
    numbers = sorted((int(path.stem) for path in folder.glob("*.json")), reverse=True)
    rows = [_read(folder, number) for number in numbers[:SHOWN]]
    return Shown("records.html", {"rows": rows, "columns": standard_columns()})


def upload(visit: Visit) -> Answer:
    file = visit.files.get("file")
    if file is None:
        raise Refusal("form.file")
    name = Path(file.filename.replace("\\", "/")).name[:120]
    if Path(name).suffix.lower() not in KINDS:
        raise Refusal("file.format")
    folder = _folder(visit)
    progress = Progress(new_id(), name, visit.member.actor, visit.now.isoformat())
    _write(folder, progress)
    record(visit, "record.import", f"import:{progress.id}", name)
    registered_only = "registered_only" in visit.several("only")
    content, at = file.content, visit.now

    def work(database: Database) -> None:
        _run(database, folder, progress, content, at, register=not registered_only)

    return Started(f"/records/{progress.id}", work, Flash("import_started"))


def show_one(visit: Visit) -> Answer:
    return Shown("record_import.html", {"one": _asked(visit)})


def show_progress(visit: Visit) -> Answer:
    """The part of the page that asks for itself while the import runs."""
    return Shown("record_progress.html", {"one": _asked(visit)})


def rejects(visit: Visit) -> Answer:
    one = _asked(visit)
    path = _folder(visit) / f"{one.id}.rejects"
    if not path.is_file():
        raise NotFoundError("rejects")
    record(visit, "record.rejects", f"import:{one.id}", one.filename)
    body = keyring().open(path.read_bytes(), _place(one.id))
    return Download(body, f"{Path(one.filename).stem}-rejects.csv", "text/csv")


def _run(
    database: Database,
    folder: Path,
    progress: Progress,
    content: bytes,
    at: datetime,
    *,
    register: bool,
) -> None:
    """In a thread of its own; whatever happens, the page tells it."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    head = (text("import", "rejects.line"), text("import", "rejects.reason"))
    writer.writerow((*head, *standard_columns()))

    def reject(row: Row, why: str) -> None:
        progress.rejected += 1
        values = (neutral(_printable(row.values[name])) for name in standard_columns())
        writer.writerow((row.line, why, *values))

    def tell(what: str, rows: int, _total: int) -> None:
        progress.what, progress.rows = what, rows
        _write(folder, progress)

    try:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / f"records{Path(progress.filename).suffix.lower()}"
            path.write_bytes(content)
            done = import_records(
                database,
                path,
                at=at,
                by=progress.by,
                reject=reject,
                progress=tell,
                register=register,
            )
        for name, value in asdict(done).items():
            setattr(progress, name, value)
        progress.state = "done"
    except SheetError as error:
        progress.state, progress.why = "refused", reason(error)
    except Exception:
        log.exception("an import of records failed", import_id=progress.id)
        progress.state = "failed"
    if progress.rejected:
        sealed = keyring().seal(table.getvalue().encode("utf-8-sig"), _place(progress.id))
        _replace(folder / f"{progress.id}.rejects", sealed)
    _write(folder, progress)


def _asked(visit: Visit) -> Progress:
    return _read(_folder(visit), visit.number("import_id"))


def _folder(visit: Visit) -> Path:
    folder = visit.settings.var_dir / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _read(folder: Path, number: int) -> Progress:
    path = folder / f"{number}.json"
    try:
        progress = Progress(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise NotFoundError("import") from None
    # The file's own time is the machine's, so it is held against the machine's clock.
    if progress.state == "running" and time.time() - path.stat().st_mtime > SILENT:
        progress.state = "failed"
    return progress


def _write(folder: Path, progress: Progress) -> None:
    body = json.dumps(asdict(progress), ensure_ascii=False).encode()
    _replace(folder / f"{progress.id}.json", body)


def _replace(path: Path, body: bytes) -> None:
    """A reader sees the file before or after, never half of it."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(body)
    part.replace(path)


def _place(number: int) -> bytes:
    return f"import:{number}".encode()


def _printable(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
