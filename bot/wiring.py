"""Who listens to the domain events; the same in the web process, the worker and the commands."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import load_settings
from credit_core.events import Subscriber
from credit_core.measures import ending
from credit_core.repair import calendar
from notices import planner


def subscriber_makers() -> list[Callable[[], Subscriber]]:
    return [
        lambda: calendar.records_follower(load_settings().city),
        ending.records_follower,
        lambda: planner.subscriber,
    ]


def subscribers() -> list[Subscriber]:
    return [make() for make in subscriber_makers()]
