"""The migrations make exactly the tables that the code knows, on both databases."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.schema import MODULES
from credit_core.database import Base, Database
from credit_core.migrate import is_current, upgrade
from tests.conftest import ROOT


def _differences(database: Database) -> list[object]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind == "table" and (name or "").startswith(("procrastinate_", "alembic_")))

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True}
        )
        return list(compare_metadata(context, Base.metadata))


def test_migrations_make_the_tables_of_the_code(empty_database: Database) -> None:
    assert not is_current(empty_database)
    upgrade(empty_database)
    assert is_current(empty_database)
    assert _differences(empty_database) == []


def test_migrating_twice_changes_nothing(empty_database: Database) -> None:
    upgrade(empty_database)
    upgrade(empty_database)
    assert is_current(empty_database)


def test_every_module_with_tables_is_listed() -> None:
    found = {
        file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for package in ("bot", "credit_core", "handlers", "notices")
        for file in (ROOT / package).rglob("models.py")
        if "__tablename__" in file.read_text(encoding="utf-8")
    }
    assert found == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_models_stand_in_files_called_models(module: str) -> None:
    assert module.endswith(".models")
