"""``medcredit calendar``: enter the holiday notice of a year, and see what is known of one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from credit_core.clock import SystemClock
from credit_core.datafile import DataFileError
from credit_core.workdays import CalendarError, calendar_for
from handlers.cli.context import open_database, print_json, refuse


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The working-day calendar.", no_args_is_help=True)
    group.command("load")(load)
    group.command("show")(show)
    app.add_typer(group, name="calendar")


def load(
    file: Annotated[Path, typer.Argument(help="YAML: year, basis, holidays, make_up.")],
    by: Annotated[str, typer.Option(help="Who enters it.")] = "cli",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Enter a notice; provisional days of open cases are counted again at once."""
    from credit_core.cases.settling import settle_calendar
    from credit_core.workdays.notices import enter_notice

    try:
        source = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        refuse(f"{file} cannot be read as UTF-8 text.")
    with open_database() as database, database.begin() as session:
        try:
            notice = enter_notice(session, source, by=by, at=SystemClock().now())
        except DataFileError as error:
            refuse(str(error))
        answer = {"year": notice.year, "deadlines_changed": settle_calendar(session)}
    if json:
        print_json(answer)
    else:
        typer.echo(f"{answer['year']}: {answer['deadlines_changed']} deadlines changed")


def show(year: Annotated[int, typer.Argument(help="2004 to 2045.")]) -> None:
    """Working days, days off and whether the year is published, as JSON."""
    with open_database() as database, database.read() as session:
        calendar = calendar_for(session)
    try:
        first = date(year, 1, 1)
        days = [
            first + timedelta(days=number)
            for number in range((date(year, 12, 31) - first).days + 1)
        ]
        print_json(
            {
                "year": year,
                "published": not calendar.is_provisional(date(year, 6, 30)),
                "working_days": sum(calendar.is_working_day(day) for day in days),
                "off": [d for d in days if d.weekday() < 5 and not calendar.is_working_day(d)],
                "make_up": [d for d in days if d.weekday() > 4 and calendar.is_working_day(d)],
            }
        )
    except (CalendarError, ValueError) as error:
        refuse(str(error))
