"""The city that this installation serves, in words (config/cities.yaml)."""

from __future__ import annotations

from functools import cache

from bot.turn import Turn
from config.data import read
from config.settings import DATA


@cache
def _cities() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = read(DATA / "cities.yaml")
    return loaded


def city_name(turn: Turn) -> str:
    """``示范市``; a city that the file does not know is named as it is set."""
    code = turn.services.settings.city
    return _cities().get(code, {}).get("name", code)


def hotline(turn: Turn) -> str:
    code = turn.services.settings.city
    return _cities().get(code, {}).get("hotline", "12393")
