"""Values named in a message, normalised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.understanding.data import IntentData
from bot.understanding.features import Cutter

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class SlotReader:
    def __init__(self, data: IntentData, cutter: Cutter):
        self._data = data
        self._cutter = cutter

    def read(self, text: str, refused: Sequence[str], today: date | None) -> dict[str, Json]:
        return {}
