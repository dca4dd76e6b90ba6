"""The library of documents: import, replace, withdraw, ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError
from credit_core.ids import new_id
from credit_core.knowledge.about import About, about_article, about_file, title_key
from credit_core.knowledge.answer import answer_question
from credit_core.knowledge.article import Article
from credit_core.knowledge.catalogue import Catalogue, load_catalogue
from credit_core.knowledge.citation import Answer, brief
from credit_core.knowledge.extraction import (
    LARGEST_FILE,
    SUFFIXES,
    UnreadableFileError,
    extract_bytes,
)
from credit_core.knowledge.index import Fields, add_passages, locked_state
from credit_core.knowledge.joining import join_lines
from credit_core.knowledge.models import KnowledgeDocument, KnowledgeFile, KnowledgePassage
from credit_core.knowledge.places import find_places
from credit_core.knowledge.question import understand
from credit_core.knowledge.sounds import add_words, sound_of, words_of
from credit_core.knowledge.splitting import split_articles
from credit_core.knowledge.terms import names_a_thing

SHORTEST_TITLE_KEY = 8


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    :ivar state: ``added``, ``replaced`` (some older version is no longer current) or
        ``unchanged`` (the same content was there).
    """

    file: str
    state: str
    documents: int = 0
    passages: int = 0
    replaced: int = 0


@dataclass(frozen=True)
class DocumentInfo:
    """A document as staff see it in the list."""

    id: int
    file: str
    title: str
    number: str
    issuer: str
    place: str
    year: int | None
    status: str
    imported_at: datetime
    passages: int


class Library:
    """Documents of the bureau in the database.

    One instance per process: it keeps the list of documents until the database says that
    something changed.
    """

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None

    def import_file(self, session: Session, path: Path, *, now: datetime) -> ImportResult:
        """Read a file into the library. The same content again changes nothing.

        A newer version of a document that is there (same number, or same title and place)
        replaces it: the old one is kept and no longer cited.

        :raises UnreadableFileError: the file cannot be read; its ``code`` names the text.
        """
        if not path.is_file():
            raise UnreadableFileError("missing", path.name)
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableFileError("large", path.name)
        return self.import_bytes(session, path.read_bytes(), path.name, now=now)

    def import_bytes(
        self, session: Session, data: bytes, name: str, *, now: datetime
    ) -> ImportResult:
        """As :meth:`import_file`, for an uploaded file."""
        if Path(name).suffix.lower() not in SUFFIXES:
            raise UnreadableFileError("kind", name)
        state = locked_state(session)
        digest = hashlib.sha256(data).hexdigest()
        same = session.scalar(select(KnowledgeFile).where(KnowledgeFile.content_hash == digest))
        if same is not None and self._is_current(session, same, name):
            return ImportResult(name, "unchanged")
        extracted = extract_bytes(data, name)
        paragraphs = join_lines(extracted.lines)
        articles = split_articles(paragraphs, extracted.title or Path(name).stem)
        about = about_file(paragraphs, articles, extracted.title)
        file = self._file_row(session, same, name, digest, about, now)
        replaced = self._retire_file(session, name, file.id, now)
        fields: list[Fields] = []
        for article in articles:
            document, replaced_here = self._add_document(
                session, file, article, about, now, state.passages + 1
            )
            replaced += replaced_here
            fields += [
                Fields(
                    number=document.first_passage + offset,
                    text=passage.text,
                    headings=" ".join(passage.path),
                    title=f"{document.title} {' '.join(document.places.partition('|')[2].split())}",
                )
                for offset, passage in enumerate(article.passages)
            ]
            state.passages = document.last_passage
        add_passages(session, fields)
        add_words(session, words_of(part.text for part in fields))
        state.stamp = new_id()
        session.flush()
        return ImportResult(
            name, "replaced" if replaced else "added", len(articles), len(fields), replaced
        )

    def withdraw(self, session: Session, document_id: int, *, now: datetime) -> None:
        """Take a document back: it is kept and no longer cited.

        :raises NotFoundError: there is no such document.
        """
        document = session.get(KnowledgeDocument, document_id)
        if document is None:
            raise NotFoundError(f"knowledge document {document_id}")
        state = locked_state(session)
        document.status = "withdrawn"
        document.changed_at = now
        state.stamp = new_id()
        session.flush()

    def documents(self, session: Session) -> list[DocumentInfo]:
        """All documents, newest import first."""
        rows = session.execute(
            select(KnowledgeDocument, KnowledgeFile)
            .join(KnowledgeFile, KnowledgeFile.id == KnowledgeDocument.file_id)
            .order_by(KnowledgeFile.imported_at.desc(), KnowledgeDocument.first_passage)
        )
        return [
            DocumentInfo(
                id=document.id,
                file=file.name,
                title=document.title,
                number=document.number,
                issuer=document.issuer,
                place=document.places.partition("|")[0],
                year=document.year,
                status=document.status,
                imported_at=file.imported_at,
                passages=document.last_passage - document.first_passage + 1,
            )
            for document, file in rows
        ]

    def ask(
        self,
        session: Session,
        question: str,
        *,
        city: str | None = None,
        today: date | None = None,
    ) -> Answer:
        """Answer a question from the current documents, or say that it is not written.

        :param city: the asker's place, used when the question names none.
        :param today: lets the answer notice that today's rule is asked of an old document.
        """
        self._catalogue = load_catalogue(session, self._catalogue)
        return answer_question(session, self._catalogue, question, city=city, today=today)

    @staticmethod
    def short(answer: Answer, limit: int = 600, *, today: date | None = None) -> str:
        """The answer for a chat message: at most ``limit`` characters, with its source.

        :param today: a document of this year is not called old.
        """
        return brief(answer, limit, today=today)

    @staticmethod
    def warm() -> None:
        """Load the dictionary and the register of places, so that the first question is quick."""
        find_places("")
        for sample in ("信用", "信用\u8a0a"):
            sound_of(sample)
            understand(sample)
            names_a_thing(sample)

    # --- import -------------------------------------------------------------------------

    def _is_current(self, session: Session, file: KnowledgeFile, name: str) -> bool:
        """Whether the same content needs no import.

        What staff withdrew stays withdrawn; a superseded version that is imported again under
        its name comes back.
        """
        statuses = set(
            session.scalars(
                select(KnowledgeDocument.status).where(KnowledgeDocument.file_id == file.id)
            )
        )
        return "superseded" not in statuses or "current" in statuses or file.name != name

    def _file_row(
        self,
        session: Session,
        same: KnowledgeFile | None,
        name: str,
        digest: str,
        about: About,
        now: datetime,
    ) -> KnowledgeFile:
        if same is not None:
            same.name, same.imported_at = name, now
            return same
        file = KnowledgeFile(
            id=new_id(),
            name=name[:255],
            content_hash=digest,
            publication=about.publication[:120],
            imported_at=now,
        )
        session.add(file)
        session.flush()
        return file

    def _retire_file(self, session: Session, name: str, file_id: int, now: datetime) -> int:
        """Documents of an older file of the same name are no longer current."""
        older = session.scalars(
            select(KnowledgeDocument)
            .join(KnowledgeFile, KnowledgeFile.id == KnowledgeDocument.file_id)
            .where(KnowledgeFile.name == name, KnowledgeDocument.status == "current")
        ).all()
        for document in older:
            document.status, document.changed_at = "superseded", now
            document.replaced_by = file_id
        return len(older)

    def _add_document(
        self,
        session: Session,
        file: KnowledgeFile,
        article: Article,
        about_the_file: About,
        now: datetime,
        first: int,
    ) -> tuple[KnowledgeDocument, int]:
        about = about_article(article, about_the_file)
        document = KnowledgeDocument(
            id=new_id(),
            file_id=file.id,
            title=about.title,
            title_key=title_key(about.title),
            number=about.number[:80],
            issuer=about.issuer[:120],
            places=f"{about.own_place}|{' '.join(about.places)}"[:200],
            year=about.year,
            issued_on=about.issued_on,
            status="current",
            changed_at=now,
            first_passage=first,
            last_passage=first + len(article.passages) - 1,
        )
        replaced = self._retire_older(session, document, now)
        session.add(document)
        session.flush()
        session.add_all(
            KnowledgePassage(
                number=first + offset,
                document_id=document.id,
                path="\n".join(passage.path),
                text=passage.text,
            )
            for offset, passage in enumerate(article.passages)
        )
        session.flush()
        return document, replaced

    def _retire_older(self, session: Session, new: KnowledgeDocument, now: datetime) -> int:
        """Older versions of a document: the same title and place, not later than it.

        When the version that is there is the later one, the new arrival is the old version.
        """
        if len(new.title_key) < SHORTEST_TITLE_KEY:
            return 0
        others = session.scalars(
            select(KnowledgeDocument).where(
                KnowledgeDocument.title_key == new.title_key,
                KnowledgeDocument.status == "current",
                KnowledgeDocument.file_id != new.file_id,
                KnowledgeDocument.places == new.places,
            )
        ).all()
        count = 0
        for other in others:
            if _moment(other) > _moment(new):
                new.status, new.replaced_by = "superseded", other.id
                continue
            other.status, other.changed_at, other.replaced_by = "superseded", now, new.id
            count += 1
        return count


def _moment(document: KnowledgeDocument) -> str:
    return document.issued_on or str(document.year or "")
