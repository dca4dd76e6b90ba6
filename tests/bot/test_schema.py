"""The migrations make exactly the tables that the code knows, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.schema import MODULES
from credit_core.database import Base, Database
from credit_core.migrate import is_current, upgrade
from credit_core.records.models import Record
from credit_core.scoring.models import Rating
from credit_core.versions.models import ConfigVersion
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


def _somebody(session: Session, day: object) -> None:
    session.execute(
        text(
            "INSERT INTO subject (id, kind, identifier_sealed, identifier_index, name_sealed, "
            "name_index, district, subkind, status, registered_on, identity_verified) VALUES "
            "(1, 'resident', :b, :b, :b, :b, '', '', 'active', :day, true)"
        ),
        {"b": b"x", "day": day},
    )


def test_details_that_stood_in_clear_are_sealed_and_read_as_before(empty_database, tmp_path):
    """Imported details may name a person; before revision 0003 they were plain text."""
    upgrade(empty_database, "0001")
    columns = "item, occurred_on, decided_on, document_no, decision_key, source_unit, basis, level"
    values = "'P-5', :day, :day, 'x', 1, 'u', '', ''"
    day: object = 20000 if empty_database.is_sqlite else date(2024, 10, 4)
    told = {1: "赵某某代其母领取", 2: "", 3: "x" * 4000}
    with empty_database.begin() as session:
        _somebody(session, day)
        for number, detail in told.items():
            session.execute(
                text(
                    f"INSERT INTO record (id, subject_id, {columns}, detail, state, "
                    "effective_from, fingerprint, recorded_at, recorded_by) VALUES "
                    f"(:id, 1, {values}, :detail, 'active', :day, :f, :at, 'c')"
                ),
                {
                    "id": number, "day": day, "detail": detail, "f": bytes([number]) * 16,
                    "at": datetime(2026, 11, 23, tzinfo=UTC),
                },
            )  # fmt: skip
    upgrade(empty_database)
    with empty_database.read() as session:
        read = {row.id: row.detail for row in session.query(Record)}
        assert read == {1: told[1], 2: None, 3: told[3]}
        stored = session.execute(text("SELECT detail_sealed FROM record WHERE id = 1")).scalar()
    assert "赵某某".encode() not in stored
    if empty_database.is_sqlite:
        empty_database.dispose()
        assert "赵某某代其母".encode() not in (tmp_path / "empty.sqlite3").read_bytes()


def test_ratings_from_before_they_were_known_by_subject_and_day_are_kept(empty_database) -> None:
    upgrade(empty_database, "0006")
    day: object = 20000 if empty_database.is_sqlite else date(2024, 10, 4)
    with empty_database.begin() as session:
        _somebody(session, day)
        session.execute(
            text(
                'INSERT INTO rating (id, subject_id, "on", score, grade, rule_set, recorded_at) '
                "VALUES (7, 1, :day, 960, 'A', '2026', :at)"
            ),
            {"day": day, "at": datetime(2026, 11, 23, tzinfo=UTC)},
        )
    upgrade(empty_database)
    with empty_database.read() as session:
        kept = session.get_one(Rating, (1, date(2024, 10, 4)))
        assert (kept.score, kept.grade, kept.rule_set) == (960, "A", "2026")


def test_versions_of_rules_move_to_the_other_versions(empty_database) -> None:
    upgrade(empty_database, "0007")
    with empty_database.begin() as session:
        session.execute(
            text(
                "INSERT INTO rule_version (id, rule_set, kind, effective_from, content, state, "
                "note, created_by, created_at) VALUES (5, 'resident-default', 'resident', "
                "'2027-01-01', 'id: resident-default', 'draft', '', 'clerk', :at)"
            ),
            {"at": datetime(2026, 11, 23, tzinfo=UTC)},
        )
    upgrade(empty_database)
    with empty_database.read() as session:
        kept = session.get_one(ConfigVersion, 5)
        assert (kept.topic, kept.name, kept.state) == ("rules", "resident", "draft")
        assert kept.effective_from == date(2027, 1, 1)
