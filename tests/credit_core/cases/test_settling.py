"""A case filed before the notice of the next year learns its day when the notice comes."""

from __future__ import annotations

from datetime import date

from credit_core.cases.settling import settle_calendar
from credit_core.objections.service import file_objection
from credit_core.repair import handling
from credit_core.workdays import Due
from credit_core.workdays.notices import enter_notice
from tests.credit_core.repair.bureau import CLERK, Bureau, at
from tests.credit_core.workdays.test_notices import SOUND

DAY = date(2027, 2, 4)


def test_the_day_of_a_case_follows_the_notice(database):
    with database.begin() as session:
        bureau = Bureau(session)
        record = bureau.record("I-1", date(2026, 5, 11))
        other = bureau.record("I-2", date(2026, 5, 11))
        objection = file_objection(
            session, bureau.subject, other, statement="不对", follower_id=None, city="demo",
            now=at(DAY),
        )  # fmt: skip
        case = bureau.submitted(record, DAY)
        handling.papers_complete(session, case, staff=CLERK, now=at(DAY))
        assert objection.answer_due == Due(date(2027, 2, 15), True)
        assert case.due == Due(date(2027, 2, 11), True)
        enter_notice(session, SOUND, by="clerk", at=at(DAY))
        assert settle_calendar(session) == 3
        session.expire_all()
        assert objection.answer_due == Due(date(2027, 2, 17), False)
        assert case.due == Due(date(2027, 2, 15), False)
        assert settle_calendar(session) == 0
