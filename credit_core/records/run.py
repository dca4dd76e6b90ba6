"""One import under way: what it was told, what it has counted, what it knows of the register."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from credit_core.database import Database
from credit_core.records.ledger import Ledger
from credit_core.records.sheets import Row
from credit_core.rows import select_in
from credit_core.rules.book import RuleBook
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.subjects.service import current

Progress = Callable[[str, int, int], None]
Reject = Callable[[Row, str], None]
Known = tuple[int, bytes]
"""Id and name of a subject."""


@dataclass(slots=True)
class Imported:
    """What an import did, in rows.

    :ivar unchanged: rows that were known from before.
    :ivar registered: subjects that the file brought along.
    :ivar changed: subjects whose stored rating changed.
    """

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    registered: int = 0
    changed: int = 0


@dataclass(slots=True)
class Run:
    """An import."""

    database: Database
    at: datetime
    today: date
    by: str
    register: bool
    reject: Reject
    progress: Progress
    book: RuleBook
    ledger: Ledger
    totals: Imported = field(default_factory=Imported)


# The index is by kind and identifier; without the kinds the whole register would be read.
_BY_IDENTIFIER = (
    "SELECT identifier_index, id, name_index, merged_into_id FROM subject "
    f"WHERE kind IN ({', '.join(repr(str(kind)) for kind in SubjectKind)}) AND identifier_index"
)
_EARLIER_NAMES = "SELECT subject_id, name_index FROM subject_name WHERE subject_id"


class Register:
    """Subjects on the register, by identifier; a merged one leads to the one that carries on."""

    def __init__(self, session: Session, keys: Collection[bytes]) -> None:
        self.known: dict[bytes, Known] = {}
        for index, row_id, name, merged in select_in(session, _BY_IDENTIFIER, keys):
            if merged is None:
                self.known[bytes(index)] = (row_id, bytes(name))
            else:
                carried_on = current(session, session.get_one(Subject, row_id))
                self.known[bytes(index)] = (carried_on.id, carried_on.name_index)
        ids = {row_id for row_id, _ in self.known.values()}
        earlier = select_in(session, _EARLIER_NAMES, ids)
        self._earlier = {(row_id, bytes(name)) for row_id, name in earlier}

    def is_called(self, known: Known, name: bytes) -> bool:
        """Whether a subject has this name or had it earlier."""
        return known[1] == name or (known[0], name) in self._earlier
