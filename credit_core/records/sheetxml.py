"""What an XLSX file's parts of XML say, heard while they are parsed.

Nothing is kept but what is asked for, and the shared texts wait in a nameless temporary file.
"""

from __future__ import annotations

import math
import mmap
import re
import tempfile
from array import array
from datetime import date, timedelta
from typing import IO

from credit_core.records.columns import SheetError

_ROWS, _COLUMNS = 1_048_576, 16_384
"""A sheet has no more."""
_LONGEST, _LONGEST_ROW = 1 << 16, 1 << 24
"""Characters; a cell takes 32,767."""
_MANY = 1 << 17
"""A book has at most 65,490 styles, and far fewer sheets."""
_WHOLE_NUMBERS = 10**15
"""From here on a spreadsheet does not keep every digit of a number."""

_Attributes = dict[str, str]


class _Locals(dict[str, str]):
    """Names of elements without their prefix."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


class Handler:
    """What a parser tells; ``over``: nothing more is wanted."""

    over = False

    def __init__(self) -> None:
        self.local = _Locals()
        self.pieces: list[str] = []
        """Texts since they were last cleared. The parser adds to them by itself."""

    def start(self, name: str, attributes: _Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def settle(self) -> None:
        """After every block: no text of a book is this long."""
        if sum(map(len, self.pieces)) > _LONGEST:
            raise SheetError("file.too_large")


class Elements(Handler):
    """Attributes of the elements of some names; those of the last may stand elsewhere too."""

    def __init__(self, *names: str, within: str = "") -> None:
        super().__init__()
        self.found: dict[str, list[_Attributes]] = {name: [] for name in names}
        self._last, self._within, self._inside = names[-1], within, not within

    def start(self, name: str, attributes: _Attributes) -> None:
        local = self.local[name]
        self.pieces.clear()
        if local == self._within:
            self._inside = True
        elif local in self.found and (self._inside or local != self._last):
            if len(self.found[local]) > _MANY:
                raise SheetError("file.too_large")
            self.found[local].append(attributes)

    def end(self, name: str) -> None:
        if self._within and self.local[name] == self._within:
            self._inside = False


class Texts(Handler):
    """The shared texts, in a file that has no name."""

    def __init__(self) -> None:
        super().__init__()
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  Closed with the book.
        self._ends = array("Q", [0])
        self._table: mmap.mmap | None = None
        self._parts = _Parts()

    def start(self, name: str, _attributes: _Attributes) -> None:
        self._parts.start(self.local[name], self.pieces)

    def end(self, name: str) -> None:
        local = self.local[name]
        self._parts.end(local, self.pieces)
        if local == "si":
            raw = self._parts.take().encode("utf-8", "surrogatepass")
            self._file.write(raw)
            self._ends.append(self._ends[-1] + len(raw))

    def close_table(self) -> None:
        self._file.flush()
        if self._ends[-1]:
            self._table = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        first, last = self._ends[number], self._ends[number + 1]
        raw = b"" if self._table is None else self._table[first:last]
        return raw.decode("utf-8", "surrogatepass")

    def close(self) -> None:
        if self._table is not None:
            self._table.close()
        self._file.close()


class _Parts:
    """A text in runs of different looks, without the readings that some carry (``rPh``)."""

    def __init__(self) -> None:
        self._runs: list[str] = []
        self._length = 0
        self._reading = False

    def start(self, local: str, pieces: list[str]) -> None:
        pieces.clear()
        if local == "rPh":
            self._reading = True

    def end(self, local: str, pieces: list[str]) -> None:
        if local == "rPh":
            self._reading = False
        elif local == "t" and not self._reading:
            run = "".join(pieces)
            self._runs.append(run)
            self._length += len(run)
            if self._length > _LONGEST:
                raise SheetError("file.too_large")

    def take(self) -> str:
        whole = _unescaped("".join(self._runs))
        self._runs.clear()
        self._length = 0
        return whole


class Rows(Handler):
    """Cells of a sheet as texts, row by row."""

    def __init__(self, texts: Texts, dated: set[str], epoch: date) -> None:
        super().__init__()
        self.done: list[tuple[int, list[str]]] = []
        self._texts, self._dated, self._epoch = texts, dated, epoch
        self._columns = _Columns()
        self._parts = _Parts()
        self._line = 0
        self._cells: list[str] = []
        self._column = 0
        self._kind = self._style = self._value = ""

    def start(self, name: str, attributes: _Attributes) -> None:
        local = self.local[name]
        if local == "c":
            place = attributes.get("r")
            cells = self._cells
            self._column = self._columns[place.rstrip(_DIGITS)] if place else len(cells)
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._value = ""
        elif local == "v":
            self.pieces.clear()
        elif local == "row":
            self._line = max(int(attributes.get("r", 0)), self._line + 1)
            if self._line > _ROWS:
                raise SheetError("file.too_large")
        else:
            self._parts.start(local, self.pieces)

    def end(self, name: str) -> None:
        local = self.local[name]
        if local == "v":
            if not self._value:
                self._value = self._shown("".join(self.pieces))
        elif local == "c":
            if self._value:
                self._keep(self._value)
        elif local == "row":
            if self._cells:
                self.done.append((self._line, self._cells))
                self._cells = []
        elif local == "f":
            # Its result is not what somebody wrote, and may be old.
            self._value = "=" + "".join(self.pieces)
        elif local == "is":
            self._value = self._value or self._parts.take()
        elif local == "sheetData":
            self.over = True
        else:
            self._parts.end(local, self.pieces)

    def settle(self) -> None:
        super().settle()
        if sum(map(len, self._cells)) > _LONGEST_ROW:
            raise SheetError("file.too_large")

    def _keep(self, value: str) -> None:
        cells, missing = self._cells, self._column - len(self._cells)
        if missing >= 0:
            cells.extend([""] * missing)
            cells.append(value)
        else:
            cells[self._column] = value

    def _shown(self, raw: str) -> str:
        """A cell as it would stand in a CSV."""
        if not raw:
            return ""
        if self._kind == "s":
            return self._texts[int(raw)]
        if self._kind == "n":
            return _number(float(raw), self._epoch if self._style in self._dated else None)
        if self._kind == "b":
            return "TRUE" if raw.strip() in {"1", "true"} else "FALSE"
        if self._kind == "d":
            return raw.partition("T")[0]
        return _unescaped(raw)


_DIGITS = "0123456789"


class _Columns(dict[str, int]):
    """
    >>> [_Columns()[one] for one in ("A", "AB")]
    [0, 27]
    """

    def __missing__(self, letters: str) -> int:
        number = 0
        for sign in letters:
            if not "A" <= sign <= "Z":
                raise ValueError(letters)
            number = number * 26 + ord(sign) - 64
        if not 0 < number <= _COLUMNS:
            raise ValueError(letters)
        self[letters] = number - 1
        return number - 1


def _number(value: float, epoch: date | None) -> str:
    """A number as people see it.

    >>> _number(20.0, None), _number(0.1 + 0.2, None), _number(371090199003070000.0, None)
    ('20', '0.3', '3.7109019900307E+17')
    >>> _number(46082.5, date(1899, 12, 30))
    '2026-03-01'
    """
    if epoch is not None and 0 <= value < (date.max - epoch).days:
        return (epoch + timedelta(days=math.floor(value))).isoformat()
    if value.is_integer() and abs(value) < _WHOLE_NUMBERS:
        return str(int(value))
    return format(value, ".15G")


_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def _unescaped(raw: str) -> str:
    """Signs that XML cannot hold stand as ``_x000D_``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), raw) if "_x" in raw else raw
