"""``medcredit seed``: repeatable synthetic data."""

from __future__ import annotations

import sys
import time
from datetime import date
from typing import Annotated

import typer

from config.settings import load_settings
from config.texts import text
from credit_core.clock import SystemClock, local_day
from credit_core.errors import Refusal
from handlers.cli.context import open_database, parse_day, print_json, refuse


def register(app: typer.Typer) -> None:
    app.command("seed")(seed)


def seed(
    residents: Annotated[int, typer.Option(min=0, help="Residents, each bound to a follower.")],
    institutions: Annotated[int, typer.Option(min=0, help="Institutions, each with a clerk.")] = 0,
    practitioners: Annotated[int, typer.Option(min=0)] = 0,
    employers: Annotated[int, typer.Option(min=0)] = 0,
    suppliers: Annotated[int, typer.Option(min=0)] = 0,
    records_per_subject: Annotated[int, typer.Option(min=0, max=60)] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The same number gives the same data.")] = 1,
    until: Annotated[str, typer.Option(help="Last day of decision.")] = "",
    rate: Annotated[bool, typer.Option(help="Store the ratings of all subjects.")] = True,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make synthetic subjects, followers, bindings and records."""
    from credit_core.repair.calendar import plan_all
    from credit_core.scoring.bulk import rescore
    from credit_core.seeding.service import UNTIL, Plan
    from credit_core.seeding.service import seed as sow

    last: date = parse_day(until) if until else UNTIL
    counts = {
        "resident": residents,
        "institution": institutions,
        "practitioner": practitioners,
        "employer": employers,
        "supplier": suppliers,
    }
    started = time.monotonic()
    with open_database() as database:
        try:
            made = sow(database, Plan(counts, records_per_subject, seed, last), show_progress)
        except Refusal as refusal:
            refuse(text("seeding", refusal.code, **refusal.fields))
        now = SystemClock().now()
        plan_all(database, local_day(now), city=load_settings().city)
        if rate and made.subjects + made.records:
            rescore(database, on=local_day(now), at=now, complete=True, progress=show_progress)
    answer = {
        "subjects": made.subjects,
        "records": made.records,
        "followers": made.followers,
        "seconds": round(time.monotonic() - started, 2),
    }
    if json:
        print_json(answer)
    else:
        typer.echo(" ".join(f"{key}={value}" for key, value in answer.items()))


def show_progress(what: str, done: int, total: int) -> None:
    """Progress on standard error, one line that grows."""
    end = "\n" if done >= total or not sys.stderr.isatty() else "\r"
    sys.stderr.write(f"{what} {done}/{total}{end}")
    sys.stderr.flush()
