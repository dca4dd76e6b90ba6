"""Who a campaign is for: kind, grade, district, tag, binding, interest; counted before sending."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, String, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding, Follower
from credit_core.ids import new_id
from credit_core.subjects.models import Subject
from notices.campaigns.models import FollowerTag, Tag
from notices.models import ReminderSetting


class Audience(BaseModel):
    """All given conditions hold together; inside a list any one does. Empty: all followers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    bound: bool | None = None
    interests: tuple[str, ...] = ()
    """Kinds of reminders that they switched on."""
    scene: str = Field(default="", max_length=64)
    """How they came: the scene of the QR code, with ``%`` at the end for a prefix."""

    @property
    def is_everybody(self) -> bool:
        return self == Audience()

    @property
    def only_tag(self) -> str | None:
        """The tag, when one tag and nothing else is asked for."""
        plain = Audience(tags=self.tags) == self
        return self.tags[0] if plain and len(self.tags) == 1 else None


def read(spec: dict[str, Any]) -> Audience:
    return Audience.model_validate(spec)


def members(audience: Audience) -> Select[int]:
    """Ids of the followers meant, reachable ones only."""
    query = select(Follower.id).where(Follower.following.is_(True), Follower.unreachable.is_(False))
    if audience.kinds or audience.grades or audience.districts:
        bound = select(Binding.id).join(Subject, Subject.id == Binding.subject_id)
        bound = bound.where(Binding.follower_id == Follower.id, Binding.until.is_(None))
        if audience.kinds:
            bound = bound.where(Subject.kind.in_(audience.kinds))
        if audience.grades:
            bound = bound.where(Subject.grade.in_(audience.grades))
        if audience.districts:
            bound = bound.where(Subject.district.in_(audience.districts))
        query = query.where(bound.exists())
    if audience.bound is not None:
        any_binding = exists().where(Binding.follower_id == Follower.id, Binding.until.is_(None))
        query = query.where(any_binding if audience.bound else ~any_binding)
    if audience.tags:
        tagged = select(FollowerTag.follower_id).join(Tag, Tag.id == FollowerTag.tag_id)
        tagged = tagged.where(
            FollowerTag.follower_id == Follower.id,
            FollowerTag.wanted.is_(True),
            Tag.name.in_(audience.tags),
        )
        query = query.where(tagged.exists())
    if audience.interests:
        query = query.where(Follower.id.in_(_interested(audience.interests)))
    if audience.scene:
        query = query.where(Follower.scene.like(audience.scene))
    return query


def count(session: Session, audience: Audience) -> int:
    return session.scalar(select(func.count()).select_from(members(audience).subquery())) or 0


def _interested(kinds: tuple[str, ...]) -> Select[int]:
    # The list stands as JSON text; the kinds are plain words, so quoted ones are unambiguous.
    text = cast(ReminderSetting.kinds, String)
    return select(ReminderSetting.follower_id).where(
        ReminderSetting.on.is_(True), or_(*(text.contains(f'"{kind}"') for kind in kinds))
    )


def tag_follower(session: Session, follower_id: int, name: str, *, wanted: bool = True) -> None:
    """Put a tag on a follower, or take it off; WeChat is told by the clock."""
    tag = session.scalars(select(Tag).where(Tag.name == name)).one_or_none()
    if tag is None:
        tag = Tag(id=new_id(), name=name)
        session.add(tag)
        session.flush()
    row = session.get(FollowerTag, (follower_id, tag.id))
    if row is None:
        session.add(FollowerTag(follower_id=follower_id, tag_id=tag.id, wanted=wanted))
    elif row.wanted != wanted:
        row.wanted, row.told = wanted, False
    session.flush()
