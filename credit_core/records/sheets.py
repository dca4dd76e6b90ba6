"""Reading tables that people send: CSV in whatever encoding, XLSX; row by row.

A row comes with its line in the file and its values by standard column name. What cannot be read
as a row at all is a fault of that row; what makes the whole file useless is a
:class:`SheetError`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from credit_core.errors import Refusal
from credit_core.records.columns import Header, SheetError, standard_columns
from credit_core.records.csvfile import csv_cells

if TYPE_CHECKING:
    from credit_core.records.workbook import Book, Sheet

_DAYS = {"occurred_on", "decided_on"}
_DAY_NUMBERS = range(32_874, 73_051)
"""Days of 1990 to 2099 as spreadsheets number them."""
_EPOCH = date(1899, 12, 30)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OTHER = {".xls", ".et", ".ods", ".xlsb", ".numbers"}


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


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a CSV or XLSX file.

    :raises SheetError: no such file, another format, no header, nothing readable.
    """
    if not path.is_file():
        raise SheetError("file.missing", path=path)
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise SheetError("file.empty")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _book_rows(path)
    if start.startswith(_OLD_OFFICE):
        raise SheetError("file.locked" if _holds(path, _LOCKED) else "file.old")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise SheetError("file.other")
    if path.suffix.lower() in _OTHER:
        raise SheetError("file.old" if path.suffix.lower() == ".xls" else "file.other")
    if path.suffix.lower() == ".xlsx":
        raise SheetError("file.broken")
    header = Header()
    return _rows(csv_cells(path, header), header, _EPOCH)


def _holds(path: Path, word: bytes) -> bool:
    rest = b""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if word in rest + block:
                return True
            rest = block[-len(word) :]
    return False


def _book_rows(path: Path) -> Iterator[Row]:
    # Most processes never read a workbook; the library takes 25 MB.
    from credit_core.records.workbook import Book

    with Book(path) as book:
        sheet, header = _sheet_of_records(book), Header()
        yield from _rows(_filled_up(book.rows(sheet), header), header, book.epoch)


def _sheet_of_records(book: Book) -> Sheet:
    """The visible sheet that has the header of records; others are notes and lists of codes."""
    found: list[Sheet] = []
    faults: list[tuple[bool, bool, SheetError]] = []
    for sheet in book.sheets:
        header = Header()
        try:
            if any(header.is_in(cells) for _, cells in book.rows(sheet) if any(cells)):
                found.append(sheet)
                continue
            fault = header.missing()
        except SheetError as error:
            if not error.code.startswith("file.header"):
                raise
            fault = error
        faults.append((header.near, fault.code != "file.empty", fault))
    if len(found) > 1:
        names = "、".join(sheet.title for sheet in found)
        raise SheetError("file.several_sheets", count=len(found), sheets=names)
    if not found:
        raise max(faults, key=lambda one: one[:2])[2]
    return found[0]


def _filled_up(
    rows: Iterable[tuple[int, list[str]]], header: Header
) -> Iterator[tuple[int, list[str]]]:
    """Rows as wide as the header; a sheet leaves out the empty cells at their ends."""
    for line, cells in rows:
        cells.extend([""] * (len(header.columns) - len(cells)))
        yield line, cells


def _rows(
    table: Iterable[tuple[int, list[str] | None]] | Iterable[tuple[int, list[str]]],
    header: Header,
    epoch: date,
) -> Iterator[Row]:
    for line, cells in table:
        if cells is None:
            yield Row(line, _nothing(), Refusal("row.unreadable"))
        elif not any(cell.strip() for cell in cells):
            continue
        elif header:
            yield _row(line, header.columns, cells, epoch)
        else:
            header.is_in(cells)
    if not header:
        raise header.missing()


def _row(line: int, header: Sequence[str], cells: Sequence[str], epoch: date) -> Row:
    surplus = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in surplus):
        fault = Refusal("row.width", found=len(cells), expected=len(header))
        return Row(line, _nothing() | dict(zip(header, cells, strict=False)), fault)
    values = _nothing()
    for name, cell in zip(header, cells, strict=False):
        values[name] = _day(cell.strip(), epoch) if name in _DAYS else cell.strip()
    if _ODD.search("\x1f".join(cells)):
        for name, value in values.items():
            if value and (fault_of := _cell_fault(name, value)):
                return Row(line, values, fault_of)
    return Row(line, values)


def _day(value: str, epoch: date) -> str:
    """A day that lost its format shows as a number."""
    if len(value) == 5 and value.isdecimal() and int(value) in _DAY_NUMBERS:
        return (epoch + timedelta(days=int(value))).isoformat()
    return value


def _nothing() -> dict[str, str]:
    return dict.fromkeys(standard_columns(), "")


_FORMULA_FREE = {"item", "points", "occurred_on", "decided_on"}
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}


_ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1e\x7f-\x9f\ud800-\udfff\ufffd#]|(?:^|\x1f)\\s*[=@+＝＠＋－﹣-]"
    "|[0-9][Ee]\\+[0-9]"
)
"""What may make a cell unusable; most rows have none of it and are not looked at closer."""


_ROUNDED = re.compile(r"[+-]?\d(?:\.\d+)?[Ee]\+\d+")
"""A long number that a spreadsheet keeps without its last digits."""


def _cell_fault(name: str, value: str) -> Refusal | None:
    if any("\ud800" <= sign <= "\udfff" for sign in value) or "\ufffd" in value:
        return Refusal("row.encoding")
    if any(unicodedata.category(sign) == "Cc" and sign not in "\t\n\r" for sign in value):
        return Refusal("row.control", field=name)
    if value in _ERRORS:
        return Refusal("row.error_cell", field=name)
    if _ROUNDED.fullmatch(value):
        return Refusal("row.rounded", field=name)
    lead = unicodedata.normalize("NFKC", value[0])
    if lead in "=@" or (lead in "+-" and len(value) > 1 and name not in _FORMULA_FREE):
        return Refusal("row.formula", field=name)
    return None


def neutral(value: str) -> str:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
