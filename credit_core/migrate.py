"""Migrations with Alembic: the schema's history stands in ``credit_core/migrations``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from credit_core.database import Base, Database

SCRIPTS = Path(__file__).resolve().parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to ``revision``; all steps in one transaction."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this version of the service expects."""
    with database.engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return here == ScriptDirectory(str(SCRIPTS)).get_current_head()


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
