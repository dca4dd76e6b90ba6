"""Web authorisation: who opens our page inside WeChat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.wechat.transport import Transport


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who gave the code.

    ``snapshot``: WeChat showed a snapshot page with an invented openid; nothing may be bound
    or shown to it.
    """

    openid: str
    snapshot: bool
    scope: str = ""


class OAuth:
    def __init__(self, transport: Transport, *, appid: str, secret: str) -> None:
        self._transport, self._appid, self._secret = transport, appid, secret

    async def exchange(self, code: str) -> Visitor:
        """Turn a code (once, within five minutes) into a visitor.

        :raises bot.wechat.errors.AuthoriseAgain: the code is used up, old or wrong.
        """
        answer = await self._transport.without_token(
            "/sns/oauth2/access_token",
            {
                "appid": self._appid,
                "secret": self._secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        return Visitor(
            openid=str(answer["openid"]),
            snapshot=str(answer.get("is_snapshotuser", "0")) == "1",
            scope=str(answer.get("scope", "")),
        )
