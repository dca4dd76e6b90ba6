"""Imports that meet each other, or are cut off: everything in once, nothing half, no trace."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from credit_core import database as databases
from credit_core.database import Database
from credit_core.records.importing import import_records
from credit_core.records.models import Record
from credit_core.records.service import add_record
from credit_core.scoring import score
from credit_core.subjects.models import Subject
from credit_core.subjects.service import find_subject, register_subject
from tests.conftest import KEY
from tests.credit_core.records.tables import counted, row, run, text_of
from tests.credit_core.scoring.people import AT, TODAY, someone

Told = list[tuple[object, object]]


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def table(tmp_path: Path, name: str, rows: list[dict[str, str]]) -> Path:
    path = tmp_path / name
    path.write_text(text_of(rows), encoding="utf-8")
    return path


def at_once(database: Database, paths: list[Path]):
    """Import some files at the same time: none writes before all are judged."""
    judged = threading.Barrier(len(paths))
    events: Told = []

    def one(path: Path):
        mine = Database(
            url_of(database),
            subscribers=[lambda _session, event: events.append((event.kind, event.subject_id))],
        )
        rejected: list[tuple[int, str]] = []

        def progress(what: str, _done: int, _total: int) -> None:
            if what == "wait":
                judged.wait(30)

        done = import_records(
            mine, path, at=AT, by="clerk", progress=progress,
            reject=lambda bad, why: rejected.append((bad.line, why)),
        )  # fmt: skip
        mine.dispose()
        return done, rejected

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(one, paths)), events


def subjects(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Subject)) or 0


def test_the_same_file_twice_at_once_comes_in_once(database, tmp_path):
    path = table(tmp_path, "a.csv", [row(n % 7, document_no=f"文{n}") for n in range(40)])
    answers, events = at_once(database, [path, path])
    (first, _), (second, _) = sorted(answers, key=lambda one: -one[0].imported)
    assert (first.imported, first.registered, first.unchanged) == (40, 7, 0)
    assert (second.imported, second.registered, second.unchanged, second.changed) == (0, 0, 40, 0)
    assert (counted(database), subjects(database)) == (40, 7)
    assert len([one for one in events if one[0] == "record_added"]) == 40


def test_two_files_at_once_bring_the_same_new_subjects(database, tmp_path):
    mine = [row(n, document_no=f"甲{n}") for n in range(20)]
    theirs = [row(n, document_no=f"乙{n}") for n in reversed(range(10, 30))]
    answers, _ = at_once(
        database, [table(tmp_path, "a.csv", mine), table(tmp_path, "b.csv", theirs)]
    )
    assert [rejected for _, rejected in answers] == [[], []]
    assert [done.imported for done, _ in answers] == [20, 20]
    assert sum(done.registered for done, _ in answers) == 30
    with database.read() as session:
        shared = find_subject(session, "resident", row(15)["identifier"])
        assert shared.score == score(session, shared, TODAY).score == 900


def test_a_subject_that_another_file_just_registered_under_another_name(database, tmp_path):
    mine, theirs = row(1, document_no="甲"), row(1, document_no="乙", name=row(2)["name"])
    other = [row(5, document_no="丙"), row(6, document_no="丁")]
    answers, events = at_once(
        database,
        [
            table(tmp_path, "a.csv", [other[0], mine]),
            table(tmp_path, "b.csv", [other[1], theirs]),
        ],
    )
    told = [(line, why) for _, rejected in answers for line, why in rejected]
    assert [line for line, _ in told] == [3]
    assert "不一致" in told[0][1]
    assert sorted((done.imported, done.rejected) for done, _ in answers) == [(1, 1), (2, 0)]
    assert counted(database) == len([one for one in events if one[0] == "record_added"]) == 3


def test_somebody_registers_a_subject_of_the_file_in_a_transaction_still_open(database, tmp_path):
    """On PostgreSQL the import runs into the unique key; it asks again and goes on."""
    values = row(1)
    waiting, free = threading.Event(), threading.Event()

    def staff() -> None:
        with database.begin() as session:
            register_subject(session, "resident", values["identifier"], values["name"], on=TODAY)
            session.flush()
            waiting.set()
            free.wait(30)

    clerk = threading.Thread(target=staff)
    clerk.start()
    assert waiting.wait(30)
    threading.Timer(1.0, free.set).start()
    done, rejected = run(database, table(tmp_path, "a.csv", [values, row(2)]))
    clerk.join()
    assert (done.imported, done.registered, rejected) == (2, 1, [])
    assert subjects(database) == 2


def test_staff_enters_a_record_of_the_file_while_it_waits(database, tmp_path):
    told: Told = []
    mine = Database(url_of(database), subscribers=[lambda _session, event: told.append(event.data)])
    values = row(1)
    with database.begin() as session:
        subject_id = someone(session, number=1).id

    def progress(what: str, _done: int, _total: int) -> None:
        if what == "wait":
            with database.begin() as session:
                add_record(
                    session, session.get_one(Subject, subject_id), values["item"],
                    occurred_on=TODAY.replace(month=5, day=20),
                    decided_on=TODAY.replace(month=6, day=1),
                    document_no=values["document_no"], source_unit="市局", at=AT, by="clerk",
                )  # fmt: skip

    path = table(tmp_path, "a.csv", [values, row(1, document_no="另一份")])
    done = import_records(mine, path, at=AT, by="clerk", progress=progress, reject=lambda *_: None)
    mine.dispose()
    assert (done.imported, done.unchanged, counted(database)) == (1, 1, 2)
    assert [one["document_no"] for one in told if "document_no" in one] == ["另一份"]


def test_an_import_waits_longer_than_others_for_the_one_writer(
    tmp_path, sqlite_database, monkeypatch
):
    monkeypatch.setattr(databases, "BUSY_SECONDS", 1)
    patient = Database(url_of(sqlite_database))
    path = table(tmp_path, "a.csv", [row(1)])
    with sqlite_database.begin() as session, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, patient, path)
        time.sleep(2.5)
        assert not waiting.done()
        session.commit()
        assert waiting.result(30)[0].imported == 1
    patient.dispose()


@pytest.mark.crash
def test_a_killed_import_leaves_all_or_nothing_and_can_be_repeated(database, tmp_path):
    """Killed at any moment: all rows or none, and no file of rejected rows that is not whole."""
    total, bad = 6_000, 60
    rows = [row(n % 500, document_no=f"文{n}") for n in range(total)]
    rows += [row(n, item="Z-9") for n in range(bad)]
    path, rejects = table(tmp_path, "k.csv", rows), tmp_path / "rejects.csv"
    code = (
        "import bot.schema, sys, pathlib\n"
        "from handlers.cli.records import records\n"
        "records(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), False, 'x', True)\n"
    )
    command = [sys.executable, "-c", code, str(path), str(rejects)]
    environment = os.environ | {
        "MEDCREDIT_DATABASE_URL": url_of(database), "MEDCREDIT_DATA_KEY": KEY
    }  # fmt: skip

    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment, cwd=Path(__file__).parents[3],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    for _ in range(4):
        process = started()
        time.sleep(random.uniform(0.7, 2.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert counted(database) in {0, total}
        assert not rejects.exists() or len(lines_of(rejects)) == bad + 1
    for _ in range(2):
        assert started().wait(60) == 0
        assert counted(database) == total
        assert len(lines_of(rejects)) == bad + 1
    with database.read() as session:
        assert session.scalar(select(func.count(Record.fingerprint.distinct()))) == total
    assert [one.name for one in tmp_path.glob(".rejects.csv*")] == []


def lines_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
