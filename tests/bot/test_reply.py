"""Replies that WeChat accepts, whatever text they carry."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.message import Inbound, parse
from bot.reply import TEXT_BYTES, Article, Articles, Choice, Nothing, Text, ToAgent, render, split
from tests.bot.account import event_xml, text_xml

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def inbound(xml: str = "") -> Inbound:
    found = parse((xml or text_xml("你好")).encode(), now=NOW)
    assert found is not None
    return found


@given(st.text(max_size=3000))
def test_any_text_becomes_well_formed_xml_within_the_limit(content: str) -> None:
    rendered = render(Text(content), inbound(), NOW)
    if not rendered.xml:
        return
    root = ET.fromstring(rendered.xml)
    shown = root.findtext("Content") or ""
    assert len(shown.encode()) <= TEXT_BYTES
    assert root.findtext("ToUserName") == "openid_of_a_test"
    assert all(len(piece.encode()) <= TEXT_BYTES for piece in rendered.following)


def test_a_long_text_is_split_and_nothing_is_lost() -> None:
    text = "\n".join(f"第{number}条：" + "事" * 30 for number in range(60))
    pieces = split(text)
    assert "\n".join(pieces) == text
    assert len(pieces) > 2


def test_the_cut_falls_between_characters_and_never_inside_a_link() -> None:
    assert split("龙" * 683)[0] == "龙" * 682
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=y">看看</a>'
    pieces = split("龙" * 670 + link)
    assert pieces[1] == link


def test_end_marks_and_control_characters_are_harmless() -> None:
    rendered = render(Text("a]]><b>\x00\x08\ud800c"), inbound(), NOW)
    assert ET.fromstring(rendered.xml).findtext("Content") == "a]]><b>c"


def test_choices_are_links_that_send_their_label() -> None:
    rendered = render(Text("选", (Choice("intent:score", "查分&看"),)), inbound(), NOW)
    content = ET.fromstring(rendered.xml).findtext("Content") or ""
    assert "msgmenucontent=%E6%9F%A5%E5%88%86%26%E7%9C%8B&msgmenuid=intent%3Ascore" in content
    assert content.endswith(">查分&看</a>")


def test_one_article_for_a_message_and_eight_for_a_tap() -> None:
    articles = Articles(
        tuple(Article(f"标题{n}", "描述", "https://example.org/?a=1&b=2") for n in range(9))
    )
    message = ET.fromstring(render(articles, inbound(), NOW).xml)
    tap = ET.fromstring(render(articles, inbound(event_xml("CLICK", "x")), NOW).xml)
    assert message.findtext("ArticleCount") == "1"
    assert tap.findtext("ArticleCount") == "8"
    assert message.findtext("Articles/item/Url") == "https://example.org/?a=1&b=2"


def test_nothing_and_agent() -> None:
    assert render(Nothing(), inbound(), NOW).xml == ""
    agent = render(ToAgent("马上来"), inbound(), NOW)
    assert ET.fromstring(agent.xml).findtext("MsgType") == "transfer_customer_service"
    assert agent.following == ("马上来",)
