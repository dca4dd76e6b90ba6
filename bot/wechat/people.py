"""Followers and their tags."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bot.wechat.transport import Body, Transport

_TAG_BATCH = 50


class People:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def info(self, openid: str) -> Body:
        """``subscribe``, ``unionid``, ``tagid_list``, ``subscribe_scene``, ``qr_scene_str``."""
        return await self._transport.get("/cgi-bin/user/info", openid=openid, lang="zh_CN")

    async def all_openids(self) -> AsyncIterator[list[str]]:
        """Every follower, ten thousand at a time."""
        after = ""
        while True:
            answer = await self._transport.get("/cgi-bin/user/get", next_openid=after)
            openids = list((answer.get("data") or {}).get("openid", []))
            if openids:
                yield openids
            after = str(answer.get("next_openid", ""))
            if not after or not openids:
                return

    async def tags(self) -> dict[int, str]:
        answer = await self._transport.get("/cgi-bin/tags/get")
        return {int(tag["id"]): str(tag["name"]) for tag in answer.get("tags", [])}

    async def create_tag(self, name: str) -> int:
        answer = await self._transport.post("/cgi-bin/tags/create", {"tag": {"name": name}})
        return int(answer["tag"]["id"])

    async def tag(self, tag_id: int, openids: Sequence[str]) -> None:
        """Put a tag on followers, fifty a call."""
        await self._batches("/cgi-bin/tags/members/batchtagging", tag_id, openids)

    async def untag(self, tag_id: int, openids: Sequence[str]) -> None:
        await self._batches("/cgi-bin/tags/members/batchuntagging", tag_id, openids)

    async def _batches(self, path: str, tag_id: int, openids: Sequence[str]) -> None:
        for start in range(0, len(openids), _TAG_BATCH):
            batch = list(openids[start : start + _TAG_BATCH])
            await self._transport.post(path, {"openid_list": batch, "tagid": tag_id})
