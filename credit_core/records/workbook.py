"""Reading XLSX as a stream: one row after the other, flat in memory, whatever the file holds.

The parts of the book are parsed as they are unpacked, and the table of shared texts waits in a
nameless temporary file. A formula comes as its text, never as its result. What no honest book
holds (declared entities, cells of megabytes, more rows than a sheet has) ends the reading.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from xml.parsers import expat

from credit_core.records.columns import SheetError
from credit_core.records.sheetxml import Elements, Handler, Rows, Texts

_BLOCK = 1 << 16
_MOST_UNPACKED = 2 << 30
"""A million rows of twelve columns take about 400 MB."""
_MOST_PACKED = 200
"""How many times smaller than its content a book can be; tables reach about 10 to 40."""
_SMALL = 64 << 20
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Numbers of the formats of days and times that are not written out in the file; those from 27
and from 50 on are the Chinese ones."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible worksheet."""

    title: str
    part: str


class _Relation(NamedTuple):
    kind: str
    part: str


_NOWHERE = _Relation("", "")


class Book:
    """An XLSX file that is being read.

    :raises SheetError: from everything here: it is damaged, locked, too large, or no such file.
    """

    def __init__(self, path: Path) -> None:
        with _damage():
            self._archive = zipfile.ZipFile(path)
        with _damage():
            self._check_size()
            self.sheets, styles, texts, first_day = self._skeleton()
            self.epoch = first_day
            self._dated = self._date_styles(styles) if styles else set()
            self._texts = Texts()
            if texts:
                self._parse(texts, self._texts)
            self._texts.close_table()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._archive.close()
        self._texts.close()

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        """Rows with their number in the sheet, rows without any cell left out."""
        reader = Rows(self._texts, self._dated, self.epoch)
        with _damage():
            for _ in self._parsed(sheet.part, reader):
                yield from reader.done
                reader.done.clear()

    def _check_size(self) -> None:
        parts = self._archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        packed = sum(part.compress_size for part in parts)
        if unpacked > _MOST_UNPACKED or unpacked > max(_SMALL, packed * _MOST_PACKED):
            raise SheetError("file.too_large")
        if any(part.flag_bits & 1 for part in parts):
            raise SheetError("file.locked")

    def _skeleton(self) -> tuple[list[Sheet], str | None, str | None, date]:
        """The visible worksheets, the parts of styles and shared texts, and day 0."""
        start = {one.kind: one.part for one in self._related("").values()}.get("officeDocument")
        if start is None or not start.endswith(".xml"):
            raise SheetError("file.other")
        book = Elements("sheet", "workbookPr")
        self._parse(start, book)
        related = self._related(start)
        sheets = []
        for one in book.found["sheet"]:
            key = next((value for name, value in one.items() if name.endswith(":id")), "")
            target = related.get(key, _NOWHERE)
            if target.kind == "worksheet" and one.get("state", "visible") == "visible":
                sheets.append(Sheet(one.get("name", ""), target.part))
        if not sheets:
            raise SheetError("file.other")
        late = any(one.get("date1904") in {"1", "true"} for one in book.found["workbookPr"])
        first = date(1904, 1, 1) if late else date(1899, 12, 30)
        parts = {one.kind: one.part for one in related.values()}
        return sheets, parts.get("styles"), parts.get("sharedStrings"), first

    def _related(self, part: str) -> dict[str, _Relation]:
        """What a part refers to, by its key there; the book itself refers to its start."""
        folder, _, name = part.rpartition("/")
        index = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        names = set(self._archive.namelist())
        if index not in names:
            return {}
        found = Elements("Relationship")
        self._parse(index, found)
        related = {}
        for one in found.found["Relationship"]:
            target = one["Target"]
            inside = target if target.startswith("/") or not folder else f"{folder}/{target}"
            if inside.lstrip("/") in names:
                kind = one["Type"].rpartition("/")[2]
                related[one["Id"]] = _Relation(kind, inside.lstrip("/"))
        return related

    def _date_styles(self, part: str) -> set[str]:
        """Numbers of the styles that show a number as a day."""
        from openpyxl.styles.numbers import is_date_format

        found = Elements("numFmt", "xf", within="cellXfs")
        self._parse(part, found)
        dates = {str(number) for number in _DATE_FORMATS}
        for one in found.found["numFmt"]:
            key = one.get("numFmtId", "")
            (dates.add if is_date_format(one.get("formatCode", "")) else dates.discard)(key)
        return {
            str(place)
            for place, one in enumerate(found.found["xf"])
            if one.get("numFmtId") in dates
        }

    def _parse(self, part: str, handler: Handler) -> None:
        for _ in self._parsed(part, handler):
            pass

    def _parsed(self, part: str, handler: Handler) -> Iterator[None]:
        """Give a part to a handler, with a stop after every block."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = handler.start
        parser.EndElementHandler = handler.end
        parser.CharacterDataHandler = handler.pieces.append
        parser.StartDoctypeDeclHandler = _refuse_declarations
        with self._archive.open(part) as file:
            while block := file.read(_BLOCK):
                parser.Parse(block, False)
                handler.settle()
                yield
                if handler.over:
                    break
            else:
                parser.Parse(b"", True)
                yield
            # To the end: only there the archive tells whether a part is whole.
            while file.read(_BLOCK):
                pass


@contextmanager
def _damage() -> Iterator[None]:
    """Whatever a damaged file makes go wrong is one refusal."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, expat.ExpatError,
        EOFError, OSError, LookupError, ValueError, RuntimeError,
    ):  # fmt: skip
        raise SheetError("file.broken") from None


def _refuse_declarations(*_: object) -> None:
    raise SheetError("file.broken")
