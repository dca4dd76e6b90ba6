"""Migrations with Alembic: the schema's history stands in ``credit_core/migrations``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from credit_core.database import Base, Database
from credit_core.errors import CreditError

SCRIPTS = Path(__file__).resolve().parent / "migrations"


class NotMigratedError(CreditError):
    """The database does not have the schema of this version."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to ``revision``; all steps in one transaction."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this version of the service expects."""
    with database.engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return here == ScriptDirectory(str(SCRIPTS)).get_current_head()


def require_current(database: Database) -> None:
    """Refuse to work on another schema than this version's.

    :raises NotMigratedError: one line that says what to do.
    """
    if not is_current(database):
        raise NotMigratedError(
            "The database does not have the schema of this version: run `medcredit db upgrade`."
        )


def new_revision(database: Database, message: str) -> None:
    """Write a migration from the difference between the tables in code and the database."""
    with database.engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = Base.metadata
    return config
