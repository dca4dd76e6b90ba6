"""Tags are told to WeChat; whom it does not take keeps nobody else from it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import insert, select

from bot.wechat.client import WeChat
from bot.wechat.errors import refusal
from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.ids import new_id
from handlers.tagging import tell_tags
from notices.campaigns.models import FollowerTag, Tag


class People:
    """WeChat's tags: refuses the calls that hold a certain openid."""

    def __init__(self, code: int, odd: str) -> None:
        self.code, self.odd = code, odd
        self.tagged: list[str] = []

    async def tag(self, _number: int, openids: Sequence[str]) -> None:
        if self.odd in openids:
            body: dict[str, Any] = {"errcode": self.code, "errmsg": "x"}
            if self.code == 45171:
                self.tagged += [one for one in openids if one != self.odd]
                body["fail_openid_list"] = [self.odd]
            raise refusal("/cgi-bin/tags/members/batchtagging", body)
        self.tagged += openids


@pytest.fixture
def everybody(sqlite_database: Database, clock: FixedClock) -> list[str]:
    openids = [f"one_{number}" for number in range(120)]
    rows = [{"id": new_id(), "openid": one, "followed_at": clock.now()} for one in openids]
    with sqlite_database.begin() as session:
        session.execute(insert(Follower), rows)
        session.add(Tag(id=1, name="药店", wechat_id=101))
        session.flush()
        tags = [{"follower_id": one["id"], "tag_id": 1, "wanted": True} for one in rows]
        session.execute(insert(FollowerTag), tags)
    return openids


@pytest.mark.parametrize("code", [40003, 45171])
async def test_everybody_else_is_tagged_once(
    sqlite_database: Database, everybody: list[str], code: int
) -> None:
    people = People(code, odd="one_60")
    client = cast("WeChat", SimpleNamespace(people=people))
    for _ in range(3):
        await tell_tags(sqlite_database, client)
    others = [one for one in everybody if one != "one_60"]
    assert sorted(people.tagged) == sorted(others)
    with sqlite_database.read() as session:
        untold = select(Follower.openid, Follower.unreachable).join(FollowerTag)
        (left,) = session.execute(untold.where(FollowerTag.told.is_(False)))
    assert left == ("one_60", code == 40003)
