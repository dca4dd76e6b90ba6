"""The stand-in's memory on disk: one SQLite file of small JSON documents.

Every write is committed at once without waiting for the disk: it survives the death of the
process, which is what tests do to it, and costs some 20 µs.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, JsonValue

_SCHEMA = """
create table if not exists documents (
    collection text not null, id text not null, data text not null,
    primary key (collection, id)) without rowid;
create table if not exists messages (
    id integer primary key autoincrement, openid text not null, data text not null);
create index if not exists messages_by_person on messages (openid, id);
"""
_KEPT_PER_PERSON = 1000

Document = TypeVar("Document", bound=BaseModel)


class Store:
    """The file, its documents and the conversations."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only the event loop's thread uses it, whichever thread made it.
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = off")
        self._file.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._file.close()

    def put(self, collection: str, key: str, data: str) -> None:
        """Write one document over what stood there."""
        self._file.execute(
            "insert or replace into documents values (?, ?, ?)", (collection, key, data)
        )

    def drop(self, collection: str, key: str) -> None:
        """Remove one document, if it is there."""
        self._file.execute(
            "delete from documents where collection = ? and id = ?", (collection, key)
        )

    def all(self, collection: str) -> list[tuple[str, str]]:
        """Every (key, JSON) of a collection."""
        rows = self._file.execute(
            "select id, data from documents where collection = ?", (collection,)
        )
        return [(str(key), str(data)) for key, data in rows]

    def add_message(self, openid: str, data: dict[str, JsonValue]) -> int:
        """Put one entry at the end of a person's chat; the oldest beyond the limit go."""
        done = self._file.execute(
            "insert into messages (openid, data) values (?, ?)",
            (openid, json.dumps(data, ensure_ascii=False)),
        )
        number = int(done.lastrowid or 0)
        if number % 100 == 0:
            self._file.execute(
                "delete from messages where openid = ? and id <= coalesce((select id from messages"
                " where openid = ? order by id desc limit 1 offset ?), 0)",
                (openid, openid, _KEPT_PER_PERSON),
            )
        return number

    def change_message(self, number: int, data: dict[str, JsonValue]) -> None:
        """Replace an entry of a chat."""
        self._file.execute(
            "update messages set data = ? where id = ?",
            (json.dumps(data, ensure_ascii=False), number),
        )

    def drop_message(self, number: int) -> None:
        """Remove an entry of a chat."""
        self._file.execute("delete from messages where id = ?", (number,))

    def messages(
        self, openid: str, *, after: int = 0, last: int = _KEPT_PER_PERSON
    ) -> list[dict[str, JsonValue]]:
        """The newest entries of a chat, oldest first, each with its `id`."""
        rows = self._file.execute(
            "select id, data from messages where openid = ? and id > ? order by id desc limit ?",
            (openid, after, last),
        ).fetchall()
        return [{"id": number, **json.loads(data)} for number, data in reversed(rows)]


class Collection(Generic[Document]):
    """Documents of one kind, held in memory and written through to the store."""

    def __init__(self, store: Store, name: str, kind: type[Document]) -> None:
        self._store = store
        self._name = name
        self._held = {key: kind.model_validate_json(data) for key, data in store.all(name)}

    def get(self, key: str) -> Document | None:
        """The document, or None."""
        return self._held.get(key)

    def put(self, key: str, document: Document) -> Document:
        """Keep a document, also after changing it."""
        self._held[key] = document
        self._store.put(self._name, key, document.model_dump_json())
        return document

    def drop(self, key: str) -> bool:
        """Forget a document; False when it was not there."""
        if self._held.pop(key, None) is None:
            return False
        self._store.drop(self._name, key)
        return True

    def items(self) -> list[tuple[str, Document]]:
        """All (key, document), in the order they were added or loaded."""
        return list(self._held.items())

    def values(self) -> list[Document]:
        """All documents."""
        return list(self._held.values())

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._held))
