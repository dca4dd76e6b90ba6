"""What an import has come across so far and what it will write, in files without a name.

A million rows would fill memory; here they take files that are gone with the process, and a
little cache.
"""

from __future__ import annotations

import marshal
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Self

_CACHE_KIB = 16_384
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -{cache};
CREATE TABLE row (fingerprint BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;
CREATE TABLE person (key BLOB PRIMARY KEY, id INTEGER, name BLOB) WITHOUT ROWID;
CREATE TABLE touched (id INTEGER PRIMARY KEY, is_new INTEGER);
"""


class Ledger:
    """First lines of fingerprints, subjects that the file registers, subjects to be rated."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_TABLES.format(cache=_CACHE_KIB))

    def __enter__(self) -> Self:
        self._database.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def lines(self, fingerprints: Collection[bytes]) -> dict[bytes, int]:
        """First line of each fingerprint that an earlier row had."""
        return dict(
            self._found("SELECT fingerprint, line FROM row WHERE fingerprint", fingerprints)
        )

    def add_lines(self, lines: Mapping[bytes, int]) -> None:
        self._database.executemany("INSERT OR IGNORE INTO row VALUES (?, ?)", lines.items())

    def people(self, keys: Collection[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """Id and name of the subjects that an earlier row brought, by identifier."""
        found = self._found("SELECT key, id, name FROM person WHERE key", keys)
        return {key: (row_id, name) for key, row_id, name in found}

    def add_people(self, people: Mapping[bytes, tuple[int, bytes]]) -> None:
        rows = ((key, row_id, name) for key, (row_id, name) in people.items())
        self._database.executemany("INSERT INTO person VALUES (?, ?, ?)", rows)

    def all_people(self, size: int) -> Iterator[dict[bytes, tuple[int, bytes]]]:
        cursor = self._database.execute("SELECT key, id, name FROM person")
        while rows := cursor.fetchmany(size):
            yield {key: (row_id, name) for key, row_id, name in rows}

    def touch(self, ids: Iterable[int], *, is_new: bool = False) -> None:
        rows = ((row_id, is_new) for row_id in ids)
        self._database.executemany("INSERT OR IGNORE INTO touched VALUES (?, ?)", rows)

    def touched(self, size: int, *, known: bool = False) -> Iterator[list[int]]:
        """Ids of the subjects whose rating may change, in order; ``known``: that were on the
        register before the file."""
        where = "WHERE NOT is_new" if known else ""
        cursor = self._database.execute(f"SELECT id FROM touched {where} ORDER BY id")
        while rows := cursor.fetchmany(size):
            yield [row[0] for row in rows]

    def _found(self, query: str, values: Collection[bytes]) -> list[Any]:
        marks = ", ".join("?" * len(values))
        return self._database.execute(f"{query} IN ({marks})", list(values)).fetchall()


class Spool:
    """Rows that wait in a nameless temporary file, to be read as often as needed."""

    def __init__(self) -> None:
        self._count = 0
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  Closed by leaving the spool.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            self._count += len(rows)
            packed = marshal.dumps(rows)
            self.file.write(len(packed).to_bytes(8, "big") + packed)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self.file.seek(0)
        # Unpacked from memory: from a file marshal asks for every value by itself.
        while size := int.from_bytes(self.file.read(8), "big"):
            yield from marshal.loads(self.file.read(size))  # noqa: S302  Written by this process.
