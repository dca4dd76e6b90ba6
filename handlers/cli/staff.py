"""``medcredit staff``: accounts of the bureau's console from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.accounts.staff import (
    create_member,
    find_member,
    list_members,
    normalise_login,
    set_active,
    set_password,
)
from credit_core.clock import SystemClock
from credit_core.database import Database
from credit_core.errors import Refusal
from handlers.cli.context import open_database, print_json, refuse

_REFUSALS = {
    "staff.login_form": "A login has 2 to 40 small letters, digits, dots or dashes.",
    "staff.login_taken": "This login is taken; choose another one.",
    "staff.password_weak": "The password is weak: use at least 10 different characters.",
    "staff.no_role": "Give at least one role with --roles.",
}
app = typer.Typer(help="Accounts of the staff console.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="staff")


@app.command()
def create(
    login: str,
    name: Annotated[str, typer.Option(help="The person's name, as colleagues see it.")],
    roles: Annotated[str, typer.Option(help="Comma-separated: " + ", ".join(StaffRole))],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    openid: Annotated[str, typer.Option(help="Their own WeChat, for previews.")] = "",
    district: Annotated[str, typer.Option(help="Empty: the whole city.")] = "",
) -> None:
    """Create an account; asks for the password unless it comes on standard input."""
    wanted = _parse_roles(roles)
    password = _password(password_stdin)
    with open_database() as database, database.begin() as session:
        try:
            member = create_member(
                session,
                login,
                password,
                name=name,
                roles=wanted,
                now=SystemClock().now(),
                openid=openid or None,
                district=district,
            )
        except Refusal as refusal:
            refuse(_REFUSALS.get(refusal.code, refusal.code))
        typer.echo(f"Created {member.login} ({member.roles}).", err=True)


@app.command()
def passwd(
    login: str,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Set another password; signs the member out everywhere."""
    password = _password(password_stdin)
    with open_database() as database:
        _change(database, login, lambda session, member: set_password(session, member, password))
    typer.echo(f"The password of {login} was changed.", err=True)


@app.command()
def disable(login: str) -> None:
    """Close an account at once."""
    with open_database() as database:
        _change(database, login, lambda session, member: set_active(session, member, False))
    typer.echo(f"{login} is disabled.", err=True)


@app.command()
def enable(login: str) -> None:
    """Open a disabled account again."""
    with open_database() as database:
        _change(database, login, lambda session, member: set_active(session, member, True))
    typer.echo(f"{login} is enabled.", err=True)


@app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Every account with its roles."""
    with open_database() as database, database.read() as session:
        members = list_members(session)
        rows: list[dict[str, Any]] = [
            {
                "login": member.login,
                "roles": member.roles.split(","),
                "active": member.active,
                "second_factor": member.totp_sealed is not None,
                "wechat": member.openid is not None,
            }
            for member in members
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "active" if row["active"] else "disabled"
        typer.echo(f"{row['login']}\t{state}\t{','.join(row['roles'])}")


def _change(database: Database, login: str, change: Callable[[Session, StaffMember], None]) -> None:
    with database.begin() as session:
        try:
            member = find_member(session, normalise_login(login))
            if member is None:
                refuse(f"There is no account {login}; see `medcredit staff list`.")
            change(session, member)
        except Refusal as refusal:
            refuse(_REFUSALS.get(refusal.code, refusal.code))


def _parse_roles(value: str) -> set[StaffRole]:
    roles = set()
    for part in filter(None, (one.strip().lower() for one in value.split(","))):
        try:
            roles.add(StaffRole(part))
        except ValueError:
            refuse(f"{part!r} is not a role; choose from {', '.join(StaffRole)}.")
    return roles


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
