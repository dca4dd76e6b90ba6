"""What differs between two texts of data, place by place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; None: it does not stand there at all.

    :ivar place: for example ``resident/items/P-1/variants/严重/points``.
    """

    place: str
    before: Any
    after: Any


def changed(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, place: str = ""
) -> list[Difference]:
    """What differs between two rows, in the order of the first.

    :param place: stands in front of every place.
    """
    old, new = _flat(before or {}, place), _flat(after or {}, place)
    keys = [*old, *(key for key in new if key not in old)]
    return [
        Difference(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)
    ]


def _flat(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        pairs = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(one, dict | list) for one in value):
        pairs = [(str(number), one) for number, one in enumerate(value, 1)]
    elif isinstance(value, list | tuple):
        return {place: "、".join(map(str, value))} if value else {}
    else:
        return {} if value is None else {place: value}
    found: dict[str, Any] = {}
    for key, one in pairs:
        found |= _flat(one, f"{place}/{key}" if place else key)
    return found
