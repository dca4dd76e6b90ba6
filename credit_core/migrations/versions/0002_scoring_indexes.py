"""indexes of days that most rows do not have, and of list entries by day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DAYS = (
    ("subject", "ix_subject_evaluable_from", "evaluable_from"),
    ("subject", "ix_subject_ended_on", "ended_on"),
    ("subject", "ix_subject_committed_from", "committed_from"),
    ("subject", "ix_subject_committed_until", "committed_until"),
    ("record", "ix_record_ended", "ended_on"),
)
_ENTRIES = (
    ("ix_list_entry_entered_on", "entered_on"),
    ("ix_list_entry_recorded_at", "recorded_at"),
)


def upgrade() -> None:
    for table, name, column in _DAYS:
        op.drop_index(name, table_name=table)
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=known, postgresql_where=known)
    for name, column in _ENTRIES:
        op.create_index(name, "list_entry", [column])


def downgrade() -> None:
    for name, _ in _ENTRIES:
        op.drop_index(name, table_name="list_entry")
    for table, name, column in _DAYS:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [column])
