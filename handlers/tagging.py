"""Telling WeChat which follower has which tag, so that it can send by tag."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog
from sqlalchemy import select, update

from bot.wechat.client import WeChat
from bot.wechat.errors import RetryLater, UserGone, WeChatError
from credit_core.accounts.models import Follower
from credit_core.database import Database
from notices.campaigns.models import FollowerTag, Tag

log = structlog.get_logger("handlers.tagging")

_AT_ONCE = 500
_A_CALL = 50
Member = tuple[int, str]
"""A follower's id and openid."""


async def tell_tags(database: Database, client: WeChat) -> int:
    """Bring WeChat's tags up to ours, some hundred followers a turn; returns how many."""
    pending = await asyncio.to_thread(_pending, database)
    told = 0
    for (tag_id, wanted), members in pending.items():
        try:
            number = await _wechat_tag(database, client, tag_id)
            for start in range(0, len(members), _A_CALL):
                batch = members[start : start + _A_CALL]
                taken = await _tell(database, client, number, wanted, batch)
                await asyncio.to_thread(_done, database, tag_id, wanted, taken)
                told += len(taken)
        except WeChatError as error:
            log.warning("a tag could not be told", code=error.code, rid=error.rid)
    return told


async def _tell(
    database: Database, client: WeChat, number: int, wanted: bool, members: Sequence[Member]
) -> list[int]:
    """Tag or untag at most fifty; returns those for whom it was done.

    Whom WeChat names as failed wait for the next turn; one whom it refuses does not keep the
    others from it: the list is halved until they stand alone.
    """
    openids = [openid for _, openid in members]
    try:
        await (client.people.tag if wanted else client.people.untag)(number, openids)
    except UserGone as error:
        if len(members) == 1:
            await asyncio.to_thread(_gone, database, members[0][0], error.action)
            return []
        half = len(members) // 2
        return [
            one
            for part in (members[:half], members[half:])
            for one in await _tell(database, client, number, wanted, part)
        ]
    except RetryLater as error:
        if error.action != "partial":
            raise
        failed = set((error.body or {}).get("fail_openid_list", openids))
        return [one for one, openid in members if openid not in failed]
    return [one for one, _ in members]


def _pending(database: Database) -> dict[tuple[int, bool], list[Member]]:
    groups: dict[tuple[int, bool], list[Member]] = defaultdict(list)
    with database.read() as session:
        rows = session.execute(
            select(FollowerTag.tag_id, FollowerTag.wanted, Follower.id, Follower.openid)
            .join(Follower, Follower.id == FollowerTag.follower_id)
            .where(
                FollowerTag.told.is_(False),
                Follower.following.is_(True),
                Follower.unreachable.is_(False),
            )
            .limit(_AT_ONCE)
        )
        for tag_id, wanted, follower_id, openid in rows:
            groups[tag_id, wanted].append((follower_id, openid))
    return groups


async def _wechat_tag(database: Database, client: WeChat, tag_id: int) -> int:
    """WeChat's number of a tag; made there when it is missing."""

    def known() -> tuple[int | None, str]:
        with database.read() as session:
            tag = session.get_one(Tag, tag_id)
            return tag.wechat_id, tag.name

    number, name = await asyncio.to_thread(known)
    if number is not None:
        return number
    there = {title: one for one, title in (await client.people.tags()).items()}
    number = there.get(name)
    if number is None:
        number = await client.people.create_tag(name)
    made = number

    def keep() -> None:
        with database.begin() as session:
            session.get_one(Tag, tag_id).wechat_id = made

    await asyncio.to_thread(keep)
    return number


def _gone(database: Database, follower_id: int, action: str) -> None:
    """Not asked for again: the openid is bad, or they left."""
    left = {"unfollowed": {"following": False}, "unreachable": {"unreachable": True}}.get(action)
    if left is None:
        return
    with database.begin() as session:
        session.execute(update(Follower).where(Follower.id == follower_id).values(left))


def _done(database: Database, tag_id: int, wanted: bool, followers: list[int]) -> None:
    with database.begin() as session:
        session.execute(
            update(FollowerTag)
            .where(
                FollowerTag.tag_id == tag_id,
                FollowerTag.wanted.is_(wanted),
                FollowerTag.follower_id.in_(followers),
            )
            .values(told=True)
        )
