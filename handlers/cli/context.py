"""What every command needs: settings, database, and one way to print and to refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import typer

from config.settings import Settings, SettingsError, load_settings
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from credit_core.days import read_day
from credit_core.events import Subscriber

listeners: list[Callable[[str], Sequence[Subscriber]]] = []
"""Make the subscribers of a city's events; set by the composition root (bot/cli.py)."""


def refuse(message: str) -> NoReturn:
    """A user's mistake: one clear line on standard error, exit code 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


def settings_or_exit() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        refuse(str(error))


@contextmanager
def open_database(settings: Settings | None = None, *, listen: bool = True) -> Iterator[Database]:
    """The installation's database with its keyring; closed at the end.

    :param listen: False: what happens is told to nobody, for questions about other days.
    """
    settings = settings or settings_or_exit()
    key = settings.data_key.get_secret_value()
    if len(key) < 32:
        refuse("MEDCREDIT_DATA_KEY is missing or weak: set at least 32 random characters.")
    old = tuple(settings.old_data_keys.get_secret_value().split())
    install_keyring(Keyring(key, old))
    subscribers = [one for make in listeners for one in make(settings.city)] if listen else []
    database = Database(settings.database_url, subscribers=subscribers)
    try:
        yield database
    finally:
        database.dispose()


def print_json(value: Any) -> None:
    """One JSON document on standard output, UTF-8, dates as ISO."""
    json.dump(value, sys.stdout, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def parse_day(value: str) -> date:
    """Spelled as in a file of records: 2026-03-01, 2026/3/1, 20260301, 2026年3月1日."""
    day = read_day(value.strip())
    if day is None:
        refuse(f"{value!r} is not a date; write it as 2026-03-01.")
    return day


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
