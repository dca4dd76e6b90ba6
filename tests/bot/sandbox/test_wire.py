"""Packets are well-formed whatever stands in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.wire import NotXmlError, as_mapping, read_packet, write_packet


@given(st.text())
def test_any_text_survives_but_for_what_xml_cannot_hold(text):
    root = read_packet(write_packet({"Content": text}))
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
    # A parser reads every line end as \n.
    assert (root.findtext("Content") or "") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_lists_repeat_their_element_and_numbers_stand_bare():
    packet = write_packet({"MsgId": 5, "PicList": {"item": [{"a": "1"}, {"a": "2"}]}})
    assert b"<MsgId>5</MsgId>" in packet
    assert as_mapping(read_packet(packet))["PicList"] == {"item": [{"a": "1"}, {"a": "2"}]}


@pytest.mark.parametrize("text", [b"", b"hello", b"<a/>", b"<!DOCTYPE x><xml/>", b"<xml>"])
def test_anything_else_is_no_packet(text):
    with pytest.raises(NotXmlError):
        read_packet(text)
