"""The stand-in's own log: one JSON line for everything that took effect.

A line is handed to the operating system before the caller gets its answer, so whoever was
answered finds the line, also after `kill -9` of this process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

_BLOCK = 1 << 20


class Journal:
    """Append-only file of effects.

    Line: `{"at": seconds, "api": "template|custom|bizsend|mass|…", "openid", "key", …}` where
    `key` is the caller's idempotency key or null.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        self._end_half_line()

    def write(self, at: float, api: str, entry: Mapping[str, JsonValue]) -> None:
        """Append one effect; it is safe from our own death when this returns."""
        line = json.dumps({"at": round(at, 3), "api": api, **entry}, ensure_ascii=False)
        os.write(self._file, line.encode("utf-8", "replace") + b"\n")

    def lines(self, *, since: float = 0.0, api: str = "") -> Iterator[dict[str, JsonValue]]:
        """The effects since a moment, oldest first; a line cut by a crash is passed over."""
        wanted = f'"api": "{api}'.encode()
        with self.path.open("rb") as file:
            for line in file:
                if not line.startswith(b'{"at": ') or _moment(line) < since or wanted not in line:
                    continue
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    yield entry

    def raw(self) -> Iterator[bytes]:
        """The whole file in blocks, for handing out."""
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def clear(self) -> None:
        """Empty the log, between two measurements."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _end_half_line(self) -> None:
        size = self.path.stat().st_size
        if not size:
            return
        with self.path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                os.write(self._file, b"\n")


def _moment(line: bytes) -> float:
    try:
        return float(line[7 : line.index(b",")])
    except ValueError:
        return 0.0
