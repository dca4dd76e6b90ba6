"""``medcredit import records`` as it is typed, in a process of its own."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from credit_core.database import Database
from tests.conftest import KEY
from tests.credit_core.records.tables import row, text_of


@pytest.fixture
def medcredit(database: Database, tmp_path: Path):
    return _command(database, tmp_path)


def _command(database: Database, tmp_path: Path):
    environment = os.environ | {
        "MEDCREDIT_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "MEDCREDIT_DATA_KEY": KEY,
    }

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        code = "from bot.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, "import", "records", *map(str, words)],
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[3])}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_a_database_without_tables_says_which_command_makes_them(empty_database, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text(text_of([row(1)]), encoding="utf-8")
    done = _command(empty_database, tmp_path)(path)
    assert done.returncode == 2
    assert "medcredit db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_rejected_rows_stand_in_their_file_when_all_is_done(medcredit, tmp_path):
    path, rejects = tmp_path / "in.csv", tmp_path / "out.csv"
    (tmp_path / ".out.csv.part").write_text("left by an import that was killed", encoding="utf-8")
    path.write_text(text_of([row(1), row(2, item="Z-9"), row(3)]), encoding="utf-8")
    for imported, unchanged in ((2, 0), (0, 2)):
        done = medcredit(path, "--rejects", rejects)
        assert done.returncode == 0, done.stderr
        assert f"imported={imported} unchanged={unchanged} rejected=1" in done.stdout
        with rejects.open(encoding="utf-8-sig", newline="") as file:
            head, bad = csv.reader(file)
        assert (head[0], bad[0], bad[5]) == ("行号", "3", "Z-9")
        assert rejects.stat().st_mode & 0o077 == 0
        assert sorted(tmp_path.glob(".out.csv*")) == []
    path.write_bytes(b"PK\x03\x04 cut off")
    before = rejects.read_bytes()
    assert medcredit(path, "--rejects", rejects).returncode == 2
    assert rejects.read_bytes() == before


@pytest.mark.parametrize("place", ["nowhere/out.csv", "."])
def test_a_place_where_rejected_rows_cannot_stand_is_told_at_once(medcredit, tmp_path, place):
    path = tmp_path / "in.csv"
    path.write_text(text_of([row(1)]), encoding="utf-8")
    done = medcredit(path, "--rejects", tmp_path / place)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_two_commands_at_once_with_the_same_file_succeed(medcredit, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "in.csv"
    path.write_text(text_of([row(n % 30, document_no=f"文{n}") for n in range(900)]), "utf-8")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(medcredit, [path, path]))
    assert [one.returncode for one in answers] == [0, 0], [one.stderr for one in answers]
    counts = [dict(word.split("=") for word in one.stdout.split()) for one in answers]
    assert sum(int(one["imported"]) for one in counts) == 900
    assert sum(int(one["registered"]) for one in counts) == 30
    assert sum(int(one["unchanged"]) for one in counts) == 900
