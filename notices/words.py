"""Words of ``config/notices/texts.yaml``, found by dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from config.data import read
from config.settings import DATA
from config.texts import TextError


@cache
def _all() -> Mapping[str, Any]:
    loaded = read(DATA / "notices" / "texts.yaml")
    if not isinstance(loaded, dict):
        raise TextError("config/notices/texts.yaml is not a mapping")
    return loaded


def find(key: str) -> Any:
    """What stands under a dotted key; None where there is nothing."""
    node: Any = _all()
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return node


def words(key: str, **fields: object) -> str:
    """One text, filled.

    :raises TextError: there is none.
    """
    found = find(key)
    if not isinstance(found, str):
        raise TextError(f"config/notices/texts.yaml has no text {key!r}")
    return found.format(**fields)


def why(key: str) -> str:
    """The reason of a status for people; empty for none."""
    return words(f"why.{key}") if key else ""
