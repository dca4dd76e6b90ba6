"""The library of documents behind the answers about rules: upload, withdraw, try a question."""

from __future__ import annotations

from pathlib import Path

from config.texts import text
from credit_core.errors import Refusal
from credit_core.knowledge.citation import Answer as Said
from credit_core.knowledge.extraction import SUFFIXES, UnreadableFileError
from credit_core.knowledge.library import Library
from handlers.staff.audit import record
from handlers.staff.page import (
    CASES,
    READERS,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)

LARGEST_FILE = 20 * 1024 * 1024
_FORM = 1024 * 1024
"""Room for the rest of the form around the file."""
QUESTION_MOST = 200
STATUSES = ("current", "superseded", "withdrawn")
# One for the process: it keeps the list of documents until the database says that it changed.
_library = Library()


def pages() -> list[Page]:
    return [
        get("/documents", show_list, READERS),
        post("/documents", upload, CASES, largest=LARGEST_FILE + _FORM),
        post("/documents/ask", ask, READERS),
        post("/documents/{document_id}/withdraw", withdraw, CASES),
    ]


def show_list(visit: Visit) -> Answer:
    return _page(visit)


def upload(visit: Visit) -> Answer:
    """The same content again changes nothing; a newer version takes the old one's place."""
    file = visit.files.get("file")
    if file is None:
        raise Refusal("form.file")
    name = Path(file.filename.replace("\\", "/")).name
    if len(file.content) > LARGEST_FILE:
        raise Refusal("document.large")
    try:
        done = _library.import_bytes(visit.session, file.content, name, now=visit.now)
    except UnreadableFileError as error:
        raise Refusal("plain", sentence=text("knowledge", f"unreadable.{error.code}")) from None
    record(visit, "document.import", f"document:{name}", done.state)
    sentence = text(
        "knowledge",
        f"import.{done.state}",
        file=name,
        documents=done.documents,
        passages=done.passages,
        replaced=done.replaced,
    )
    return Redirect("/documents", Flash("plain", {"sentence": sentence}))


def ask(visit: Visit) -> Answer:
    """What a citizen would be answered, with every source."""
    question = visit.require("question")[:QUESTION_MOST]
    said = _library.ask(visit.session, question, city=visit.settings.city, today=visit.today)
    return _page(visit, question, said)


def withdraw(visit: Visit) -> Answer:
    number = visit.number("document_id")
    _library.withdraw(visit.session, number, now=visit.now)
    record(visit, "document.withdraw", f"document:{number}")
    return Redirect("/documents", Flash("document_withdrawn"))


def _page(visit: Visit, question: str = "", said: Said | None = None) -> Shown:
    documents = _library.documents(visit.session)
    status = visit.asked("status")
    wanted = status if status in STATUSES else STATUSES[0]
    return Shown(
        "documents.html",
        {
            "rows": [one for one in documents if one.status == wanted],
            "counts": {
                name: sum(one.status == name for one in documents) for name in STATUSES
            },
            "status": wanted,
            "question": question,
            "said": said,
            "accepted": ",".join(sorted(SUFFIXES)),
        },
    )  # fmt: skip
