"""The shape of one interface of the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from pydantic import JsonValue

from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields

if TYPE_CHECKING:
    from bot.sandbox.world import World

Answer = Mapping[str, JsonValue] | web.StreamResponse


@dataclass(slots=True)
class Upload:
    """A file of a multipart call."""

    field: str
    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Call:
    """One call of the product, checked as far as all interfaces have in common."""

    world: World
    path: str
    query: Mapping[str, str]
    body: Fields
    now: float
    request: web.Request
    uploads: list[Upload] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)

    def receiver(self, name: str = "touser") -> str:
        """The openid a message goes to; 40003 when it is none of this account."""
        openid = self.body.text(name)
        if not openid:
            raise ApiError(40003, f"invalid openid hint: [{name} is empty]")
        if not self.world.known(openid):
            raise ApiError(40003, "invalid openid")
        return openid

    def check_follower(self, openid: str) -> None:
        """Refuse to write to somebody who does not follow or stands on the blacklist."""
        if not self.world.is_following(openid):
            raise ApiError(43004, "require subscribe")
        contact = self.world.contacts.get(openid)
        if contact is not None and contact.blacklisted:
            raise ApiError(43019, "user is in the blacklist")


Handler = Callable[[Call], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An interface: where, how it is called, and who answers."""

    path: str
    handler: Handler
    method: Literal["GET", "POST", "ANY"] = "POST"
    body: Literal["json", "none", "multipart"] = "json"
    token: bool = True


def ok(**members: JsonValue) -> dict[str, JsonValue]:
    """The answer of success."""
    return {"errcode": 0, "errmsg": "ok", **members}
