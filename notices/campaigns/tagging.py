"""Tags of followers: made by staff, put on everybody who fits now, taken off again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, false, func, inspect, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from notices.campaigns import audience as audiences
from notices.campaigns.models import FollowerTag, Tag

NAME_MOST = 30
"""Characters of a tag's name at WeChat (45158 beyond)."""
TAGS_MOST = 100
"""Tags of one account at WeChat (45056 beyond)."""


def tag_everybody(session: Session, name: str, audience: Mapping[str, Any]) -> int:
    """Put a tag on every follower of an audience as it is now; returns how many are new.

    The tag is made when there is none. WeChat is told later.

    :raises Refusal: ``campaign.tag_name``, ``campaign.tag_many``.
    """
    tag = find_or_make(session, name)
    before = _count(session, tag.id)
    meant = audiences.members(audiences.read(dict(audience))).subquery()
    rows = select(meant.c.id, literal(tag.id), true(), false()).where(true())
    table = inspect(FollowerTag).local_table
    assert isinstance(table, Table)  # noqa: S101  For the type checker.
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        make(table)
        .from_select(["follower_id", "tag_id", "wanted", "told"], rows)
        .on_conflict_do_update(
            index_elements=[table.c.follower_id, table.c.tag_id],
            set_={"wanted": True, "told": False},
            where=table.c.wanted.is_(False),
        )
    )
    return _count(session, tag.id) - before


def clear_tag(session: Session, tag_id: int) -> Tag:
    """Take a tag off everybody; the tag itself stays for campaigns that were sent with it.

    :raises NotFoundError: no such tag.
    """
    tag = session.get(Tag, tag_id)
    if tag is None:
        raise NotFoundError(f"tag {tag_id}")
    session.execute(
        update(FollowerTag)
        .where(FollowerTag.tag_id == tag_id, FollowerTag.wanted.is_(True))
        .values(wanted=False, told=False),
        execution_options={"synchronize_session": False},
    )
    return tag


def find_or_make(session: Session, name: str) -> Tag:
    """:raises Refusal: ``campaign.tag_name``, ``campaign.tag_many``."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_MOST:
        raise Refusal("campaign.tag_name")
    found = session.scalar(select(Tag).where(Tag.name == name))
    if found is not None:
        return found
    if (session.scalar(select(func.count()).select_from(Tag)) or 0) >= TAGS_MOST:
        raise Refusal("campaign.tag_many")
    tag = Tag(id=new_id(), name=name)
    session.add(tag)
    session.flush()
    return tag


def tag_counts(session: Session) -> list[tuple[Tag, int]]:
    """Every tag with how many followers have it, by name."""
    counts = (
        select(FollowerTag.tag_id, func.count().label("followers"))
        .where(FollowerTag.wanted.is_(True))
        .group_by(FollowerTag.tag_id)
        .subquery()
    )
    rows = session.execute(
        select(Tag, func.coalesce(counts.c.followers, 0).label("followers"))
        .outerjoin(counts, counts.c.tag_id == Tag.id)
        .order_by(Tag.name)
    )
    return [(row[0], int(row[1])) for row in rows]


def _count(session: Session, tag_id: int) -> int:
    query = select(func.count()).select_from(FollowerTag)
    query = query.where(FollowerTag.tag_id == tag_id, FollowerTag.wanted.is_(True))
    return session.scalar(query) or 0
