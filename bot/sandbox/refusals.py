"""Refused calls by their `rid`, for `openapi/rid/get`."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

_KEPT = 2000
_BODY = 2000


@dataclass(frozen=True, slots=True)
class Refusal:
    """One call that got an errcode."""

    at: float
    path: str
    errcode: int
    sent: bytes


class Refusals:
    """The last refusals; the platform keeps a week, this keeps a number."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Refusal] = OrderedDict()

    def add(self, at: float, path: str, errcode: int, sent: bytes) -> str:
        """Keep a refusal and give it a rid."""
        rid = f"{int(at):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        self._held[rid] = Refusal(at, path, errcode, sent[:_BODY])
        if len(self._held) > _KEPT:
            self._held.popitem(last=False)
        return rid

    def get(self, rid: str) -> Refusal | None:
        """The refusal behind a rid."""
        return self._held.get(rid)
