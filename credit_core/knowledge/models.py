"""Tables of the knowledge part.

A *file* is what staff imported; a *document* is one act, article or report in it; a *passage* is
a piece of a document that can answer. Postings are kept in *segments*: an import writes one
small segment, and small segments are merged into larger ones, so that neither an import nor a
question grows with the whole library.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base

# current: may be cited; superseded: a newer version of the same document is there; withdrawn:
# staff took it back.
DocumentStatus = Literal["current", "superseded", "withdrawn"]


class KnowledgeFile(Base):
    """A file as imported. The same content is imported once."""

    __tablename__ = "knowledge_file"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255), index=True)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    publication: Mapped[str] = mapped_column(String(120), default="")
    imported_at: Mapped[datetime]


class KnowledgeDocument(Base):
    """One document of a file. Passages have the numbers ``first_passage`` to ``last_passage``."""

    __tablename__ = "knowledge_document"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file_id: Mapped[int] = mapped_column(ForeignKey("knowledge_file.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    title_key: Mapped[str] = mapped_column(String(300), index=True)
    number: Mapped[str] = mapped_column(String(80), default="", index=True)
    issuer: Mapped[str] = mapped_column(String(120), default="")
    places: Mapped[str] = mapped_column(String(200), default="")
    year: Mapped[int | None]
    issued_on: Mapped[str] = mapped_column(String(10), default="")
    status: Mapped[str] = mapped_column(String(12), default="current", index=True)
    replaced_by: Mapped[int | None]
    changed_at: Mapped[datetime]
    first_passage: Mapped[int]
    last_passage: Mapped[int]


class KnowledgePassage(Base):
    """A passage; its number is its address in the postings."""

    __tablename__ = "knowledge_passage"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(ForeignKey("knowledge_document.id"), index=True)
    path: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)


class KnowledgeSegment(Base):
    """A batch of postings; ``level`` grows with its size."""

    __tablename__ = "knowledge_segment"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[int]


class KnowledgePosting(Base):
    """Where a term stands: packed passage numbers and weights (see ``index``)."""

    __tablename__ = "knowledge_posting"

    term: Mapped[str] = mapped_column(String(64), primary_key=True)
    segment_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_segment.id"), primary_key=True, autoincrement=False
    )
    packed: Mapped[bytes]


class KnowledgeWord(Base):
    """A word of the documents and how it sounds, to recognise slips of the keyboard."""

    __tablename__ = "knowledge_word"

    word: Mapped[str] = mapped_column(String(16), primary_key=True)
    sound: Mapped[str] = mapped_column(String(64), index=True)


class KnowledgeState(Base):
    """One row: how many passages there are, and a stamp that every change renews."""

    __tablename__ = "knowledge_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stamp: Mapped[int]
    passages: Mapped[int]
