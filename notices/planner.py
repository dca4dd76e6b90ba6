"""From a cause to the outbox: who must be told of a domain event, in its transaction.

The composition root hands :func:`subscriber` to the database. Which event makes which notice
stands in ``config/notices/plans.yaml``; here is only how an event's data become fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.events import Event, EventKind
from notices import outbox, plans, reminders, words
from notices.outbox import Draft
from notices.plans import Plan
from notices.recipients import Bureau, Party, parties
from notices.reminders import Wish

Fields = dict[str, object]
_LINES = 5
_OWN_CASES = frozenset({"objection", "repair"})
"""Cases of the subject itself; of all others (a tip-off) it must not learn by notice."""
_VARIANT = {EventKind.LIST_ENTERED: "list", EventKind.MEASURE_STARTED: "direction"}
"""Which of an event's data tells good news from a burden; a plan names it after a colon."""


def subscriber(session: Session, event: Event) -> None:
    """Post what an event causes. Called inside the transaction that emitted it."""
    planned = [one for cause in _causes(event) for one in _planned().get(cause, ())]
    if not planned or event.subject_id is None:
        return
    party = parties(session, [event.subject_id]).get(event.subject_id)
    if party is None:
        return
    fields = _FIELDS[event.kind](event.data, party)
    if fields is None:
        return
    if not fields["since"]:
        fields["since"] = local_day(event.at)
    for kind, plan in planned:
        if plan.subjects and party.kind not in plan.subjects:
            continue
        _post(session, event, party, kind, plan, fields)


def _causes(event: Event) -> Sequence[str]:
    variant = _VARIANT.get(event.kind)
    return (event.kind, *([f"{event.kind}:{event.data[variant]}"] if variant else ()))


@cache
def _planned() -> Mapping[str, Sequence[tuple[str, Plan]]]:
    found: dict[str, list[tuple[str, Plan]]] = {}
    for kind, plan in plans.plans().items():
        for cause in plan.events:
            found.setdefault(cause, []).append((kind, plan))
    return found


def _post(
    session: Session, event: Event, party: Party, kind: str, plan: Plan, fields: Fields
) -> None:
    case_no = event.data.get("case_no")
    base = f"{kind}:{case_no or party.subject_id}:{_moment(event)}"
    drafts: list[Draft] = []
    wishes = reminders.wishes_of(session, party) if plan.reminder is not None else {}
    for follower_id in _followers(event, party, plan, wishes):
        wish = wishes.get(follower_id) if follower_id is not None else None
        drafts.append(
            Draft(
                kind=kind,
                key=base if not drafts else f"{base}#{len(drafts) + 1}",
                fields=fields,
                follower_id=follower_id,
                subject_id=party.subject_id,
                case_no=str(case_no) if case_no else None,
                quiet=wish.quiet if wish else None,
            )
        )
    if "officer" in plan.to:
        officers = Bureau(session).officers(party.district, str(case_no) if case_no else None)
        drafts += [
            Draft(
                kind=kind,
                key=f"{base}:staff:{staff_id}",
                fields=fields,
                staff_id=staff_id,
                subject_id=party.subject_id,
                case_no=str(case_no) if case_no else None,
            )
            for staff_id in officers
        ]
    outbox.post_all(session, drafts, event.at)


def _followers(
    event: Event, party: Party, plan: Plan, wishes: Mapping[int, Wish]
) -> Sequence[int | None]:
    """Followers to be told; ``[None]`` when a statutory notice finds nobody bound."""
    applicant = event.data.get("follower_id")
    case_kind = event.data.get("case_kind")
    if case_kind is not None and case_kind not in _OWN_CASES:
        return [applicant] if applicant is not None else []
    found = party.followers(plan.to)
    if applicant is not None and case_kind is not None:
        if event.kind is EventKind.CASE_OPENED:
            # The applicant has just been answered in the conversation.
            return [one for one in found if one != applicant]
        if applicant not in found:
            found.append(applicant)
    if plan.reminder is not None:
        return [one for one in found if wishes[one].days_for(plan.reminder)]
    if not found and plan.statutory and {"person", "clerks"} & set(plan.to):
        return [None]
    return found


def _moment(event: Event) -> str:
    data = event.data
    change = f"{data.get('before', '')}>{data.get('after', '')}"
    detail = data.get("entry_id") or data.get("measure_id") or data.get("record_id") or ""
    return f"{int(event.at.timestamp() * 1000)}:{change}:{detail}"


def _grade(data: Mapping[str, Any], party: Party) -> Fields:
    none = words.words("grade_none")
    before, after = data.get("before"), data.get("after")
    return {
        "subject_name": party.name,
        "before": before or none,
        "grade": after or none,
        "score_before": _shown(data.get("score_before")),
        "score_after": _shown(data.get("score_after")),
        "reason": _reason(data),
        "lines_text": lines_text(data.get("lines") or ()),
        "since": _day(data.get("on")),
    }


def _near(data: Mapping[str, Any], party: Party) -> Fields:
    return {
        "subject_name": party.name,
        "grade": data.get("grade") or words.words("grade_none"),
        "next_lower": data.get("next_lower", ""),
        "points_left": data.get("points_left", 0),
        "lines_text": lines_text(data.get("lines") or ()),
        "since": _day(data.get("on")),
    }


def _list(way: str) -> Callable[[Mapping[str, Any], Party], Fields]:
    def fields(data: Mapping[str, Any], party: Party) -> Fields:
        return {
            "subject_name": party.name,
            "matter": words.words(f"lists.{data.get('list')}.{way}"),
            "document": data.get("document_no") or words.words("no_document"),
            "since": _day(data.get("on")),
        }

    return fields


def _measure(data: Mapping[str, Any], party: Party) -> Fields:
    return {
        "subject_name": party.name,
        "matter": str(data["matter"]),
        "document": data.get("document_no") or words.words("no_document"),
        "basis": data.get("basis", ""),
        "reason": data.get("reason", ""),
        "since": _day(data["on"]),
        "until": _day(data.get("until")),
    }


def _points(data: Mapping[str, Any], party: Party) -> Fields:
    return {
        "subject_name": party.name,
        "year": data["year"],
        "points": data["points"],
        "since": _day(data.get("on")),
    }


def _case(data: Mapping[str, Any], _party: Party) -> Fields | None:
    """None for steps inside the bureau, of which the applicant need not know."""
    kind = data.get("case_kind")
    step = words.find(f"case_states.{kind}.{data.get('after')}")
    if not isinstance(step, Mapping):
        return None
    due = data.get("due_on")
    explanation = []
    if due:
        provisional = words.words("provisional") if data.get("provisional") else ""
        explanation.append(words.words("explanation.due", day=_day(due), provisional=provisional))
    if data.get("reason"):
        explanation.append(words.words("explanation.reason", reason=data["reason"]))
    return {
        "case_title": words.words(f"case_kinds.{kind}"),
        "case_label": str(data.get("case_no") or "-"),
        "state": str(step["state"]),
        "next_step": str(step["next"]),
        "explanation": "\n".join(explanation) or words.words("explanation.none"),
        "since": "",
    }


_FIELDS: Mapping[EventKind, Callable[[Mapping[str, Any], Party], Fields | None]] = {
    EventKind.GRADE_CHANGED: _grade,
    EventKind.GRADE_NEAR: _near,
    EventKind.LIST_ENTERED: _list("entered"),
    EventKind.LIST_LEFT: _list("left"),
    EventKind.MEASURE_STARTED: _measure,
    EventKind.MEASURE_ENDED: _measure,
    EventKind.POINTS_WARNING: _points,
    EventKind.CASE_OPENED: _case,
    EventKind.CASE_MOVED: _case,
}


def lines_text(lines: Sequence[Mapping[str, Any]]) -> str:
    """The heaviest lines of a score, in words; how many more there are."""
    negative = sorted(
        (line for line in lines if int(line.get("points") or 0) < 0),
        key=lambda line: int(line["points"]),
    )
    if not negative:
        return words.words("no_lines")
    shown = [
        words.words(
            "line",
            title=line.get("title") or line.get("item") or "",
            points=line["points"],
            document=line.get("document_no") or words.words("no_document"),
            since=_day(line.get("effective_from")),
        )
        for line in negative[:_LINES]
    ]
    if len(negative) > _LINES:
        shown.append(words.words("more_lines", count=len(negative) - _LINES))
    return "\n".join(shown)


def _reason(data: Mapping[str, Any]) -> str:
    overrides = data.get("overrides") or ()
    before, after = data.get("score_before"), data.get("score_after")
    fell = before is not None and after is not None and after < before
    if overrides and (fell or before == after):
        return words.words("reasons.override", title=overrides[0].get("title", ""))
    return words.words("reasons.worse" if fell else "reasons.better")


def _shown(score: object) -> object:
    return words.words("grade_none") if score is None else score


def _day(value: object) -> str:
    if isinstance(value, str) and value:
        value = date.fromisoformat(value[:10])
    return f"{value.year}年{value.month}月{value.day}日" if isinstance(value, date) else ""
