"""Raw traffic and live events for the page."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque

from pydantic import JsonValue

_KEPT = 200
_BODY = 4000
_WAITING = 500
_SHOWN_A_SECOND = 40


class Hub:
    """Hands events to every open page; a page that lags is told to load anew."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[dict[str, JsonValue]]] = set()

    def open(self) -> asyncio.Queue[dict[str, JsonValue]]:
        """A queue that receives everything published from now on."""
        queue: asyncio.Queue[dict[str, JsonValue]] = asyncio.Queue(_WAITING)
        self._pages.add(queue)
        return queue

    def close(self, queue: asyncio.Queue[dict[str, JsonValue]]) -> None:
        """Stop a queue."""
        self._pages.discard(queue)

    def shut(self) -> None:
        """Let every open page go, so that the process can end at once."""
        self.publish({"type": "shut"})

    @property
    def watched(self) -> bool:
        """Whether any page is open."""
        return bool(self._pages)

    def publish(self, event: dict[str, JsonValue]) -> None:
        """Give an event to every page."""
        for queue in self._pages:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                event = {"type": "reload"}
            queue.put_nowait(event)


class Traffic:
    """The last calls and callbacks, in clear; a bounded ring."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ring: deque[tuple[int, float, str, str, str | bytes, str | bytes]] = deque(
            maxlen=_KEPT
        )
        self._numbers = itertools.count(1)
        self._second = 0
        self._shown = 0

    def add(
        self,
        at: float,
        direction: str,
        title: str,
        sent: str | bytes,
        answer: str | bytes,
    ) -> None:
        """Keep one exchange; `direction` is `api` (account → platform) or `callback`."""
        entry = (next(self._numbers), at, direction, title, sent[:_BODY], answer[:_BODY])
        self._ring.append(entry)
        if self._hub.watched and self._may_show(int(at)):
            self._hub.publish({"type": "traffic", "entry": _shown(entry)})

    def entries(self) -> list[JsonValue]:
        """The ring, oldest first."""
        return [_shown(entry) for entry in self._ring]

    def _may_show(self, second: int) -> bool:
        if second != self._second:
            self._second, self._shown = second, 0
        self._shown += 1
        return self._shown <= _SHOWN_A_SECOND


def _shown(entry: tuple[int, float, str, str, str | bytes, str | bytes]) -> JsonValue:
    number, at, direction, title, sent, answer = entry
    return {
        "id": number,
        "at": at,
        "direction": direction,
        "title": title,
        "sent": _text(sent),
        "answer": _text(answer),
    }


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
