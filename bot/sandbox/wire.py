"""XML of the callback, written and read as the platform does.

A packet is a JSON-like mapping: text becomes CDATA, numbers stand bare, a list repeats its
element (`{"PicList": {"item": [{…}, {…}]}}`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from pydantic import JsonValue

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class NotXmlError(Exception):
    """The account answered with something that is no XML message."""


def cdata(text: str) -> str:
    """Text as CDATA; `]]>` is split over two sections, characters XML cannot hold are dropped."""
    safe = _UNWRITABLE.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{safe}]]>"


def element(name: str, value: JsonValue) -> str:
    """One element, or several of the same name for a list."""
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    if isinstance(value, dict):
        inside = "".join(element(key, item) for key, item in value.items())
        return f"<{name}>{inside}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{int(value)}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    return f"<{name}>{cdata(value or '')}</{name}>"


def write_packet(fields: Mapping[str, JsonValue]) -> bytes:
    """A whole `<xml>` packet in UTF-8."""
    return element("xml", dict(fields)).encode()


def read_packet(text: bytes) -> ET.Element:
    """The root `<xml>` of an answer; raises `NotXmlError` when it is anything else.

    Declarations of a document type are refused: no honest answer carries one.
    """
    if b"<!DOCTYPE" in text[:1000].upper():
        raise NotXmlError("document type declared")
    try:
        root = ET.fromstring(text)  # noqa: S314 - our own account's answer, no DTD let in
    except ET.ParseError as error:
        raise NotXmlError(str(error)) from error
    if root.tag != "xml":
        raise NotXmlError("root element is not <xml>")
    return root


def text_of(node: ET.Element | None) -> str:
    """The text of an element, empty when the element is missing or empty."""
    return "" if node is None or node.text is None else node.text


def as_mapping(node: ET.Element) -> dict[str, JsonValue]:
    """An element as a mapping, for the phone and the traffic panel; repeats become a list."""
    found: dict[str, JsonValue] = {}
    for child in node:
        value: JsonValue = as_mapping(child) if len(child) else text_of(child)
        known = found.get(child.tag)
        if known is None:
            found[child.tag] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            found[child.tag] = [known, value]
    return found
