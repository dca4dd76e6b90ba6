"""``medcredit audit``: is the log of who looked at whose data whole?"""

from __future__ import annotations

from typing import Annotated

import typer

from handlers.cli.context import open_database, print_json


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The access log.", no_args_is_help=True)
    group.callback()(_about)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def _about() -> None:
    """The access log."""


def verify(
    json: Annotated[bool, typer.Option("--json")] = False,
    expect: Annotated[
        int, typer.Option(help="Rows that were there at the last check; fewer is a fault.")
    ] = 0,
) -> None:
    """Walk the chain from the first row; exit code 1 names the first row that is not sound."""
    from credit_core.access.service import verify_chain

    with open_database() as database, database.read() as session:
        found = verify_chain(session)
    sound = found.sound and found.rows >= expect
    bad = found.bad_seq if found.bad_seq is not None or sound else found.rows + 1
    problem = found.problem if found.problem is not None or sound else "cut"
    if json:
        print_json(
            {
                "sound": sound,
                "rows": found.rows,
                "head": found.head,
                "bad_row": bad,
                "problem": problem,
            }
        )
    elif sound:
        typer.echo(f"sound: {found.rows} rows, head {found.head}")
    else:
        typer.echo(f"NOT SOUND at row {bad}: {problem}; {found.rows} rows before it are.", err=True)
    if not sound:
        raise typer.Exit(1)
