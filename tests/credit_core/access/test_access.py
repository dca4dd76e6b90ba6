"""Who looked, why, at what: nothing is seen without a row, and no row can vanish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from credit_core.access.models import Purpose
from credit_core.access.service import look, looks_at, verify_chain
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.subjects.service import register_subject

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def subject_id(database):
    with database.begin() as session:
        return register_subject(
            session, "institution", "91110000600037341L", "测试药店", on=date(2020, 1, 1)
        ).id


def write(database, subject_id, count=1, **changed):
    wanted = {
        "actor": "clerk",
        "actor_name": "赵测试",
        "subject_id": subject_id,
        "purpose": Purpose.INSPECTION,
        "matter": "双随机抽查",
        "content": "信用报告",
        "ip": "10.0.0.7",
    }
    for number in range(count):
        with database.begin() as session:
            look(session, at=NOW + timedelta(seconds=number), **(wanted | changed))


def report(database):
    with database.read() as session:
        return verify_chain(session)


def change(database, sql):
    with database.begin() as session:
        session.execute(text(sql))


def test_a_subject_sees_who_looked_when_why_and_at_what(database, subject_id):
    write(database, subject_id, 3)
    with database.read() as session:
        rows = looks_at(session, subject_id, most=2)
        earlier = looks_at(session, subject_id, before_seq=rows[-1].seq)
        assert looks_at(session, subject_id + 1) == []
        assert [row.seq for row in (*rows, *earlier)] == [3, 2, 1]
        newest = rows[0]
        assert (newest.actor, newest.actor_name, newest.purpose) == (
            "clerk",
            "赵测试",
            "inspection",
        )
        assert (newest.matter, newest.content) == ("双随机抽查", "信用报告")
        assert newest.at == NOW + timedelta(seconds=2)
        assert "赵测试".encode() not in newest.actor_name_sealed


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": ""}, "access.purpose"),
        ({"purpose": "curiosity"}, "access.purpose"),
        ({"matter": "  "}, "access.matter"),
        ({"purpose": "other", "matter": "看看"}, "access.explain"),
        ({"actor": ""}, "access.actor"),
        ({"actor_name": " "}, "access.actor"),
        ({"content": ""}, "access.content"),
    ],
)
def test_no_look_without_purpose_matter_and_name(database, subject_id, changed, code):
    with pytest.raises(Refusal) as refused:
        write(database, subject_id, **changed)
    assert refused.value.code == code
    assert explain(refused.value)
    assert report(database).rows == 0


def test_identity_numbers_in_the_matter_are_masked(database, subject_id):
    write(database, subject_id, matter="核对 110101199003070011 的材料")
    with database.read() as session:
        assert "19900307" not in looks_at(session, subject_id)[0].matter


def test_a_whole_chain_is_sound(database, subject_id):
    assert report(database).sound
    write(database, subject_id, 5)
    found = report(database)
    assert (found.sound, found.rows, found.bad_seq) == (True, 5, None)


@pytest.mark.parametrize(
    ("harm", "bad", "problem"),
    [
        ("UPDATE access_log SET matter = 'x' WHERE seq = 3", 3, "changed"),
        ("UPDATE access_log SET subject_id = subject_id, ip = '' WHERE seq = 1", 1, "changed"),
        ("UPDATE access_log SET at = '2020-01-01 00:00:00' WHERE seq = 2", 2, "changed"),
        ("DELETE FROM access_log WHERE seq = 2", 2, "missing"),
        ("DELETE FROM access_log WHERE seq = 1", 1, "missing"),
        ("DELETE FROM access_log WHERE seq = 5", 5, "cut"),
        ("DELETE FROM access_log WHERE seq > 2", 3, "cut"),
        ("DELETE FROM access_head", 1, "head"),
        ("UPDATE access_log SET seq = 9 WHERE seq = 4", 4, "missing"),
    ],
)
def test_the_first_bad_row_is_named(database, subject_id, harm, bad, problem):
    write(database, subject_id, 5)
    change(database, harm)
    found = report(database)
    assert (found.sound, found.bad_seq, found.problem) == (False, bad, problem)


def test_cutting_the_chain_and_its_count_does_not_fit_the_seal(database, subject_id):
    """Somebody with the database, but without the key, shortens everything."""
    write(database, subject_id, 5)
    change(database, "DELETE FROM access_log WHERE seq > 3")
    change(
        database,
        "UPDATE access_head SET count = 3, digest = (SELECT digest FROM access_log WHERE seq = 3)",
    )
    found = report(database)
    assert (found.sound, found.problem) == (False, "head")


def test_many_writers_make_one_chain(database, subject_id):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write(database, subject_id, 5), range(8)))
    found = report(database)
    assert (found.sound, found.rows) == (True, 40)


def test_what_was_rolled_back_leaves_no_hole(database, subject_id):
    write(database, subject_id)

    def fail():
        with database.begin() as session:
            look(
                session, actor="x", actor_name="x", subject_id=subject_id, purpose="inspection",
                matter="抽查", content="信用报告", ip="", at=NOW,
            )  # fmt: skip
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    write(database, subject_id)
    assert report(database).rows == 2
    assert report(database).sound
