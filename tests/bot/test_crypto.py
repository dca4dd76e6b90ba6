"""The envelope opens what WeChat sealed and nothing else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.crypto import Envelope, EnvelopeError, sign, signed
from tests.bot.account import AES_KEY, APPID, TOKEN

ENVELOPE = Envelope(TOKEN, AES_KEY, APPID)


@given(st.text())
def test_what_is_sealed_opens_again(message: str) -> None:
    body = message.encode("utf-8", "replace")
    encrypted, signature = ENVELOPE.seal(body, nonce="n", timestamp="1")
    assert ENVELOPE.open(encrypted, signature=signature, timestamp="1", nonce="n") == body


def test_wechatpy_opens_what_we_seal() -> None:
    encrypted, signature = ENVELOPE.seal("<xml>你好</xml>".encode(), nonce="n", timestamp="1")
    body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    other = WeChatCrypto(TOKEN, AES_KEY, APPID)
    assert other.decrypt_message(body, signature, "1", "n") == "<xml>你好</xml>"


def test_every_flipped_byte_is_refused() -> None:
    encrypted, _ = ENVELOPE.seal(b"<xml><MsgType>text</MsgType></xml>", nonce="n", timestamp="1")
    raw = bytearray(base64.b64decode(encrypted))
    for place in range(16, len(raw)):
        damaged = bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        text = base64.b64encode(damaged).decode()
        try:
            ENVELOPE.open(text, signature=sign(TOKEN, "1", "n", text), timestamp="1", nonce="n")
        except EnvelopeError:
            continue
        # A flip inside the message itself may still open; the signature is what forbids it.
        with pytest.raises(EnvelopeError):
            ENVELOPE.open(
                text, signature=sign(TOKEN, "1", "n", encrypted), timestamp="1", nonce="n"
            )


@pytest.mark.parametrize(
    "text", ["", "A", "not base64!", "QUJD", base64.b64encode(b"x" * 32).decode()]
)
def test_damaged_ciphertext_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(EnvelopeError):
        ENVELOPE.open(text, signature=sign(TOKEN, "1", "n", text), timestamp="1", nonce="n")


def test_another_accounts_message_is_refused() -> None:
    other = Envelope(TOKEN, AES_KEY, "wx_somebody_else")
    encrypted, signature = other.seal(b"<xml/>", nonce="n", timestamp="1")
    with pytest.raises(EnvelopeError, match="another account"):
        ENVELOPE.open(encrypted, signature=signature, timestamp="1", nonce="n")


def test_the_published_vector_opens() -> None:
    """From the sample code that WeChat hands out for its message encryption."""
    published = (
        "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    )
    envelope = Envelope("pamtest", AES_KEY, "wxb11529c136998cb6")
    signature = sign("pamtest", "1409304348", "xxxxxx", published)
    opened = envelope.open(published, signature=signature, timestamp="1409304348", nonce="xxxxxx")
    assert opened.decode() == "我是中文abcd123"
    with pytest.raises(EnvelopeError):
        envelope.open(published, signature="0" * 40, timestamp="1409304348", nonce="xxxxxx")


def test_published_signature_example() -> None:
    """The sorted parts are joined and hashed with SHA-1."""
    assert sign("b", "a", "c") == sign("c", "b", "a") == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert signed("A9993E364706816ABA3E25717850C26C9CD0D89D", "a", "b", "c")
    assert not signed("", "a", "b", "c")
