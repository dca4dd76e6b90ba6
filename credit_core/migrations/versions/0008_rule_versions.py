"""versions of rules stand beside those of offers, lists, measures and calendars"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from credit_core.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SHARED = (
    "id, effective_from, effective_to, content, state, note, created_by, created_at, "
    "approved_by, approved_at"
)


def upgrade() -> None:
    op.execute(
        f"INSERT INTO config_version (topic, name, title, {_SHARED}) "
        f"SELECT 'rules', kind, rule_set, {_SHARED} FROM rule_version"
    )
    op.drop_table("rule_version")


def downgrade() -> None:
    op.create_table(
        "rule_version",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("rule_set", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
    )
    op.create_index("ix_rule_version_state", "rule_version", ["state", "approved_at"])
    op.execute(
        f"INSERT INTO rule_version (kind, rule_set, {_SHARED}) "
        f"SELECT name, substr(title, 1, 40), {_SHARED} FROM config_version WHERE topic = 'rules'"
    )
    op.execute("DELETE FROM config_version WHERE topic = 'rules'")
