"""Our crypto against a published vector and against wechatpy, in both directions."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto

from bot.sandbox.crypto import CipherError, MessageCipher, signature

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CIPHER = MessageCipher("pamtest", KEY, "wxb11529c136998cb6")
# From the sample code that WeChat hands out for its message encryption.
PUBLISHED = (
    "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
)


def test_the_published_vector_comes_out_bit_for_bit():
    made = CIPHER.encrypt("我是中文abcd123".encode(), prefix=b"aaaabbbbccccdddd")
    assert made == PUBLISHED
    assert CIPHER.decrypt(PUBLISHED).decode() == "我是中文abcd123"


@given(st.text(max_size=200))
def test_wechatpy_reads_what_we_write_and_the_other_way_round(text):
    other = PrpCrypto(base64.b64decode(KEY + "="))
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    assert other.decrypt(CIPHER.encrypt(data), CIPHER.appid) == text
    assert CIPHER.decrypt(other.encrypt(text, CIPHER.appid).decode()) == data


def test_signature_does_not_depend_on_the_order():
    assert signature("b", "a", "c") == signature("c", "b", "a")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "***",
        "AAAA",
        PUBLISHED[4:],
        base64.b64encode(bytes(64)).decode(),
        MessageCipher("pamtest", KEY, "wx_somebody_else").encrypt(b"x"),
    ],
    ids=["empty", "not base64", "too short", "cut", "zeros", "other account"],
)
def test_damaged_or_foreign_packets_are_refused(broken):
    with pytest.raises(CipherError):
        CIPHER.decrypt(broken)


def test_a_key_of_the_wrong_length_is_refused_at_once():
    with pytest.raises(ValueError, match="43"):
        MessageCipher("t", KEY[:-1], "wx")
