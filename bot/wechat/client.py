"""The endpoints of WeChat that are in use, grouped as WeChat's own documentation groups them.

::

    client = WeChat(database, clock, base=…, appid=…, secret=…)
    number = await client.messages.template(openid, template_id, values, client_msg_id=key)
"""

from __future__ import annotations

from bot.wechat.accounts import Accounts
from bot.wechat.mass import Mass
from bot.wechat.media import Media
from bot.wechat.messages import Messages
from bot.wechat.oauth import OAuth
from bot.wechat.people import People
from bot.wechat.transport import Transport
from config.settings import Settings
from credit_core.clock import Clock
from credit_core.database import Database


class WeChat:
    """One account's client. Made once per process; :meth:`close` it at the end."""

    def __init__(
        self, database: Database, clock: Clock, *, base: str, appid: str, secret: str
    ) -> None:
        self.transport = Transport(database, clock, base=base, appid=appid, secret=secret)
        self.messages = Messages(self.transport)
        self.mass = Mass(self.transport)
        self.media = Media(self.transport)
        self.people = People(self.transport)
        self.accounts = Accounts(self.transport)
        self.oauth = OAuth(self.transport, appid=appid, secret=secret)

    @classmethod
    def of(cls, settings: Settings, database: Database, clock: Clock) -> WeChat:
        """The client of an installation."""
        return cls(
            database,
            clock,
            base=settings.wechat_api_base,
            appid=settings.wechat_appid,
            secret=settings.wechat_secret.get_secret_value(),
        )

    async def close(self) -> None:
        await self.transport.close()
