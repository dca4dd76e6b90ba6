"""Texts for citizens and staff, read from ``config/texts/<topic>.yaml``.

A text is found by topic and dotted key and filled by name::

    >>> text("common", "next_step.bind")  # doctest: +SKIP
    '回复“绑定”即可绑定身份。'

A missing key or a missing field is a programming error and raises; tests walk over all of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from config.data import read
from config.settings import DATA


class TextError(LookupError):
    """A text or one of its fields does not exist."""


@cache
def topic(name: str) -> dict[str, Any]:
    """The whole topic as nested mappings and lists."""
    path = DATA / "texts" / f"{name}.yaml"
    if not path.is_file():
        raise TextError(f"config/texts/{name}.yaml does not exist")
    loaded = read(path)
    if not isinstance(loaded, dict):
        raise TextError(f"config/texts/{name}.yaml is not a mapping")
    _refuse_odd_keys(loaded, path.name)
    return loaded


def _refuse_odd_keys(node: Any, file: str) -> None:
    """`on`, `off`, `yes` and `no` are truth values in YAML and would never be found as keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                raise TextError(f"config/texts/{file}: the key {key!r} must be quoted")
            _refuse_odd_keys(value, file)


def text(name: str, key: str, /, **fields: object) -> str:
    """One text, filled. ``key`` walks nested mappings by dots.

    :raises TextError: no such topic, key or field.
    """
    node: Any = topic(name)
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            raise TextError(f"config/texts/{name}.yaml has no text {key!r}")
        node = node[part]
    if not isinstance(node, str):
        raise TextError(f"config/texts/{name}.yaml: {key!r} is not a text")
    try:
        return node.format(**fields).rstrip("\n")
    except KeyError as missing:
        raise TextError(f"config/texts/{name}.yaml: {key!r} needs {missing}") from None
