"""The command `medcredit`: the composition root of the command line.

Commands live in ``handlers/cli``, a topic a file; this file mounts them and starts processes.
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import psycopg
import psycopg.errors
import typer
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

import bot.schema  # noqa: F401  Registers every table.
from bot import wiring
from bot.logs import configure_logs
from config.settings import SettingsError, load_settings
from credit_core.crypto import SealError
from credit_core.database import UnusablePathError
from credit_core.errors import CreditError
from handlers.cli import context

app = typer.Typer(
    name="medcredit",
    help="医信通: a WeChat service account for medical-insurance credit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
imports = typer.Typer(help="Bring files in.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(imports, name="import")

TOPICS = {
    "score": "score",
    "offers": "offers",
    "repair": "repair",
    "check": "check",
    "workday": "workday",
    "calendar": "calendar",
    "rescore": "rescore",
    "rules": "rules",
    "seed": "seed",
    "tick": "tick",
    "campaign": "campaign",
    "worker": "worker",
    "understand": "understand",
    "policy": "policy",
    "staff": "staff",
    "audit": "audit",
    "import": "records",
}
"""First word of a command → its module in handlers/cli."""
OURS = {"serve", "demo", "db"}


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run a web process (on SQLite with the clock and the dispatcher in it)."""
    settings = context.settings_or_exit()
    try:
        settings.require_secrets()
    except SettingsError as error:
        context.refuse(str(error))

    from bot.serving import serve_until_stopped

    serve_until_stopped(settings, host=host, port=port)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    state: Annotated[Path | None, typer.Option(help="Folder of the demo's state.")] = None,
) -> None:
    """Everything embedded: demo data, the phone at /sandbox/, the console at /staff/."""
    from bot.serving import demo_until_stopped

    demo_until_stopped(port=port, state=state or load_settings().var_dir)


@db.command()
def upgrade() -> None:
    """Bring the database's schema to this version."""
    from credit_core.migrate import upgrade as run

    with context.open_database() as database:
        run(database)
        if not database.is_sqlite:
            from notices.queue import prepare

            prepare(database)
    typer.echo("The schema is up to date.", err=True)


@db.command(hidden=True)
def revision(message: str) -> None:
    """Write a migration from the tables in code (for developers)."""
    from credit_core.migrate import new_revision

    with context.open_database() as database:
        new_revision(database, message)


def main() -> None:
    """Entry point: a user's mistake is one clear line and exit code 2."""
    # Standard output belongs to results; logs of every command go to standard error, masked.
    configure_logs("INFO" if sys.argv[1:2] == ["worker"] else "WARNING")
    context.listeners[:] = [wiring.subscribers]
    _mount(sys.argv[1] if len(sys.argv) > 1 else "")
    try:
        app()
    except SettingsError as error:
        _say(str(error))
    except SealError:
        _say("MEDCREDIT_DATA_KEY is not the key that this database was written with.")
    except CreditError as error:
        _say(str(error))
    except UnusablePathError as error:
        _say(f"The file of MEDCREDIT_DATABASE_URL cannot be made: {error}")
    except (DBAPIError, sqlite3.OperationalError, psycopg.Error) as error:
        fault = _database_fault(error)
        if fault is None:
            raise
        _say(fault)
    except (ArgumentError, NoSuchModuleError):
        _say(
            "MEDCREDIT_DATABASE_URL is not understood: write sqlite:///path or "
            "postgresql://user@host/name."
        )


def _mount(word: str) -> None:
    """Load the topic of this command only; all of them for the help."""
    if word in OURS:
        return
    for topic in [TOPICS[word]] if word in TOPICS else TOPICS.values():
        module = importlib.import_module(f"handlers.cli.{topic}")
        if topic == "records":
            module.register_import(imports)
        else:
            module.register(app)


def _database_fault(error: Exception) -> str | None:
    """What is wrong with the database, told by SQLAlchemy or by its driver; None: we are."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    why = str(cause).strip().split("\n")[0]
    if isinstance(cause, _NO_TABLE) or "no such table" in why or "no such column" in why:
        return f"The tables are not those of this version: run medcredit db upgrade. ({why})"
    if isinstance(cause, sqlite3.OperationalError | psycopg.OperationalError):
        return f"The database of MEDCREDIT_DATABASE_URL does not answer: {why}"
    return None


_NO_TABLE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)


def _say(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(2)
