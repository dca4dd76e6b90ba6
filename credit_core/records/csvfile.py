"""Reading CSV in whatever encoding it comes, line by line."""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from credit_core.records.columns import Header, SheetError, names_columns

_BLOCK = 1 << 20
_HEAD = 4096
_SEPARATORS = ",\t;"
_WIDE = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def csv_cells(path: Path, header: Header) -> Iterator[tuple[int, list[str] | None]]:
    """Rows with the line on which they begin; None: cannot be read as a row.

    A sign that is not of the file's encoding comes as a lone surrogate.

    :param header: empty until the caller has found it.
    :raises SheetError: the encoding is not known, or lost in the middle of the file.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        head = file.read(_HEAD)
        file.seek(0)
        lines = map(_marked, file) if encoding == "gb18030" else file
        yield from _split(lines, max(_SEPARATORS, key=head.count), header)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: UTF-8 with or without mark, UTF-16, or GB 18030.

    A file that is wholly none of them is read in the one that spoils the fewest lines; those
    lines are then refused one by one.

    :raises SheetError: UTF-16 with a fault, from which it cannot be read on.
    """
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for encoding, mark in _WIDE.items():
        # A stray NUL in one cell does not make a file UTF-16; a header with known columns does.
        marked = start.startswith(mark)
        if marked or (b"\x00" in start and _has_header(start.decode(encoding, "ignore"))):
            line = _fault(path, encoding)
            if line is not None:
                raise SheetError("file.encoding", line=line)
            return "utf-16" if marked else encoding
    if _fault(path, "utf-8") is None:
        return "utf-8"
    return min(("gb18030", "utf-8"), key=lambda encoding: _spoiled(path, encoding))


def _has_header(start: str) -> bool:
    return any(names_columns(re.split(f"[{_SEPARATORS}]", line)) for line in start.splitlines())


def _fault(path: Path, encoding: str) -> int | None:
    """The line of the first sign that is not of the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].decode(encoding).count("\n")
            if not block:
                return None


def _spoiled(path: Path, encoding: str) -> int:
    """Lines that cannot be told in an encoding."""
    with path.open("rb") as file:
        return sum(_is_foreign(line, encoding) for line in file if not line.isascii())


def _is_foreign(line: bytes, encoding: str) -> bool:
    """Whether a line is of another encoding; much of UTF-8 passes for GB 18030 by its bytes."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return True
    return encoding == "gb18030" and _is_chinese_utf8(line)


def _is_chinese_utf8(line: bytes) -> bool:
    if not _THREE_BYTES.search(line):
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_THREE_BYTES = re.compile(rb"[\xe3-\xe9][\x80-\xbf][\x80-\xbf]")


def _marked(line: str) -> str:
    """A line that was read as GB 18030; when it is UTF-8, its signs come as lone surrogates."""
    if line.isascii():
        return line
    raw = line.encode("gb18030", "surrogateescape")
    return raw.decode("ascii", "surrogateescape") if _is_chinese_utf8(raw) else line


def _split(
    file: Iterable[str], separator: str, header: Header
) -> Iterator[tuple[int, list[str] | None]]:
    """Lines into cells.

    A quote that is never closed would swallow the rows after it. So where a row of several lines
    is not sound, its first line alone is refused and the others are read again.
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
        several = len(lines.taken) > 1
        if several and (cells is None or (header and len(cells) != len(header.columns))):
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
