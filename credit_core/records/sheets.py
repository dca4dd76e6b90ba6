"""Reading tables that people send: CSV in whatever encoding, XLSX; row by row, flat in memory.

A row comes with its line in the file and its values by standard column name. What cannot be read
as a row at all is a fault of that row; what makes the whole file useless is a
:class:`SheetError`.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from config.settings import DATA
from credit_core.errors import Refusal

_BLOCK = 1 << 20
_MOST_UNPACKED = 4 << 30
"""An XLSX that unpacks to more than this is refused (a million rows take about 300 MB)."""


class SheetError(Refusal):
    """The file as a whole cannot be imported; ``code`` is a key of ``import.yaml``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    :ivar line: line in the file from 1, the header being the first.
    :ivar values: by standard column name; every standard column is there.
    :ivar fault: code of a text under ``row`` when it is no usable row, with its fields.
    """

    line: int
    values: dict[str, str]
    fault: Refusal | None = None


@cache
def column_names() -> dict[str, Any]:
    """``config/import_columns.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load(
        (DATA / "import_columns.yaml").read_text(encoding="utf-8")
    )
    return loaded


def standard_columns() -> tuple[str, ...]:
    names = column_names()
    return (*names["required"], *names["optional"])


def shown_column(name: str) -> str:
    """A column as people are told it, by its usual and its standard name.

    >>> shown_column("decided_on")
    '决定日期（decided_on）'
    """
    others = column_names()["columns"].get(name)
    return f"{others[0]}（{name}）" if others else name


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a CSV or XLSX file.

    :raises SheetError: no such file, another format, no header, nothing readable.
    """
    if not path.is_file():
        raise SheetError("file.missing", path=path)
    if path.stat().st_size == 0:
        raise SheetError("file.empty")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        return _xlsx_rows(path)
    if start.startswith(b"\xd0\xcf\x11\xe0") or path.suffix.lower() in {".xls", ".xlsx", ".ods"}:
        raise SheetError("file.broken" if path.suffix.lower() == ".xlsx" else "file.format")
    return _csv_rows(path, encoding_of(path))


def encoding_of(path: Path) -> str:
    """The encoding of a text file: UTF-8 with or without mark, UTF-16, else GB 18030.

    A file that is none of them is read as UTF-8; rows with broken signs are then refused one by
    one.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _wide(path, "utf-16")
    if b"\x00" in start:
        # A stray NUL in one cell does not make a file UTF-16; a header with known columns does.
        for encoding in ("utf-16-le", "utf-16-be"):
            if _names_columns(start.decode(encoding, "ignore")):
                return _wide(path, encoding)
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    return "utf-8"


def _wide(path: Path, encoding: str) -> str:
    """UTF-16 that breaks off or is damaged cannot be read on from there, so it is refused."""
    if not _decodes(path, encoding):
        raise SheetError("file.encoding")
    return encoding


def _names_columns(start: str) -> bool:
    names = column_names()
    known = {*standard_columns(), *(other for some in names["columns"].values() for other in some)}
    first = start.lstrip("\ufeff").splitlines()[0] if start else ""
    return any(_plain(cell.strip('"')) in known for cell in re.split("[,;\t]", first))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv_rows(path: Path, encoding: str) -> Iterator[Row]:
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        first = file.readline()
        file.seek(0)
        header: list[str] = []
        for line, cells in _csv_cells(file, max(",\t;", key=first.count), header):
            if cells is None:
                yield Row(line, _nothing(), Refusal("row.unreadable"))
            elif not any(cell.strip() for cell in cells):
                continue
            elif not header:
                header.extend(standard_header(cells))
            else:
                yield _row(line, header, cells)
    if not header:
        raise SheetError("file.empty")


def _csv_cells(
    file: Iterable[str], separator: str, header: Sequence[str]
) -> Iterator[tuple[int, list[str] | None]]:
    """Rows with the line on which they begin; None: cannot be read as a row.

    A quote that is never closed would swallow the rows after it. So where a row of several lines
    is not sound, its first line alone is refused and the others are read again. ``header`` is
    empty until the caller has found it.
    """
    lines, line = _Lines(file), 1
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if len(lines.taken) > 1 and (cells is None or (header and len(cells) != len(header))):
            lines.again.extendleft(reversed(lines.taken[1:]))
            del lines.taken[1:]
            cells = None
        if cells is None:
            reader = csv.reader(lines, delimiter=separator, strict=True)
        yield line, cells
        line += len(lines.taken)


class _Lines:
    """Lines of a file that can be given back."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = iter(file)
        self.taken: list[str] = []
        self.again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self._file)
        self.taken.append(line)
        return line


def _xlsx_rows(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
                raise SheetError("file.broken")
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise SheetError("file.broken") from None
    try:
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise SheetError("file.empty")
        sheet.reset_dimensions()
        header: list[str] | None = None
        for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            texts = [
                _cell_text(_as_day(cell, book.epoch) if name in _DAYS else cell)
                for name, cell in zip_longest(header or (), cells)
            ]
            if not any(text.strip() for text in texts):
                continue
            if header is None:
                header = standard_header(texts)
                continue
            while len(texts) > len(header) and not texts[-1]:
                texts.pop()
            texts.extend([""] * (len(header) - len(texts)))
            yield _row(line, header, texts)
        if header is None:
            raise SheetError("file.empty")
    finally:
        book.close()


_DAYS = {"occurred_on", "decided_on"}
_DAY_NUMBERS = range(32_874, 73_051)
"""Days of 1990 to 2099 as spreadsheets number them."""


def _as_day(cell: object, epoch: datetime) -> object:
    """A day that lost its format and shows as a number."""
    from openpyxl.utils.datetime import from_excel

    whole = isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer())
    return from_excel(cell, epoch) if whole and cell in _DAY_NUMBERS else cell


def _cell_text(cell: object) -> str:
    """A cell as it would stand in a CSV."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def standard_header(cells: Sequence[str]) -> list[str]:
    """Column names in their standard spelling.

    :raises SheetError: a column is missing, stands twice or is unknown.
    """
    names = column_names()
    known = {name: name for name in standard_columns()}
    for name, others in names["columns"].items():
        known.update(dict.fromkeys(others, name))
    spelled = [_plain(cell) for cell in cells]
    while spelled and not spelled[-1]:
        spelled.pop()
    unknown = [cell for cell in spelled if cell not in known]
    header = [known[cell] for cell in spelled if cell in known]
    missing = [name for name in names["required"] if name not in header]
    if missing:
        raise SheetError("file.header_missing", columns="、".join(map(shown_column, missing)))
    if unknown:
        raise SheetError("file.header_unknown", columns="、".join(unknown))
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise SheetError("file.header_double", columns="、".join(map(shown_column, double)))
    return header


def _plain(cell: str) -> str:
    return "".join(unicodedata.normalize("NFKC", cell).replace("\ufeff", "").split()).lower()


def _row(line: int, header: list[str], cells: Sequence[str]) -> Row:
    surplus = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in surplus):
        fault = Refusal("row.width", found=len(cells), expected=len(header))
        return Row(line, _nothing() | dict(zip(header, cells, strict=False)), fault)
    values = _nothing()
    for name, cell in zip(header, cells, strict=False):
        values[name] = cell.strip()
    if _ODD.search("\x1f".join(cells)):
        for name, value in values.items():
            if value and (fault_of := _cell_fault(name, value)):
                return Row(line, values, fault_of)
    return Row(line, values)


def _nothing() -> dict[str, str]:
    return dict.fromkeys(standard_columns(), "")


_FORMULA_FREE = {"item", "points", "occurred_on", "decided_on"}
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}


_ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1e\x7f-\x9f\ud800-\udfff\ufffd#]|(?:^|\x1f)\\s*[=@+＝＠＋－﹣-]"
)
"""What may make a cell unusable; most rows have none of it and are not looked at closer."""


def _cell_fault(name: str, value: str) -> Refusal | None:
    if any("\ud800" <= sign <= "\udfff" for sign in value) or "\ufffd" in value:
        return Refusal("row.encoding")
    if any(unicodedata.category(sign) == "Cc" and sign not in "\t\n\r" for sign in value):
        return Refusal("row.control", field=name)
    if value in _ERRORS:
        return Refusal("row.error_cell", field=name)
    lead = unicodedata.normalize("NFKC", value[0])
    if lead in "=@" or (lead in "+-" and len(value) > 1 and name not in _FORMULA_FREE):
        return Refusal("row.formula", field=name)
    return None


def neutral(value: str) -> str:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
