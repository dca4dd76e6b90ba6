"""``medcredit campaign``: campaigns from the command line."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol

import typer
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.staff import find_member
from credit_core.clock import SystemClock, local_day
from credit_core.errors import NotFoundError, Refusal
from handlers.cli.context import open_database, print_json, refuse
from notices import yearly
from notices.campaigns import export as exports
from notices.campaigns import running, service
from notices.campaigns.models import Campaign
from notices.campaigns.numbers import result

app = typer.Typer(help="Campaigns of the publicity month.", no_args_is_help=True)
By = Annotated[str, typer.Option("--by", help="Login of the member of staff.")]


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="campaign")


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """All campaigns, newest first."""
    with open_database() as database, database.read() as session:
        rows = [
            {"id": one.id, "title": one.title, "kind": one.kind, "status": one.status}
            for one in service.listing(session)
        ]
    if json:
        print_json(rows)
        return
    for row in rows:
        print(row["id"], row["status"], row["kind"], row["title"])


@app.command()
def show(campaign_id: int, json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """The numbers of one campaign."""
    with open_database() as database, database.read() as session:
        try:
            numbers = asdict(result(session, campaign_id, now=SystemClock().now()))
        except NotFoundError:
            refuse(f"There is no campaign {campaign_id}.")
    if json:
        print_json(numbers)
        return
    for name, value in numbers.items():
        print(f"{name}: {value}")


@app.command()
def pause(campaign_id: int, by: By) -> None:
    """Nothing new leaves."""
    _act(running.pause, campaign_id, by)


@app.command()
def resume(campaign_id: int, by: By) -> None:
    """Go on with those who have not had it."""
    _act(running.resume, campaign_id, by)


@app.command()
def cancel(campaign_id: int, by: By) -> None:
    """What has not left stays here."""
    _act(running.cancel, campaign_id, by)


@app.command("export")
def export_(campaign_id: int, file: Path) -> None:
    """Text, numbers and pictures for 信用中国, as a ZIP file."""
    with open_database() as database, database.read() as session:
        try:
            content = exports.archive(session, campaign_id, now=SystemClock().now())
        except NotFoundError:
            refuse(f"There is no campaign {campaign_id}.")
    file.write_bytes(content)
    typer.echo(f"{file}: {len(content)} bytes", err=True)


@app.command()
def calendar(
    days: Annotated[int, typer.Option(help="How many days ahead.")] = 366,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Campaign days of the coming year, with their themes."""
    today = local_day(SystemClock().now())
    rows = [
        {"day": day, "id": one.id, "title": one.title, "theme": one.theme, "ahead": one.ahead}
        for day, one in yearly.occasions(today, today + timedelta(days=days))
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        print(row["day"], row["title"], row["theme"])


class _Step(Protocol):
    def __call__(
        self, session: Session, campaign_id: int, *, by: int, now: datetime
    ) -> Campaign: ...


def _act(act: _Step, campaign_id: int, by: str) -> None:
    with open_database() as database:
        try:
            with database.begin() as session:
                campaign = act(
                    session, campaign_id, by=_staff(session, by), now=SystemClock().now()
                )
                status = campaign.status
        except NotFoundError:
            refuse(f"There is no campaign {campaign_id}.")
        except Refusal as refusal:
            topic, _, key = refusal.code.partition(".")
            refuse(text("campaigns", f"refusals.{topic}.{key}", **refusal.fields))
    print(status)


def _staff(session: Session, login: str) -> int:
    member = find_member(session, login)
    if member is None:
        refuse(f"There is no member of staff {login!r}.")
    return member.id
