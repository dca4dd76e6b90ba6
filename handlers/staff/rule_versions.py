"""Rule versions: drafted as text, checked, previewed, approved by a second person."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from credit_core.datafile import DataFileError
from credit_core.errors import NotFoundError, Refusal
from credit_core.rules.book import KINDS, rule_book
from credit_core.rules.check import parse_rule_set
from credit_core.rules.compare import Difference, differences
from credit_core.rules.models import RuleVersion, VersionState
from credit_core.rules.versions import (
    approve_version,
    book_with,
    draft_version,
    find_version,
    withdraw_version,
)
from credit_core.scoring.preview import Preview, preview
from handlers.staff.audit import record
from handlers.staff.faults import fault_of, typed
from handlers.staff.page import (
    ANY,
    APPROVER,
    CASES,
    CLERK,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)
from handlers.staff.rendering import refusal_text

NOTE_MOST = 500
SHOWN_DIFFERENCES = 200


def pages() -> list[Page]:
    return [
        get("/rules/versions/new", show_new, CLERK),
        post("/rules/versions/new", draft, CLERK),
        get("/rules/versions/{version_id}", show_one, ANY),
        post("/rules/versions/{version_id}/preview", count, CASES),
        post("/rules/versions/{version_id}/approve", approve, APPROVER),
        post("/rules/versions/{version_id}/withdraw", withdraw, CASES),
    ]


def show_new(visit: Visit) -> Answer:
    """The rules in force, or an earlier version, as the text to begin with."""
    earlier = visit.asked("from")
    if earlier.isascii() and earlier.isdigit():
        content = find_version(visit.session, int(earlier)).content
    else:
        content = _begun(visit, visit.asked("kind"))
    return Shown("rule_version_edit.html", _form(content))


def draft(visit: Visit) -> Answer:
    """Check the text, count who would change grade, or keep the draft, as the button says.

    A fault is shown beside the text, which is kept as it was typed.
    """
    content = typed(visit.text("content"))
    note = visit.text("note")[:NOTE_MOST]
    form = _form(content) | {"note": note}
    step = visit.text("step")
    try:
        rules = parse_rule_set(content, "rules.yaml")
        if step == "count":
            made = _counted(visit, content, rules.effective_from)
            return Shown("rule_version_edit.html", form | {"sound": True, "preview": made})
        if step != "keep":
            return Shown("rule_version_edit.html", form | {"sound": True})
        version = draft_version(
            visit.session, content, by=visit.member.actor, at=visit.now, note=note
        )
    except DataFileError as error:
        faulty = form | {"fault": fault_of(content, error)}
        return Shown("rule_version_edit.html", faulty, status=422)
    except Refusal as refusal:
        refused = form | {"sentence": refusal_text(refusal)}
        return Shown("rule_version_edit.html", refused, status=422)
    record(visit, "rules.draft", f"rules:{version.id}", version.rule_set)
    return Redirect(f"/rules/versions/{version.id}", Flash("rules_drafted"))


def show_one(visit: Visit) -> Answer:
    return _page(visit, _version(visit), None)


def count(visit: Visit) -> Answer:
    """Who would change grade; nothing is stored."""
    version = _version(visit)
    return _page(visit, version, _counted(visit, version.content, version.effective_from))


def approve(visit: Visit) -> Answer:
    version = _version(visit)
    try:
        approve_version(visit.session, version, by=visit.member.actor, at=visit.now)
    except DataFileError as error:
        raise Refusal("rules.faulty", line=error.line) from None
    record(visit, "rules.approve", f"rules:{version.id}", version.rule_set)
    return Redirect(f"/rules/versions/{version.id}", Flash("rules_approved"))


def withdraw(visit: Visit) -> Answer:
    """A clerk takes back a draft; what was approved, only an approver."""
    version = _version(visit)
    if version.state == VersionState.APPROVED and not visit.member.roles & APPROVER:
        raise Refusal("page.not_allowed")
    withdraw_version(visit.session, version, at=visit.now)
    record(visit, "rules.withdraw", f"rules:{version.id}", version.rule_set)
    return Redirect(f"/rules/versions/{version.id}", Flash("rules_withdrawn"))


def _page(visit: Visit, version: RuleVersion, made: Preview | None) -> Shown:
    return Shown(
        "rule_version.html",
        {
            "version": version,
            "preview": made,
            "differences": _changes(visit, version),
            "mine": version.created_by == visit.member.actor,
            "begun": version.effective_from <= visit.today,
        },
    )


def _changes(visit: Visit, version: RuleVersion) -> list[Difference]:
    """What a draft would change of the rules that hold on its first day."""
    if version.state != VersionState.DRAFT:
        return []
    try:
        after = parse_rule_set(version.content, "rules.yaml")
    except DataFileError:
        # The schema has become stricter since; approving will say so.
        return []
    before = rule_book(visit.session).for_decision(version.kind, version.effective_from).rules
    return differences(before, after)[:SHOWN_DIFFERENCES]


def _counted(visit: Visit, content: str, first: date) -> Preview:
    book = book_with(visit.session, content)
    return preview(visit.session, rule_book(visit.session), book, max(first, visit.today))


def _version(visit: Visit) -> RuleVersion:
    return find_version(visit.session, visit.number("version_id"))


def _form(content: str) -> dict[str, object]:
    return {
        "content": content,
        "note": "",
        "fault": None,
        "sentence": "",
        "sound": False,
        "preview": None,
    }


def _begun(visit: Visit, kind: str) -> str:
    """The text of the rules that hold today, to begin next month and without an end."""
    if kind not in KINDS:
        raise NotFoundError("kind")
    source = rule_book(visit.session).for_decision(kind, visit.today).source
    earlier = re.fullmatch(r"rule_version-(\d+)\.yaml", source)
    if earlier:
        content = find_version(visit.session, int(earlier.group(1))).content
    else:
        content = Path(source).read_text(encoding="utf-8-sig")
    first = (visit.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    content = re.sub(r"(?m)^effective_from:.*$", f"effective_from: {first}", content, count=1)
    return re.sub(r"(?m)^effective_to:.*$", "effective_to:", content, count=1)
