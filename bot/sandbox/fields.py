"""Reading the JSON body of a call, refusing as the platform does."""

from __future__ import annotations

import json
from typing import NoReturn, cast

from pydantic import JsonValue

from bot.sandbox.errors import ApiError


class Fields:
    """A JSON object whose members are asked for by type; a wrong one is 47001."""

    __slots__ = ("raw",)

    def __init__(self, raw: dict[str, JsonValue]) -> None:
        self.raw = raw

    @classmethod
    def parse(cls, body: bytes) -> Fields:
        """The body of a call. Escapes like \\u4e2d are refused: WeChat wants raw UTF-8."""
        if not body.strip():
            raise ApiError(44002, "empty post data")
        if b"\\u" in body and b"\\u" in body.replace(b"\\\\", b""):
            raise ApiError(40033, "invalid charset. please check your request, if include \\uxxxx")
        try:
            raw = json.loads(body)
        except ValueError as error:
            raise ApiError(47001, "data format error") from error
        if not isinstance(raw, dict):
            raise ApiError(47001, "data format error")
        return cls(cast("dict[str, JsonValue]", raw))

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.raw.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers are taken as their digits, as the platform does."""
        value = self.raw.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ApiError(47001, f"data format error hint: [{name} should be a string]")

    def number(self, name: str, default: int = 0) -> int:
        """A whole number, also when written as digits in a string."""
        value = self.raw.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        raise ApiError(47001, f"data format error hint: [{name} should be a number]")

    def flag(self, name: str) -> bool:
        """A boolean; 0 and 1 do as well."""
        value = self.raw.get(name)
        if isinstance(value, bool | int):
            return bool(value)
        if value is None:
            return False
        raise ApiError(47001, f"data format error hint: [{name} should be a boolean]")

    def inner(self, name: str) -> Fields:
        """An object; empty when missing."""
        value = self.raw.get(name)
        if value is None:
            return Fields({})
        if isinstance(value, dict):
            return Fields(value)
        raise ApiError(47001, f"data format error hint: [{name} should be an object]")

    def objects(self, name: str) -> list[Fields]:
        """A list of objects; empty when missing."""
        return [
            Fields(item) if isinstance(item, dict) else _refuse(name) for item in self.values(name)
        ]

    def texts(self, name: str) -> list[str]:
        """A list of strings; empty when missing."""
        return [item if isinstance(item, str) else _refuse(name) for item in self.values(name)]

    def values(self, name: str) -> list[JsonValue]:
        """A list of anything; empty when missing."""
        value = self.raw.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        raise ApiError(47001, f"data format error hint: [{name} should be an array]")


def _refuse(name: str) -> NoReturn:
    raise ApiError(47001, f"data format error hint: [{name} has a wrong element]")
