"""What the account may answer, and what the platform takes for malformed."""

from __future__ import annotations

import pytest

WANG = "o_wang_0000000000000000000001"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.fixture
async def answered(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()

    async def say(kind, inside, change=lambda xml: xml):
        async def reply(message):
            return change(bench.account.xml(message, kind, inside))

        bench.account.reply = reply
        return await phone.say("在吗")

    return say


async def test_text_is_shown_with_its_links(answered):
    reply = await answered("text", "<Content><![CDATA[看<a href='http://x/'>这里</a>]]></Content>")
    assert reply.text == "看<a href='http://x/'>这里</a>"


async def test_an_image_must_have_been_uploaded(bench, answered):
    assert (await answered("image", "<Image><MediaId>nope</MediaId></Image>")).status == "malformed"
    media = await bench.upload("/cgi-bin/media/upload?type=image", PNG)
    inside = f"<Image><MediaId>{media['media_id']}</MediaId></Image>"
    assert (await answered("image", inside)).entry["media_id"] == media["media_id"]


def _articles(count: int, told: int | None = None) -> str:
    items = "".join(f"<item><Title>文{n}</Title><Url>http://x/</Url></item>" for n in range(count))
    return f"<ArticleCount>{told or count}</ArticleCount><Articles>{items}</Articles>"


async def test_surplus_articles_are_dropped(bench, answered):
    assert len((await answered("news", _articles(3))).entry["articles"]) == 1

    async def many(message):
        return bench.account.xml(message, "news", _articles(10))

    bench.account.reply = many
    reply = await bench.sandbox.phone(WANG).event("CLICK", EventKey="K")
    assert len(reply.entry["articles"]) == 8


async def test_a_hand_over_to_people_only_answers_a_message(bench, answered):
    reply = await answered("transfer_customer_service", "")
    assert reply.entry == {"kind": "system", "code": "transferred"}
    reply = await bench.sandbox.phone(WANG).event("CLICK", EventKey="K")
    assert reply.status == "malformed"


@pytest.mark.parametrize(
    ("kind", "inside"),
    [
        ("text", "<Content></Content>"),
        ("text", f"<Content>{'长' * 683}</Content>"),
        ("news", _articles(2, told=3)),
        ("news", "<ArticleCount>0</ArticleCount><Articles></Articles>"),
        ("telegram", "<Content>x</Content>"),
    ],
)
async def test_what_wechat_would_not_show_is_malformed(answered, kind, inside):
    assert (await answered(kind, inside)).status == "malformed"


async def test_a_reply_to_somebody_else_is_malformed(answered):
    reply = await answered("text", "<Content>x</Content>", lambda xml: xml.replace(WANG, "o_li"))
    assert (reply.status, reply.reason) == ("malformed", "ToUserName is not the user who wrote")


async def test_a_document_type_is_refused(answered):
    reply = await answered(
        "text",
        "<Content>&x;</Content>",
        lambda xml: '<!DOCTYPE xml [<!ENTITY x "boom">]>' + xml,
    )
    assert reply.status == "malformed"
