"""Who would change grade if other rules held: asked before anything does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from credit_core.masking import mask_identity
from credit_core.rules.book import KINDS, RuleBook
from credit_core.scoring.ranges import Bulk, Rated
from credit_core.subjects.models import Subject, SubjectKind

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Shift:
    """So many subjects of a kind would go from one grade to another (``""``: not evaluated).

    :ivar samples: some of them, identifiers masked.
    """

    kind: str
    before: str
    after: str
    count: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What other rules would do on a day.

    :ivar scores: how many scores would change, with or without the grade.
    """

    on: date
    subjects: int
    scores: int
    shifts: tuple[Shift, ...]


def preview(session: Session, before: RuleBook, after: RuleBook, on: date) -> Preview:
    """Compare the ratings of everybody under two rule books on one day; nothing is stored."""
    counts: Counter[tuple[str, str, str]] = Counter()
    samples: dict[tuple[str, str, str], list[int]] = {}
    subjects = scores = 0
    for old, new in _both(session, before, after, on):
        subjects += len(old.grade)
        scores += int((old.score != new.score).sum())
        for position, (was, becomes) in enumerate(zip(old.grade, new.grade, strict=True)):
            if was == becomes:
                continue
            kind = KINDS[int(old.subjects.kind[position])]
            key = (kind, was, becomes)
            counts[key] += 1
            if counts[key] <= SAMPLES:
                samples.setdefault(key, []).append(int(old.subjects.id[position]))
    shifts = tuple(
        Shift(*key, count, tuple(_shown(session, samples[key])))
        for key, count in sorted(counts.items(), key=lambda pair: (pair[0][0], -pair[1]))
    )
    return Preview(on, subjects, scores, shifts)


def _both(
    session: Session, before: RuleBook, after: RuleBook, on: date
) -> Iterator[tuple[Rated, Rated]]:
    old, new = Bulk(session, on, before), Bulk(session, on, after)
    for entry in new.entries:
        if entry is not None:
            old.reader.know((c.item.code, c.variant.level) for c in entry.compiled.cells)
    new.reader.tokens = old.reader.tokens
    for subjects in old.reader.chunks():
        records = old.reader.records(subjects)
        yield old.rate(subjects, records), new.rate(subjects, records)


def _shown(session: Session, ids: list[int]) -> Iterator[str]:
    for row_id in ids:
        subject = session.get_one(Subject, row_id)
        person = subject.kind in {SubjectKind.RESIDENT, SubjectKind.PRACTITIONER}
        yield mask_identity(subject.identifier) if person else subject.identifier
