"""The account itself: menus, QR codes, quotas, the JS-SDK ticket."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.wechat.errors import WeChatError
from bot.wechat.transport import Body, Transport

_NO_MENU = 46003


@dataclass(frozen=True, slots=True)
class QrCode:
    ticket: str
    url: str

    @property
    def image_url(self) -> str:
        return f"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={quote(self.ticket)}"


class Accounts:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create_menu(self, menu: Mapping[str, Any]) -> None:
        await self._transport.post("/cgi-bin/menu/create", menu)

    async def menu(self) -> Body | None:
        """The menus as they are now; None when there is none."""
        try:
            return await self._transport.get("/cgi-bin/menu/get")
        except WeChatError as error:
            if error.code == _NO_MENU:
                return None
            raise

    async def add_conditional_menu(self, menu: Mapping[str, Any]) -> str:
        """A menu for followers with a tag; returns its ``menuid``."""
        answer = await self._transport.post("/cgi-bin/menu/addconditional", menu)
        return str(answer.get("menuid", ""))

    async def scene_code(self, scene: str, *, expire_seconds: int | None = None) -> QrCode:
        """A QR code with a scene of 1 to 64 characters; without an end it is permanent."""
        body: Body = {"action_info": {"scene": {"scene_str": scene}}}
        if expire_seconds is None:
            body["action_name"] = "QR_LIMIT_STR_SCENE"
        else:
            body |= {"action_name": "QR_STR_SCENE", "expire_seconds": expire_seconds}
        answer = await self._transport.post("/cgi-bin/qrcode/create", body)
        return QrCode(str(answer["ticket"]), str(answer.get("url", "")))

    async def quota(self, path: str) -> Body:
        """``daily_limit``, ``used``, ``remain`` of one interface today."""
        answer = await self._transport.post("/cgi-bin/openapi/quota/get", {"cgi_path": path})
        return dict(answer.get("quota", {}))

    async def clear_quota(self) -> None:
        """Set all counters of the day to nothing; ten times a month."""
        await self._transport.post("/cgi-bin/clear_quota", {"appid": self._transport.appid})

    async def js_signature(self, *, url: str, nonce: str, timestamp: int) -> str:
        """Signature of ``wx.config`` for a page; the part after ``#`` does not count."""
        ticket = await self._transport.ticket.value()
        plain = (
            f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}"
            f"&url={url.partition('#')[0]}"
        )
        # SHA-1 is WeChat's choice.
        return hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
