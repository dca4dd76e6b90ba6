"""What a report says: nine sections and a conclusion, with natural persons masked."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.masking import mask_identity, mask_name
from credit_core.records.models import RecordState
from credit_core.reports.schema import section_file
from credit_core.scoring import Line, Score
from credit_core.subjects.models import Subject, SubjectKind, SubjectName
from credit_core.subjects.service import related

NATURAL = frozenset({SubjectKind.RESIDENT, SubjectKind.PRACTITIONER})


@dataclass(frozen=True, slots=True)
class Section:
    """A titled list of lines; a section without records says 无记录."""

    id: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    sections: tuple[Section, ...]
    conclusion: tuple[str, ...]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, written: str) -> Content:
        read = json.loads(written)
        return cls(
            tuple(
                Section(one["id"], one["title"], tuple(one["lines"])) for one in read["sections"]
            ),
            tuple(read["conclusion"]),
        )


def compose(session: Session, subject: Subject, made: Score, on: date) -> Content:
    """The content of a report on a day: what is in effect then, nothing repaired or revoked."""
    lines: dict[str, list[str]] = defaultdict(list)
    lines["basic"] = list(_basic(session, subject, on))
    for line in made.lines:
        if line.record_id is not None:
            lines[section_file().section_of(line.item, line.source_unit)].append(_record(line))
    empty = (text("reports", "empty"),)
    sections = tuple(
        Section(rule.id, rule.title, tuple(lines[rule.id]) or empty)
        for rule in section_file().sections
    )
    return Content(sections, tuple(_conclusion(made)))


def shown_name(subject: Subject) -> str:
    """The name as a report shows it: natural persons masked."""
    return mask_name(subject.name) if subject.kind in NATURAL else subject.name


def shown_identifier(subject: Subject) -> str:
    return mask_identity(subject.identifier) if subject.kind in NATURAL else subject.identifier


def _basic(session: Session, subject: Subject, on: date) -> Iterable[str]:
    facts = {
        "name": shown_name(subject),
        "identifier": shown_identifier(subject),
        "kind": text("offers", f"kinds.{subject.kind}"),
        "district": subject.district,
        "registered_on": subject.registered_on.isoformat(),
        "ended_on": subject.ended_on.isoformat() if subject.ended_on else "",
    }
    for key, value in facts.items():
        if value:
            yield text("reports", f"lines.{key}", value=value)
    yield from _earlier_names(session, subject)
    yield from _relations(session, subject, on)


def _earlier_names(session: Session, subject: Subject) -> Iterable[str]:
    earlier = session.scalars(
        select(SubjectName).where(SubjectName.subject_id == subject.id).order_by(SubjectName.until)
    )
    for row in earlier:
        name = mask_name(row.name) if subject.kind in NATURAL else row.name
        yield text("reports", "lines.earlier_name", value=name, until=row.until.isoformat())


def _relations(session: Session, subject: Subject, on: date) -> Iterable[str]:
    """Who stands for an organisation, and where a practitioner works; not who is insured."""
    shown = ("legal_representative", "person_in_charge")
    if subject.kind in NATURAL:
        shown = ("works_at", "insured_by")
    for edge, other in related(session, subject, on, shown):
        yield text(
            "reports",
            "lines.relation",
            relation=text("reports", f"relations.{edge.kind}"),
            value=shown_name(other),
            since=edge.since.isoformat(),
        )


def _record(line: Line) -> str:
    if line.effective_to is None:
        until = text("reports", "lines.open_end")
    else:
        until = text("reports", "lines.until", on=line.effective_to.isoformat())
    contested = line.state == RecordState.UNDER_OBJECTION
    return text(
        "reports",
        "lines.record",
        title=line.title,
        document_no=line.document_no,
        source_unit=line.source_unit,
        decided_on=(line.decided_on or line.effective_from).isoformat(),
        effective_from=line.effective_from.isoformat(),
        until=until,
        state=text("reports", "lines.under_objection") if contested else "",
    )


def _conclusion(made: Score) -> Iterable[str]:
    if not made.evaluated:
        yield text("reports", "conclusion.not_evaluated", reason=made.reason_text or "")
    else:
        yield text(
            "reports",
            "conclusion.grade",
            grade=made.grade,
            score=made.score,
            rule_set=made.rule_set,
        )
    for override in made.overrides:
        yield text(
            "reports",
            "conclusion.override" if made.evaluated else "conclusion.decided",
            title=override.title,
            document_no=override.document_no,
            at_most=override.at_most,
        )
    hint = "unrated" if made.overrides else "none"
    yield text("reports", f"conclusion.hint.{made.grade or hint}")
    yield text("reports", "conclusion.disclaimer")
