"""Which documents there are and which may be cited; kept in memory until something changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.knowledge.index import current_state
from credit_core.knowledge.models import KnowledgeDocument, KnowledgeFile
from credit_core.knowledge.places import Place


@dataclass(frozen=True)
class Entry:
    """A document as answers name it.

    :ivar places: short names, the narrowest first; :ivar own_place: the narrowest, when the
        document names one itself and does not only stand in a magazine of that place.
    """

    document_id: int
    title: str
    number: str
    file: str
    publication: str
    places: tuple[str, ...]
    own_place: str
    year: int | None
    status: str
    first: int
    last: int


class Catalogue:
    """All documents at one state of the library."""

    def __init__(self, stamp: int, passages: int, entries: list[Entry]) -> None:
        self.stamp = stamp
        self.passages = passages
        self.entries = entries
        self._owner = np.zeros(passages + 1, dtype=np.int32)
        self.citable: NDArray[np.bool_] = np.zeros(passages + 1, dtype=np.bool_)
        self._by_place: dict[str, list[Entry]] = {}
        for position, entry in enumerate(entries):
            for name in entry.places:
                self._by_place.setdefault(name, []).append(entry)
            self._owner[entry.first : entry.last + 1] = position
            self.citable[entry.first : entry.last + 1] = entry.status == "current"

    def entry_of(self, passage: int) -> Entry:
        return self.entries[int(self._owner[passage])]

    def numbered(self, number: str) -> NDArray[np.bool_]:
        """Which passages are of the document of this number; the question may add words to it."""
        mask = np.zeros(self.passages + 1, dtype=np.bool_)
        for entry in self.entries:
            if entry.number and (number.endswith(entry.number) or entry.number.endswith(number)):
                mask[entry.first : entry.last + 1] = True
        return mask

    def within(self, *places: Place) -> NDArray[np.bool_]:
        """Which passages are of documents of one of these places."""
        mask = np.zeros(self.passages + 1, dtype=np.bool_)
        for place in places:
            for entry in self._by_place.get(place.name, ()):
                mask[entry.first : entry.last + 1] = True
        return mask


def load_catalogue(session: Session, known: Catalogue | None = None) -> Catalogue:
    """The catalogue as it is now; ``known`` is given back while nothing has changed."""
    stamp, passages = current_state(session)
    if known is not None and known.stamp == stamp:
        return known
    rows = session.execute(
        select(
            KnowledgeDocument.id,
            KnowledgeDocument.title,
            KnowledgeDocument.number,
            KnowledgeFile.name,
            KnowledgeFile.publication,
            KnowledgeDocument.places,
            KnowledgeDocument.year,
            KnowledgeDocument.status,
            KnowledgeDocument.first_passage,
            KnowledgeDocument.last_passage,
        ).join(KnowledgeFile, KnowledgeFile.id == KnowledgeDocument.file_id)
    )
    entries = []
    for row in rows:
        own, _, rest = row.places.partition("|")
        entries.append(
            Entry(
                document_id=row.id,
                title=row.title,
                number=row.number,
                file=row.name,
                publication=row.publication,
                places=tuple(rest.split()),
                own_place=own,
                year=row.year,
                status=row.status,
                first=row.first_passage,
                last=row.last_passage,
            )
        )
    return Catalogue(stamp, passages, entries)
