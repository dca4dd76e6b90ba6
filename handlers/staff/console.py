"""What every request of the console needs, made once when it is mounted."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2
from aiohttp import web

from config.settings import Settings
from credit_core.clock import Clock
from credit_core.database import Database
from handlers.staff.guard import Guard


@dataclass(frozen=True, slots=True)
class Console:
    """What every request of the console needs."""

    database: Database
    clock: Clock
    settings: Settings
    guard: Guard
    templates: jinja2.Environment


CONSOLE = web.AppKey("console", Console)
