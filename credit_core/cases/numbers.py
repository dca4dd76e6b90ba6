"""Case numbers such as ``YY20261123-0001``: one running number per kind and day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Table, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.cases.models import CaseKind, CaseSequence


def next_case_no(session: Session, kind: CaseKind, day: date) -> str:
    """The next number of ``kind`` on ``day``, unique over threads and processes.

    The counter's row is locked until the transaction ends; a rolled-back case gives its number
    back, so the numbers of a day have no holes.
    """
    table = inspect(CaseSequence).local_table
    assert isinstance(table, Table)  # noqa: S101  For the type checker.
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    given = session.execute(
        make(table)
        .values(prefix=kind.value, day=day, last=1)
        .on_conflict_do_update(
            index_elements=[table.c.prefix, table.c.day], set_={"last": table.c.last + 1}
        )
        .returning(table.c.last)
    ).scalar_one()
    return f"{kind.value}{day:%Y%m%d}-{given:04d}"
