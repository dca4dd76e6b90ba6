"""Open, move and end deadlines; ask which are due in a span of days.

Every function is one or two indexed statements, so a day's work follows what is due on that
day and not what is open in all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Table, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.deadlines.models import Deadline, DeadlineKind
from credit_core.ids import new_id
from credit_core.workdays import Due, calendar_for


def record_ref(record_id: int) -> str:
    return f"record:{record_id}"


def set_deadline(
    session: Session,
    kind: DeadlineKind,
    ref: str,
    *,
    subject_id: int,
    due: Due,
    record_id: int | None = None,
    case_no: str | None = None,
    start: date | None = None,
    working_days: int | None = None,
) -> None:
    """Open the deadline, or move it (and open it again) when it exists."""
    row = {
        "id": new_id(),
        "kind": kind.value,
        "ref": ref,
        "subject_id": subject_id,
        "on": due.due,
        "provisional": due.provisional,
        "record_id": record_id,
        "case_no": case_no,
        "done": False,
        "start": start,
        "working_days": working_days,
    }
    set_many(session, [row])


def set_many(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Upsert whole rows, all by one prepared statement."""
    if not rows:
        return
    table = inspect(Deadline).local_table
    assert isinstance(table, Table)  # noqa: S101  For the type checker.
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    kept = ("on", "provisional", "done", "start", "working_days", "subject_id")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.kind, table.c.ref],
            set_={name: statement.excluded[name] for name in kept},
        ),
        rows,
    )


def close_deadlines(
    session: Session, ref: str, kinds: Iterable[DeadlineKind] | None = None
) -> None:
    """End the open deadlines of a record or a case; all kinds unless told which."""
    statement = update(Deadline).where(Deadline.ref == ref, Deadline.done.is_(False))
    # `kind` leads the unique index; naming the kinds keeps the statement on it.
    wanted = list(kinds) if kinds is not None else list(DeadlineKind)
    session.execute(
        statement.where(Deadline.kind.in_(wanted)).values(done=True),
        execution_options={"synchronize_session": False},
    )


def open_deadlines(
    session: Session,
    day_from: date,
    day_to: date,
    kinds: Collection[DeadlineKind | str] | None = None,
) -> Sequence[Deadline]:
    """Open deadlines from ``day_from`` up to and with ``day_to``, earliest first."""
    wanted = (
        select(Deadline)
        .where(Deadline.done.is_(False), Deadline.on >= day_from, Deadline.on <= day_to)
        .order_by(Deadline.on, Deadline.id)
        .execution_options(populate_existing=True)
    )
    if kinds is not None:
        wanted = wanted.where(Deadline.kind.in_(list(kinds)))
    return session.scalars(wanted).all()


def deadlines_of(session: Session, subject_id: int) -> Sequence[Deadline]:
    """The open deadlines of one subject, earliest first."""
    return session.scalars(
        select(Deadline)
        .where(Deadline.subject_id == subject_id, Deadline.done.is_(False))
        .order_by(Deadline.on, Deadline.id)
        .execution_options(populate_existing=True)
    ).all()


def settle_provisional(session: Session) -> Sequence[Deadline]:
    """Count provisional days again after a notice was entered; returns those that changed."""
    calendar = calendar_for(session)
    changed = []
    for row in session.scalars(
        select(Deadline).where(
            Deadline.done.is_(False),
            Deadline.provisional.is_(True),
            Deadline.working_days.is_not(None),
        )
    ):
        if row.start is None or row.working_days is None:
            continue
        due = calendar.add_working_days(row.start, row.working_days)
        if due != (row.on, row.provisional):
            row.on, row.provisional = due
            changed.append(row)
    session.flush()
    return changed
