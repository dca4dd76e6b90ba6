"""Names of the columns of a table of records, and finding its header."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import yaml

from config.settings import DATA
from credit_core.errors import Refusal

_TITLES = 10
"""Rows before the header that may be titles, dates, notes; more is no table of records."""


class SheetError(Refusal):
    """The file as a whole cannot be imported; ``code`` is a key of ``import.yaml``."""


@cache
def column_names() -> dict[str, Any]:
    """``config/import_columns.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load(
        (DATA / "import_columns.yaml").read_text(encoding="utf-8")
    )
    return loaded


@lru_cache(maxsize=1_000)
def kind_named(value: str) -> str | None:
    """The kind of subject that a word stands for; None: it is no kind.

    >>> kind_named("定点医药机构"), kind_named(" Resident "), kind_named("someone")
    ('institution', 'resident', None)
    """
    word = value.strip()
    for kind, names in column_names()["kinds"].items():
        if word in names or word.lower() == kind:
            return str(kind)
    return None


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


class Header:
    """The columns of a table, found in the first rows that are shown to it."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.near = False
        """Whether a row was the header but for a fault."""
        self._tried = 0
        self._first: SheetError | None = None

    def __bool__(self) -> bool:
        return bool(self.columns)

    def is_in(self, cells: Sequence[str]) -> bool:
        """Whether this row is the header.

        :raises SheetError: it is, but with columns missing, double or unknown; or the table has
            none.
        """
        try:
            self.columns = standard_header(cells)
        except SheetError as error:
            self._tried += 1
            self._first = self._first or error
            named = len({*map(_standard_name, cells)} - {""})
            self.near = named * 2 >= len(column_names()["required"])
            if self.near:
                raise
            if self._tried == _TITLES:
                raise self._first from None
        return bool(self.columns)

    def missing(self) -> SheetError:
        """What to say when the table ended and no header was seen."""
        return self._first or SheetError("file.empty")


def standard_header(cells: Sequence[str]) -> list[str]:
    """Column names in their standard spelling.

    :raises SheetError: a column is missing, stands twice or is unknown.
    """
    spelled = [cell.strip() for cell in cells]
    while spelled and not _plain(spelled[-1]):
        spelled.pop()
    found = [_standard_name(cell) for cell in spelled]
    header = [name for name in found if name]
    missing = [name for name in column_names()["required"] if name not in header]
    if missing:
        raise SheetError("file.header_missing", columns="、".join(map(shown_column, missing)))
    unknown = [cell or "“”" for cell, name in zip(spelled, found, strict=True) if not name]
    if unknown:
        raise SheetError("file.header_unknown", columns="、".join(unknown))
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise SheetError("file.header_double", columns="、".join(map(shown_column, double)))
    return header


def names_columns(line: Sequence[str]) -> bool:
    """Whether any cell of a line names a column."""
    return any(map(_standard_name, line))


def _standard_name(cell: str) -> str:
    """The column that a cell of a header names; empty: none.

    >>> [_standard_name(one) for one in ("* 姓名", "证件号码（必填）", "姓名（name）", "颜色")]
    ['name', 'identifier', 'name', '']
    """
    plain = _plain(cell)
    known = _spellings()
    return known.get(plain) or known.get(plain.partition("(")[0], "")


@cache
def _spellings() -> dict[str, str]:
    known = {name: name for name in standard_columns()}
    for name, others in column_names()["columns"].items():
        known.update(dict.fromkeys(others, name))
    return known


def _plain(cell: str) -> str:
    """Without spaces, signs that nobody sees, and the star of what must be filled in."""
    return "".join(
        sign
        for sign in unicodedata.normalize("NFKC", cell)
        if not sign.isspace() and sign not in "*:" and unicodedata.category(sign) not in _UNSEEN
    ).lower()


_UNSEEN = {"Cf", "Cc", "Co"}
