"""the natural end of a list entry; reports that end on a day are found by an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("list_entry", sa.Column("over_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_credit_report_valid_to"), "credit_report", ["valid_to"])


def downgrade() -> None:
    op.drop_index(op.f("ix_credit_report_valid_to"), table_name="credit_report")
    op.drop_column("list_entry", "over_on")
