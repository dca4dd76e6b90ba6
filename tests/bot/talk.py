"""A talk without HTTP: messages go through the real inbox and conversation, answers come back."""

from __future__ import annotations

import asyncio
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.message import parse
from bot.turn import Routes, Services
from bot.turns import Turns
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.account import event_xml, text_xml

OF_KIND = {
    "voice": "<MediaId>m1</MediaId><Format>amr</Format>",
    "video": "<MediaId>m1</MediaId><ThumbMediaId>t</ThumbMediaId>",
    "shortvideo": "<MediaId>m1</MediaId><ThumbMediaId>t</ThumbMediaId>",
    "location": "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Scale>20</Scale>"
    "<Label><![CDATA[某地]]></Label>",
    "link": "<Title><![CDATA[看这个]]></Title><Description>d</Description><Url>http://x.test/</Url>",
    "file": "<Title><![CDATA[证明.pdf]]></Title><Description></Description><FileKey>k</FileKey>",
}
"""The fields of messages that are neither text nor photo."""


class Talk:
    """One follower talking; `photos` maps media ids to bytes, `late` collects other texts."""

    def __init__(
        self,
        database: Database,
        clock: FixedClock,
        services: Services,
        openid: str = "openid_of_a_test",
        photos: Mapping[str, bytes] | None = None,
    ) -> None:
        self.database, self.clock, self.services, self.openid = database, clock, services, openid
        self.photos = dict(photos or {})
        self.late: list[str] = []

    def _run(self, xml: str) -> str:
        async def fetch(media_id: str) -> bytes | None:
            return self.photos.get(media_id)

        def late(_session: Any, *, texts: list[str], **_more: Any) -> None:
            self.late += texts

        async def once() -> str:
            turns = Turns(
                database=self.database,
                clock=self.clock,
                services=self.services,
                fetch_photo=fetch,
                answer_late=late,
            )
            inbound = parse(xml.encode(), now=self.clock.now())
            assert inbound is not None
            answer = await turns.answer(inbound)
            await turns.close()
            return answer

        answer = asyncio.run(once())
        self.clock.current += timedelta(seconds=5)
        if not answer:
            return ""
        return _told(ET.fromstring(answer))

    def say(self, content: str) -> str:
        return self._run(text_xml(content, self.openid))

    def tap(self, answer: str, label: str) -> str:
        """Tap the choice with this label in an answer."""
        pattern = rf'msgmenuid=([^"]+)">{re.escape(label)}</a>'
        found = re.search(pattern, answer)
        assert found, f"{label} is not offered in: {answer}"
        from urllib.parse import unquote

        xml = text_xml(label, self.openid).replace(
            "</xml>", f"<bizmsgmenuid>{unquote(found.group(1))}</bizmsgmenuid></xml>"
        )
        return self._run(xml)

    def menu(self, key: str) -> str:
        more = f"<N>{self.clock.now().timestamp()}</N>"
        return self._run(event_xml("CLICK", key, self.openid, more))

    def event(self, name: str, key: str = "") -> str:
        more = f"<N>{self.clock.now().timestamp()}</N>"
        return self._run(event_xml(name, key, self.openid, more))

    def photo(self, media_id: str) -> str:
        xml = text_xml("", self.openid).replace(
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[]]></Content>",
            f"<MsgType><![CDATA[image]]></MsgType><PicUrl>http://127.0.0.1/x</PicUrl>"
            f"<MediaId><![CDATA[{media_id}]]></MediaId>",
        )
        return self._run(xml)

    def kind(self, name: str) -> str:
        """Send a voice message, a place, a link, a file or a video."""
        xml = text_xml("", self.openid).replace(
            "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[]]></Content>",
            f"<MsgType><![CDATA[{name}]]></MsgType>{OF_KIND[name]}",
        )
        return self._run(xml)

    def wait(self, **time: float) -> None:
        self.clock.current += timedelta(**time)


def _told(answer: ET.Element) -> str:
    """What is read on the phone: the text, or the title and the description of each card."""
    cards = (
        f"{card.findtext('Title') or ''}\n{card.findtext('Description') or ''}"
        for card in answer.iterfind("Articles/item")
    )
    return answer.findtext("Content") or "\n".join(cards)


def make_services(routes: Routes, understander: Any, settings: Any, evidence: Any) -> Services:
    return Services(settings, understander, evidence, routes)
