"""What we answer: a small vocabulary, rendered to XML that WeChat accepts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from wechatpy.replies import ArticlesReply, TextReply, TransferCustomerServiceReply

from bot.message import Inbound

TEXT_BYTES = 2048
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Choice:
    """A tappable answer; tapping sends ``label`` as if it had been typed.

    :ivar id: comes back with the tap (letters, digits, ``:._-``).
    :ivar also: other names of it, for somebody who types instead of tapping.
    """

    id: str
    label: str
    also: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text, with tappable choices below it."""

    content: str
    choices: tuple[Choice, ...] = ()

    def rendered(self) -> str:
        lines = [self.content]
        lines += [
            f'<a href="weixin://bizmsgmenu?msgmenucontent={quote(choice.label)}'
            f'&msgmenuid={quote(choice.id)}">{choice.label}</a>'
            for choice in self.choices
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Article:
    title: str
    description: str
    url: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Articles:
    """Article cards: one in answer to a message, up to eight in answer to a tap."""

    items: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class ToAgent:
    """Hand the conversation over to WeChat's customer service, with a word before."""

    notice: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`success`: nothing is to be said."""


Reply = Text | Articles | ToAgent | Nothing


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reply ready to be sent.

    :ivar xml: clear XML, or ``""`` for `success`.
    :ivar following: texts that did not fit and go out as customer-service messages.
    :ivar texts: the whole reply as texts, should the passive way be lost.
    """

    xml: str
    following: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=())


def render(reply: Reply, inbound: Inbound, now: datetime) -> Rendered:
    """Clear XML of a reply to ``inbound``."""
    head = {"source": inbound.account, "target": inbound.openid, "time": int(now.timestamp())}
    if isinstance(reply, Text):
        pieces = split(safe(reply.rendered()))
        if not pieces:
            return Rendered("")
        answer = TextReply(content=_cdata(pieces[0]), **head)
        return Rendered(answer.render(), tuple(pieces[1:]), tuple(pieces))
    if isinstance(reply, Articles):
        return _render_articles(reply.items, inbound, head)
    if isinstance(reply, ToAgent):
        texts = tuple(split(safe(reply.notice)))
        return Rendered(TransferCustomerServiceReply(**head).render(), texts, texts)
    return Rendered("")


def _render_articles(
    items: Sequence[Article], inbound: Inbound, head: dict[str, object]
) -> Rendered:
    most = 8 if inbound.kind == "event" else 1
    answer = ArticlesReply(**head)
    for item in items[:most]:
        answer.add_article(
            {
                "title": _cdata(safe(item.title)),
                "description": _cdata(safe(item.description)),
                "image": _cdata(safe(item.picture)),
                "url": _cdata(safe(item.url)),
            }
        )
    texts = tuple(f"{item.title}\n{item.description}\n{item.url}" for item in items[:most])
    return Rendered(answer.render(), (), texts)


def safe(text: str) -> str:
    """Without the characters that XML forbids."""
    return _FORBIDDEN.sub("", text)


def split(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """Pieces of at most ``limit`` UTF-8 bytes, cut at a line end where there is one near,
    else between characters; links are never cut in two when they fit a piece."""
    pieces: list[str] = []
    rest = text.strip("\n")
    while len(rest.encode()) > limit:
        cut = len(rest.encode()[:limit].decode(errors="ignore"))
        window = rest[:cut]
        line = window.rfind("\n")
        link = window.rfind("<a ")
        if line >= cut // 2:
            cut = line
        elif link > 0 and "</a>" not in window[link:]:
            cut = link
        pieces.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:].lstrip("\n")
    if rest:
        pieces.append(rest)
    return pieces


def _cdata(text: str) -> str:
    """wechatpy wraps values in CDATA without minding its end mark."""
    return text.replace("]]>", "]]]]><![CDATA[>")
