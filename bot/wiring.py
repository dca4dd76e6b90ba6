"""Who listens to the domain events; the same in the web process, the worker and the commands."""

from __future__ import annotations

from collections.abc import Callable

from credit_core.events import Subscriber
from notices import planner


def subscriber_makers() -> list[Callable[[], Subscriber]]:
    return [lambda: planner.subscriber]


def subscribers() -> list[Subscriber]:
    return [make() for make in subscriber_makers()]
