"""Two people at the same time: one objection, one decision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from credit_core.errors import Refusal
from credit_core.objections import handling
from credit_core.objections.models import Outcome
from credit_core.objections.service import file_objection, find_case
from credit_core.records.models import Record
from credit_core.subjects.models import Subject
from tests.credit_core.objections.test_story import APPROVER, NOW, Bureau, staff


def both(act):
    """Run ``act`` twice at once; how many times it worked, and what was refused."""
    start = Barrier(2)

    def run(number: int) -> str:
        start.wait(timeout=20)
        try:
            act(number)
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(run, range(2)))


def test_one_objection_for_one_record(database):
    with database.begin() as session:
        bureau = Bureau(session)
        subject_id, record_id = bureau.subject.id, bureau.record.id

    def file(_: int) -> None:
        with database.begin() as session:
            file_objection(
                session,
                session.get_one(Subject, subject_id),
                session.get_one(Record, record_id),
                statement="不对",
                follower_id=None,
                city="demo",
                now=NOW,
            )

    assert both(file) == ["done", "objections.duplicate"]


def test_one_decision(database):
    with database.begin() as session:
        case_no = Bureau(session).checked().case_no
    approvers = (APPROVER, staff(APPROVER.roles, "second"))

    def decide(number: int) -> None:
        with database.begin() as session:
            handling.decide(
                session,
                find_case(session, case_no),
                staff=approvers[number],
                outcome=(Outcome.REVOKED, Outcome.REJECTED)[number],
                reason="核对",
                now=datetime(2026, 11, 24, 2, tzinfo=UTC),
            )

    assert both(decide) == ["done", "objections.wrong_state"]
    with database.read() as session:
        case = find_case(session, case_no)
        assert case.decided_by in {"approver", "second"}
