"""Many rows at once: every row is written, whatever their number, with few statements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Table, select

from credit_core.accounts.models import Follower
from credit_core.database import Database
from credit_core.ids import new_ids
from credit_core.rows import insert_at_once, update_rows

FOLLOWER = cast("Table", Follower.__table__)
COLUMNS = (
    *("id", "openid", "following", "scene", "elderly_mode"),
    *("unreachable", "window_used", "followed_at"),
)


@pytest.mark.parametrize("count", [0, 1, 3, 255, 256, 257, 700])
def test_every_row_is_inserted_and_updated(database: Database, count: int) -> None:
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    ids = new_ids(count)
    with database.begin() as session:
        other = Follower(openid="other", followed_at=at)
        session.add(other)
        session.flush()
        insert_at_once(
            session,
            FOLLOWER,
            COLUMNS,
            [
                (number, f"o{place}", True, "", False, False, 0, at)
                for place, number in enumerate(ids)
            ],
        )
        update_rows(
            session,
            FOLLOWER,
            ("window_used", "window_opened_at"),
            ("id", "openid"),
            [(place, at, number, f"o{place}") for place, number in enumerate(ids)]
            # Only where all of the conditions hold.
            + [(99, at, other.id, "somebody else")],
        )
    with database.read() as session:
        rows = {row.id: row for row in session.scalars(select(Follower))}
        assert len(rows) == count + 1
        assert rows[other.id].window_used == 0
        for place, number in enumerate(ids):
            assert (rows[number].openid, rows[number].window_used) == (f"o{place}", place)
            assert rows[number].window_opened_at == at
