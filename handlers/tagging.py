"""Telling WeChat which follower has which tag, so that it can send by tag."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog
from sqlalchemy import select, update

from bot.wechat.client import WeChat
from bot.wechat.errors import WeChatError
from credit_core.accounts.models import Follower
from credit_core.database import Database
from notices.campaigns.models import FollowerTag, Tag

log = structlog.get_logger("handlers.tagging")

_AT_ONCE = 500


async def tell_tags(database: Database, client: WeChat) -> int:
    """Bring WeChat's tags up to ours, some hundred followers a turn; returns how many."""
    pending = await asyncio.to_thread(_pending, database)
    told = 0
    for (tag_id, wanted), members in pending.items():
        try:
            number = await _wechat_tag(database, client, tag_id)
            openids = [openid for _, openid in members]
            if wanted:
                await client.people.tag(number, openids)
            else:
                await client.people.untag(number, openids)
        except WeChatError as error:
            log.warning("a tag could not be told", code=error.code, rid=error.rid)
            continue
        await asyncio.to_thread(_done, database, tag_id, wanted, [one for one, _ in members])
        told += len(members)
    return told


def _pending(database: Database) -> dict[tuple[int, bool], list[tuple[int, str]]]:
    groups: dict[tuple[int, bool], list[tuple[int, str]]] = defaultdict(list)
    with database.read() as session:
        rows = session.execute(
            select(FollowerTag.tag_id, FollowerTag.wanted, Follower.id, Follower.openid)
            .join(Follower, Follower.id == FollowerTag.follower_id)
            .where(FollowerTag.told.is_(False), Follower.following.is_(True))
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
