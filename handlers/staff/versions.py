"""Rules, offers, list rules, measures and the calendar: drafted as text, checked, previewed,
approved by a second person; the same way for each topic."""

from __future__ import annotations

from credit_core.datafile import DataFileError
from credit_core.errors import NotFoundError, Refusal
from credit_core.versions.differences import Difference
from credit_core.versions.models import ConfigVersion, TopicKey, VersionState
from credit_core.versions.store import (
    Topic,
    approve_version,
    begun,
    draft_version,
    find_version,
    list_versions,
    withdraw_version,
)
from credit_core.versions.topics import TOPICS
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
        get("/versions", show_first, ANY),
        get("/versions/{topic}", show_topic, ANY),
        get("/versions/{topic}/new", show_new, CLERK),
        post("/versions/{topic}/new", draft, CLERK),
        get("/versions/{topic}/{version_id}", show_one, ANY),
        post("/versions/{topic}/{version_id}/preview", count, CASES),
        post("/versions/{topic}/{version_id}/approve", approve, APPROVER),
        post("/versions/{topic}/{version_id}/withdraw", withdraw, CASES),
    ]


def show_first(visit: Visit) -> Answer:
    return _overview(visit, TOPICS[TopicKey.OFFERS])


def show_topic(visit: Visit) -> Answer:
    return _overview(visit, _topic(visit))


def show_new(visit: Visit) -> Answer:
    """The row that holds, or an earlier version, as the text to begin with."""
    topic = _topic(visit)
    earlier = visit.asked("from")
    if earlier.isascii() and earlier.isdigit():
        content = find_version(visit.session, int(earlier), topic.key).content
    else:
        found = topic.begun(visit.session, visit.asked("name"), visit.today)
        if found is None:
            raise NotFoundError("name")
        content = found
    return Shown("version_edit.html", _form(topic, content))


def draft(visit: Visit) -> Answer:
    """Check the text, count whom it touches, or keep the draft, as the button says.

    A fault is shown beside the text, which is kept as it was typed.
    """
    topic = _topic(visit)
    content = typed(visit.text("content"))
    note = visit.text("note")[:NOTE_MOST]
    form = _form(topic, content) | {"note": note}
    step = visit.text("step")
    try:
        if step != "keep":
            topic.heading(visit.session, content)
            more: dict[str, object] = {"sound": True}
            if step == "count":
                more |= _counted(visit, topic, content)
            return Shown("version_edit.html", form | more)
        version = draft_version(
            visit.session, topic, content, by=visit.member.actor, at=visit.now, note=note
        )
    except DataFileError as error:
        faulty = form | {"fault": fault_of(content, error)}
        return Shown("version_edit.html", faulty, status=422)
    except Refusal as refusal:
        refused = form | {"sentence": refusal_text(refusal)}
        return Shown("version_edit.html", refused, status=422)
    record(visit, "version.draft", f"version:{version.id}", f"{topic.key} {version.name}")
    return Redirect(_address(version), Flash("version_drafted"))


def show_one(visit: Visit) -> Answer:
    return _page(visit, _topic(visit), _version(visit), {})


def count(visit: Visit) -> Answer:
    """Whom it would touch; nothing is stored."""
    topic, version = _topic(visit), _version(visit)
    try:
        made = _counted(visit, topic, version.content)
    except DataFileError as error:
        raise Refusal("versions.faulty", line=error.line) from None
    return _page(visit, topic, version, made)


def approve(visit: Visit) -> Answer:
    topic, version = _topic(visit), _version(visit)
    try:
        approve_version(visit.session, topic, version, by=visit.member.actor, at=visit.now)
    except DataFileError as error:
        raise Refusal("versions.faulty", line=error.line) from None
    record(visit, "version.approve", f"version:{version.id}", f"{topic.key} {version.name}")
    return Redirect(_address(version), Flash("version_approved"))


def withdraw(visit: Visit) -> Answer:
    """A clerk takes back a draft; what was approved, only an approver."""
    version = _version(visit)
    if version.state == VersionState.APPROVED and not visit.member.roles & APPROVER:
        raise Refusal("page.not_allowed")
    withdraw_version(visit.session, version, at=visit.now)
    record(visit, "version.withdraw", f"version:{version.id}", f"{version.topic} {version.name}")
    return Redirect(_address(version), Flash("version_withdrawn"))


def _overview(visit: Visit, topic: Topic) -> Shown:
    return Shown(
        "versions.html",
        {
            "topic": topic.key,
            "topics": list(TOPICS),
            "rows": topic.rows(visit.session, visit.today),
            "versions": list_versions(visit.session, topic.key),
        },
    )


def _page(visit: Visit, topic: Topic, version: ConfigVersion, made: dict[str, object]) -> Shown:
    context = {
        "topic": topic.key,
        "version": version,
        "effects": None,
        "differences": _changes(visit, topic, version),
        "mine": version.created_by == visit.member.actor,
        "begun": begun(version, visit.today),
    }
    return Shown("version.html", context | made)


def _changes(visit: Visit, topic: Topic, version: ConfigVersion) -> list[Difference]:
    """What a draft would change of the row that holds on its first day."""
    if version.state != VersionState.DRAFT:
        return []
    first = version.effective_from or visit.today
    try:
        found = topic.differences(visit.session, version.content, first)
    except DataFileError:
        # The schema has become stricter since; approving will say so.
        return []
    return list(found)[:SHOWN_DIFFERENCES]


def _counted(visit: Visit, topic: Topic, content: str) -> dict[str, object]:
    first = topic.heading(visit.session, content).effective_from or visit.today
    on = max(first, visit.today)
    return {"effects": topic.effects(visit.session, content, on), "effects_on": on}


def _topic(visit: Visit) -> Topic:
    key = visit.params["topic"]
    if key not in {*TopicKey}:
        raise NotFoundError("topic")
    return TOPICS[TopicKey(key)]


def _version(visit: Visit) -> ConfigVersion:
    return find_version(visit.session, visit.number("version_id"), _topic(visit).key)


def _address(version: ConfigVersion) -> str:
    return f"/versions/{version.topic}/{version.id}"


def _form(topic: Topic, content: str) -> dict[str, object]:
    return {
        "topic": topic.key,
        "content": content,
        "note": "",
        "fault": None,
        "sentence": "",
        "sound": False,
        "effects": None,
    }
