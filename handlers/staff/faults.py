"""A text that staff typed and its fault: the line, what is wrong, and the lines around it."""

from __future__ import annotations

from dataclasses import dataclass

from credit_core.datafile import DataFileError

AROUND = 3
LONGEST = 200_000
"""Characters of a text that staff type."""


@dataclass(frozen=True, slots=True)
class Fault:
    """:ivar lines: number and text of the faulty line and some around it."""

    line: int
    message: str
    lines: tuple[tuple[int, str], ...]


def fault_of(content: str, error: DataFileError) -> Fault:
    rows = content.splitlines()
    first = max(error.line - AROUND, 1)
    last = min(error.line + AROUND, len(rows))
    lines = tuple((number, rows[number - 1]) for number in range(first, last + 1))
    return Fault(error.line, error.message, lines)


def typed(content: str) -> str:
    """A text as it is kept: browsers send line ends of their own."""
    return content.replace("\r\n", "\n").replace("\r", "\n")[:LONGEST].strip("\n") + "\n"
