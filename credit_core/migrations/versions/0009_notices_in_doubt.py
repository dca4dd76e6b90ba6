"""notices of unknown outcome are found by an index, since they go before the others"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    in_doubt = sa.text("handed_at IS NOT NULL AND next_at IS NOT NULL AND lease_by IS NULL")
    op.create_index(
        "ix_notice_in_doubt",
        "notice",
        ["handed_at"],
        sqlite_where=in_doubt,
        postgresql_where=in_doubt,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_in_doubt", table_name="notice")
