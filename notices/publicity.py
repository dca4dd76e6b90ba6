"""双公示: the officers are told of penalty decisions that have to be shown to the public in time.

Decisions against organisations only; persons are not published. One notice for all that have
the same last day in one district.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core import workdays
from credit_core.clock import local_day, start_of_day
from credit_core.records.models import VOID, Record
from credit_core.subjects.models import Subject, SubjectKind
from notices import outbox, words
from notices.deadlines import notice_day
from notices.outbox import Draft
from notices.recipients import Bureau
from notices.yearly import IN_TIME, year

KIND = "publicity_due"
_ORGANISATIONS = (SubjectKind.INSTITUTION, SubjectKind.EMPLOYER, SubjectKind.SUPPLIER)
_LONGEST_REST = timedelta(days=15)


def plan_due(session: Session, now: datetime) -> int:
    """Post what is due today; of several days that have come, the nearest alone."""
    rule, today = year().publicity, local_day(now)
    calendar, bureau = workdays.calendar_for(session), Bureau(session)
    drafts: list[Draft] = []
    for (last, district), count in sorted(_waiting(session, calendar, today).items()):
        come = [one for one in rule.ahead if notice_day(calendar, last, one, IN_TIME) <= today]
        if not come:
            continue
        fields = {
            "matter": words.words("publicity.matter", count=count),
            "case_label": "-",
            "day": last,
            "provisional_note": "",
            "hint": words.words("publicity.hint"),
        }
        drafts += [
            Draft(
                kind=KIND,
                key=f"{KIND}:{last}:{district}:{min(come)}:{staff_id}",
                fields=fields,
                staff_id=staff_id,
            )
            for staff_id in bureau.officers(district)
        ]
    return len(outbox.post_all(session, drafts, now))


def _waiting(
    session: Session, calendar: workdays.Calendar, today: date
) -> Counter[tuple[date, str]]:
    """Decisions whose last day is today or later, by that day and district."""
    rule = year().publicity
    period = workdays.local_text_period(rule.text, rule.days)
    decided = [today - timedelta(days=back) for back in range(2 * rule.days + _LONGEST_REST.days)]
    last = {day: period.due(day, calendar).due for day in decided}
    open_ = [day for day in decided if last[day] >= today]
    rows = session.execute(
        select(Record.decided_on, Subject.district, func.count())
        .join(Subject, Subject.id == Record.subject_id)
        .where(
            # Recorded on the day of the decision at the earliest: the index on it is walked.
            Record.recorded_at >= start_of_day(min(open_)),
            Record.decided_on.in_(open_),
            Record.severity.is_not(None),
            Record.state.not_in(VOID),
            Subject.kind.in_(_ORGANISATIONS),
        )
        .group_by(Record.decided_on, Subject.district)
    )
    found: Counter[tuple[date, str]] = Counter()
    for day, district, count in rows:
        found[last[day], district] += count
    return found
