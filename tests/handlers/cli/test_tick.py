"""``medcredit tick`` by hand: what is due is done once, and reaches the phone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.deadlines.models import Deadline
from credit_core.ids import new_id
from credit_core.subjects.models import Subject, SubjectKind
from notices import reminders
from tests.conftest import KEY
from tests.notices.platform import SECRET
from tests.notices.test_crash import platform

ROOT = Path(__file__).resolve().parents[3]


def medcredit(database: Database, base: str, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "MEDCREDIT_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "MEDCREDIT_DATA_KEY": KEY,
        "MEDCREDIT_SECRET_KEY": KEY,
        "MEDCREDIT_WECHAT_APPID": "wx5afe5afe5afe5afe",
        "MEDCREDIT_WECHAT_SECRET": SECRET,
        "MEDCREDIT_WECHAT_API_BASE": base,
        "MEDCREDIT_PUBLIC_URL": "https://credit.example",
    }
    return subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", *words],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_reminder_reaches_the_phone_once(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    with sqlite_database.begin() as session:
        person = Subject(
            kind=SubjectKind.RESIDENT,
            identifier="371002196205150018",
            identifier_index=b"i" * 16,
            name="张三丰",
            name_index=b"n" * 16,
            registered_on=date(2020, 1, 1),
        )
        follower = Follower(openid="one_resident", followed_at=clock.now())
        session.add_all([person, follower])
        session.flush()
        session.add(
            Binding(
                follower_id=follower.id,
                subject_id=person.id,
                role=BindingRole.SELF,
                since=clock.now(),
            )
        )
        reminders.switch_on(session, follower.id, now=clock.now())
        session.execute(
            insert(Deadline).values(
                id=new_id(),
                kind="repair_possible",
                ref="record:1",
                subject_id=person.id,
                on=date(2026, 11, 30),
                provisional=False,
                done=False,
            )
        )
    with platform(tmp_path) as wx:
        base = f"{wx.url}/platform"
        first = answer(medcredit(sqlite_database, base, "tick", "--now", "2026-11-23", "--json"))
        again = answer(medcredit(sqlite_database, base, "tick", "--now", "2026-11-23", "--json"))
        told = [line for line in wx.log() if line["api"] == "template"]
    assert [line["openid"] for line in told] == ["one_resident"]
    jobs = {one["job"]: one for one in first["jobs"]}
    assert jobs["plan_notices"]["posted"] == 1
    assert not [one for one in first["jobs"] if "error" in one]
    assert again["jobs"] == []


def test_a_time_that_cannot_be_read_is_one_clear_line(sqlite_database: Database) -> None:
    done = medcredit(sqlite_database, "http://127.0.0.1:9", "tick", "--now", "tomorrow")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
