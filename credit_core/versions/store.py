"""The life of a version, the same for every topic; and which of several rows holds on a day.

A version holds from its first day on, never for days that are over. Of several rows with one
name the one that began last holds: to end an offer, write a version of it with an end. What has
begun is not taken back; a later version takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from credit_core.versions.differences import Difference
from credit_core.versions.models import ConfigVersion, TopicKey, VersionState

NAME = "version.yaml"
"""Stands in errors where the path of a file would."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a text says about itself.

    :ivar effective_from: None: from its approval on.
    """

    name: str
    title: str
    effective_from: date | None
    effective_to: date | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for whom.

    :ivar text: Chinese.
    :ivar count: for how many.
    :ivar samples: some of them, identifiers masked.
    """

    text: str
    count: int
    samples: tuple[str, ...] = ()


class Topic(Protocol):
    """What texts of one kind mean."""

    key: TopicKey

    def heading(self, session: Session, content: str, /) -> Heading:
        """:raises DataFileError: the first fault, with its line.
        :raises Refusal: ``versions.one_row``."""

    def rows(self, session: Session, on: date, /) -> Sequence[Heading]:
        """The rows in force, by name."""

    def begun(self, session: Session, name: str, on: date, /) -> str | None:
        """The text of the row that holds, to begin with; None: there is no such row."""

    def differences(self, session: Session, content: str, on: date, /) -> Sequence[Difference]:
        """What the text would change of the row that holds."""

    def effects(self, session: Session, content: str, on: date, /) -> Sequence[Effect]:
        """Whom the text would touch; nothing is stored."""

    def approved(self, session: Session, version: ConfigVersion, /) -> None:
        """Called in the transaction of the approval."""


def draft_version(
    session: Session, topic: Topic, content: str, *, by: str, at: datetime, note: str = ""
) -> ConfigVersion:
    """Keep a draft; it decides nothing.

    :raises DataFileError: the first fault of the text.
    :raises Refusal: ``versions.one_row`` or ``versions.past`` (``first``).
    """
    heading = topic.heading(session, content)
    _refuse_past(heading, local_day(at))
    row = ConfigVersion(
        id=new_id(),
        topic=topic.key,
        name=heading.name,
        title=heading.title,
        effective_from=heading.effective_from,
        effective_to=heading.effective_to,
        content=content,
        state=VersionState.DRAFT,
        note=note.strip(),
        created_by=by,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def approve_version(
    session: Session, topic: Topic, version: ConfigVersion, *, by: str, at: datetime
) -> None:
    """A second person lets it hold from its first day on.

    :raises DataFileError: the schema has become stricter since it was drafted.
    :raises Refusal: ``versions.not_draft``, ``versions.own_draft``, ``versions.past``.
    """
    _hold(session, version)
    if version.state != VersionState.DRAFT:
        raise Refusal("versions.not_draft")
    if version.created_by == by:
        raise Refusal("versions.own_draft")
    _refuse_past(topic.heading(session, version.content), local_day(at))
    version.state = VersionState.APPROVED
    version.approved_by, version.approved_at = by, at
    session.flush()
    topic.approved(session, version)


def withdraw_version(session: Session, version: ConfigVersion, *, at: datetime) -> None:
    """Take a draft back, or an approved version that has not begun to hold.

    :raises Refusal: ``versions.withdrawn`` or ``versions.in_force``.
    """
    _hold(session, version)
    if version.state == VersionState.WITHDRAWN:
        raise Refusal("versions.withdrawn")
    if version.state == VersionState.APPROVED and begun(version, local_day(at)):
        raise Refusal("versions.in_force")
    version.state = VersionState.WITHDRAWN
    session.flush()


def begun(version: ConfigVersion, today: date) -> bool:
    return version.effective_from is None or version.effective_from <= today


def find_version(session: Session, version_id: int, topic: TopicKey) -> ConfigVersion:
    """:raises NotFoundError: no such version of this topic."""
    version = session.get(ConfigVersion, version_id)
    if version is None or version.topic != topic:
        raise NotFoundError(f"version {version_id}")
    return version


def list_versions(session: Session, topic: TopicKey, most: int = 200) -> Sequence[ConfigVersion]:
    """Versions of a topic, the newest first."""
    newest = (ConfigVersion.created_at.desc(), ConfigVersion.id.desc())
    return session.scalars(
        select(ConfigVersion).where(ConfigVersion.topic == topic).order_by(*newest).limit(most)
    ).all()


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved text, as a value: readers keep what they made of it."""

    id: int
    content: str


def approved(session: Session, topic: TopicKey) -> tuple[Approved, ...]:
    """The approved versions in the order of their approval; one small read when there are none."""
    chosen = (ConfigVersion.topic == topic, ConfigVersion.state == VersionState.APPROVED)
    if not session.scalar(select(func.count()).select_from(ConfigVersion).where(*chosen)):
        return ()
    rows = session.execute(
        select(ConfigVersion.id, ConfigVersion.content)
        .where(*chosen)
        .order_by(ConfigVersion.approved_at, ConfigVersion.id)
    )
    return tuple(Approved(row.id, row.content) for row in rows)


class Dated(Protocol):
    @property
    def effective_from(self) -> date: ...
    @property
    def effective_to(self) -> date | None: ...


Row = TypeVar("Row", bound=Dated)


def holding(rows: Iterable[Row], on: date) -> Row | None:
    """Of the rows with one name, later ones last, the one that holds on a day.

    >>> holding([], date(2026, 1, 1)) is None
    True
    """
    last: Row | None = None
    for row in rows:
        started = row.effective_from <= on
        if started and (last is None or row.effective_from >= last.effective_from):
            last = row
    if last is None or (last.effective_to is not None and last.effective_to < on):
        return None
    return last


def _hold(session: Session, version: ConfigVersion) -> None:
    """Of two who click at the same moment, the second one sees what the first one did."""
    session.flush()
    session.refresh(version, with_for_update=True)


def _refuse_past(heading: Heading, today: date) -> None:
    if heading.effective_from is not None and heading.effective_from < today:
        raise Refusal("versions.past", first=today)
