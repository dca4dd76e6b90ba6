"""``medcredit rescore``: bring the stored ratings to a day."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from credit_core.clock import SystemClock, local_day
from handlers.cli.context import open_database, parse_day, print_json
from handlers.cli.seed import show_progress


def register(app: typer.Typer) -> None:
    app.command("rescore")(rescore)


def rescore(
    all_: Annotated[bool, typer.Option("--all", help="Everybody, not only changes.")] = False,
    as_of: Annotated[str, typer.Option(help="The day to score for; today without it.")] = "",
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Score what changed since the last run, or everybody, and store it."""
    from credit_core.scoring.bulk import rescore as run

    now = SystemClock().now()
    day = parse_day(as_of) if as_of else local_day(now)
    started = time.monotonic()
    # A grade of another day is no news: nobody is alerted by a question.
    with open_database(listen=day == local_day(now)) as database:
        done = run(database, on=day, at=now, complete=all_, progress=show_progress)
    answer = {
        "subjects": done.subjects,
        "records": done.records,
        "changed": done.changed,
        "seconds": round(time.monotonic() - started, 3),
    }
    if json:
        print_json(answer)
    else:
        typer.echo(" ".join(f"{key}={value}" for key, value in answer.items()))
