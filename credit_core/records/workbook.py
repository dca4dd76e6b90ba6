"""Reading XLSX row by row with openpyxl, whatever the file holds.

The rows are a stream; the table of shared texts is kept in memory, so its size is bounded. A
formula comes as such, never as its result. What no honest book holds (declared entities, cells of
megabytes, more rows than a sheet has) ends the reading.
"""

from __future__ import annotations

import lzma
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from openpyxl import load_workbook
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape

from credit_core.records.columns import SheetError

warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
"""They repeat what stands in cells, which may be an identity number."""

_MOST_UNPACKED = 2 << 30
"""A million rows of twelve columns take about 400 MB."""
_MOST_PACKED = 200
"""How many times smaller than its content a book can be; tables reach about 10 to 40."""
_SMALL = 64 << 20
_MOST_SHARED = 512 << 20
"""Memory of the shared texts, which are all kept until the end; a million rows take about half."""
_SHARED_SELF = 64
"""What a text takes besides its signs; the shortest are many."""
_LONGEST_ROW = 16 << 20
"""Whatever is no row and no shared text is kept as well, and so is every row for its time."""
_LONGEST, _ROWS = 1 << 15, 1_048_576
"""Characters of a cell, and rows of a sheet; there are no more."""
_BLOCK = 1 << 16
_ROW, _SHARED = (re.compile(rb"<(?:\w+:)?" + name + rb"[\s/>]") for name in (b"row", b"si"))
_NUMBERED = re.compile(rb'<(?:\w+:)?row(?=\s)[^<>]*?\sr="(\d{1,9})"[^<>]*>')
_WHOLE_NUMBERS = 10**15
"""From here on a spreadsheet does not keep every digit of a number."""
_CHINESE_DAYS = {*range(27, 37), *range(50, 59)}
"""Numbers of the Chinese formats of days that are not written out in the file."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible worksheet."""

    title: str
    content: Any


class Book:
    """An XLSX file that is being read.

    :raises SheetError: from everything here: it is damaged, locked, too large, or no such file.
    """

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened:
            with _damage():
                file = opened.enter_context(path.open("rb"))
                _check(opened.enter_context(zipfile.ZipFile(file)))
                book = load_workbook(file, read_only=True, keep_links=False)
                opened.callback(book.close)
            self.epoch = book.epoch.date()
            self.sheets = [
                Sheet(one.title, one) for one in book.worksheets if one.sheet_state == "visible"
            ]
            if not self.sheets:
                raise SheetError("file.other")
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        """Rows with their number in the sheet, rows without any cell left out."""
        # What the sheet says about its size may be wrong, and rows beyond it would be lost.
        sheet.content.reset_dimensions()
        # The library takes the last cell that is written for the one farthest to the right.
        sheet.content._get_row = _in_order(sheet.content._get_row)  # noqa: SLF001
        with _damage():
            for line, row in enumerate(sheet.content.iter_rows(), start=1):
                if line > _ROWS:
                    raise SheetError("file.too_large")
                cells = ["" if one.value is None else self._shown(one) for one in row]
                if any(cells):
                    yield line, cells

    def _shown(self, cell: Any) -> str:
        """A cell as it would stand in a CSV."""
        value = cell.value
        if cell.data_type == "f":
            # Its result is not what somebody wrote, and may be old.
            return "="
        if isinstance(value, str):
            if len(value) > _LONGEST:
                raise SheetError("file.too_large")
            return unescape(value) if "_x" in value else value
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, (int, float)):
            if not cell.has_style or cell.style_array.numFmtId not in _CHINESE_DAYS:
                return _number(value)
            value = from_excel(value, datetime.combine(self.epoch, time()))
        if isinstance(value, timedelta):
            value = self.epoch + value
        return str(value.isoformat()).partition("T")[0]


def _check(archive: zipfile.ZipFile) -> None:
    """Refuse what must not be opened, before anything of it is kept."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > _MOST_UNPACKED or unpacked > max(_SMALL, packed * _MOST_PACKED):
        raise SheetError("file.too_large")
    if any(part.flag_bits & 1 for part in parts):
        raise SheetError("file.locked")
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(_BOOK.fullmatch(name) for name in names):
        raise SheetError("file.other")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_part(archive, part)


_BOOK = re.compile(r"(?:.*/)?workbook\d*\.xml")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """To its end: only there the archive tells whether a part is whole."""
    shared = apart = last = 0
    tail = b""
    with archive.open(part) as file:
        if b"<!DOCTYPE" in file.read(512).replace(b"\0", b""):
            raise SheetError("file.broken")
        while block := file.read(_BLOCK):
            apart += len(block)
            tail += block
            for row in _NUMBERED.finditer(tail):
                # A row that repeats or goes back would be passed over without a word.
                if int(row[1]) <= last:
                    raise SheetError("file.broken")
                last = int(row[1])
            open_tag = tail[tail.rfind(b"<") :]
            tail = b"" if b">" in open_tag else open_tag[:_BLOCK]
            texts = len(_SHARED.findall(block)) if b"<si" in block or b":si" in block else 0
            if texts:
                shared += len(block) + texts * _SHARED_SELF
            if texts or _ROW.search(block):
                apart = 0
            if shared > _MOST_SHARED or apart > _LONGEST_ROW:
                raise SheetError("file.too_large")


def _in_order(make: Callable[..., Any]) -> Callable[..., Any]:
    """A row with its cells from left to right, however they are written.

    :raises SheetError: from the row: a cell stands twice, and nobody knows which is meant.
    """

    def row_of(cells: list[dict[str, Any]], *limits: Any, **options: Any) -> Any:
        columns = [cell["column"] for cell in cells]
        if any(left >= right for left, right in pairwise(columns)):
            if len(set(columns)) < len(columns):
                raise SheetError("file.broken")
            cells = sorted(cells, key=itemgetter("column"))
        return make(cells, *limits, **options)

    return row_of


@contextmanager
def _damage() -> Iterator[None]:
    """Whatever a damaged file makes go wrong is one refusal."""
    try:
        yield
    except (
        # Of the archive, of XML, and of the meaning that openpyxl finds in it.
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
        RuntimeError, SyntaxError, LookupError, ValueError, TypeError, AttributeError,
        OverflowError, TokenizerError, TranslatorError,
    ):  # fmt: skip
        raise SheetError("file.broken") from None


def _number(value: float) -> str:
    """A number as people see it.

    >>> _number(20.0), _number(0.1 + 0.2), _number(371090199003070000)
    ('20', '0.3', '3.7109019900307E+17')
    """
    if abs(value) < _WHOLE_NUMBERS and value == int(value):
        return str(int(value))
    return format(value, ".15G")
