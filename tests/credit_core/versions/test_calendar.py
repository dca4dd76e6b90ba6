"""A year's holiday notice is drafted by one person and holds when another approves it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from credit_core.versions.calendar import CalendarTopic
from credit_core.versions.store import approve_version, draft_version
from credit_core.workdays import Due, calendar_for
from credit_core.workdays.models import CalendarNotice

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOPIC = CalendarTopic()


def notice(session):
    return TOPIC.begun(session, "2027", MONDAY).replace("basis: ", "basis: 国办发明电〔2026〕9号")


def test_a_draft_decides_nothing_and_an_approval_ends_provisional_days(session):
    version = draft_version(session, TOPIC, notice(session), by="甲", at=MORNING)
    assert calendar_for(session).add_working_days(date(2027, 3, 1), 2).provisional
    approve_version(session, TOPIC, version, by="乙", at=MORNING)
    assert calendar_for(session).add_working_days(date(2027, 3, 1), 2) == Due(
        date(2027, 3, 3), False
    )
    assert session.query(CalendarNotice).one().entered_by == "甲"


def test_a_preview_leaves_nothing_behind(session):
    effects = TOPIC.effects(session, notice(session), MONDAY)
    assert [one.count for one in effects] == [0]
    assert session.query(CalendarNotice).count() == 0
    assert calendar_for(session).add_working_days(date(2027, 3, 1), 2).provisional


def test_a_notice_that_was_entered_can_be_corrected(session):
    version = draft_version(session, TOPIC, notice(session), by="甲", at=MORNING)
    approve_version(session, TOPIC, version, by="乙", at=MORNING)
    again = TOPIC.begun(session, "2027", MONDAY)
    longer = again.replace("make_up: []", "make_up: [2027-02-14]")
    places = [one.place for one in TOPIC.differences(session, longer, MONDAY)]
    assert places == ["make_up"]
