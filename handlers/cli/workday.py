"""``medcredit workday START N``: the N-th working day after START, START not counted."""

from __future__ import annotations

from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from credit_core.database import Database
from credit_core.workdays import Calendar, CalendarError, calendar_for, file_calendar
from handlers.cli.context import parse_day, print_json, refuse, settings_or_exit


def register(app: typer.Typer) -> None:
    # An unknown option would otherwise be made of a negative number.
    app.command("workday", context_settings={"ignore_unknown_options": True})(workday)


def workday(
    start: str = typer.Argument(help="First day, not counted: 2026-09-29."),
    n: str = typer.Argument(help="How many working days, 1 or more."),
    as_json: bool = typer.Option(True, "--json", help="One JSON document (always)."),  # noqa: ARG001
) -> None:
    """The N-th working day after START; provisional when a holiday notice is still missing."""
    day = parse_day(start)
    try:
        count = int(n)
    except ValueError:
        refuse(f"{n!r} is not a whole number of working days; write it as 5.")
    try:
        due = _calendar().add_working_days(day, count)
    except CalendarError as error:
        refuse(str(error))
    print_json({"due": due.due, "provisional": due.provisional})


def _calendar() -> Calendar:
    """With the notices of the installation's database, where there is one already."""
    settings = settings_or_exit()
    database = Database(settings.database_url) if _exists(settings.database_url) else None
    if database is None:
        return file_calendar()
    try:
        with database.read() as session:
            return calendar_for(session)
    except DBAPIError:
        # No tables yet, or no server: the files of the project still answer.
        return file_calendar()
    finally:
        database.dispose()


def _exists(url: str) -> bool:
    """Asking for a working day must not create a SQLite file."""
    return not url.startswith("sqlite") or Path(url.partition("///")[2]).is_file()
