"""Who listens to the domain events; the same in the web process, the worker and the commands."""

from __future__ import annotations

from credit_core.events import Subscriber
from credit_core.lists import following
from credit_core.measures import ending
from credit_core.repair import calendar, closing
from notices import planner


def subscribers(city: str) -> list[Subscriber]:
    """:param city: the setting ``CITY``; local periods go before national ones."""
    return [
        calendar.records_follower(city),
        ending.records_follower(),
        following.records_follower(),
        closing.records_follower(),
        planner.subscriber,
    ]
