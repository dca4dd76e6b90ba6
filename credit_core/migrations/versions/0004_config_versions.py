"""versions of offers, lists, measures and the calendar, in one table"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from credit_core.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "config_version",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("topic", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_version")),
    )
    with op.batch_alter_table("config_version", schema=None) as batch_op:
        batch_op.create_index(
            "ix_config_version_topic", ["topic", "state", "approved_at"], unique=False
        )
    op.execute(
        "INSERT INTO config_version (id, topic, name, title, content, state, note, created_by, "
        "created_at, approved_by, approved_at) SELECT id, 'offers', offer_id, offer_id, content, "
        "state, '', drafted_by, drafted_at, approved_by, approved_at FROM offer_version"
    )
    with op.batch_alter_table("offer_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_version_offer_id"))
    op.drop_table("offer_version")


def downgrade() -> None:
    op.create_table(
        "offer_version",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("drafted_by", sa.String(length=60), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_version")),
    )
    with op.batch_alter_table("offer_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_version_offer_id"), ["offer_id"], unique=False)
    op.execute(
        "INSERT INTO offer_version (id, offer_id, content, state, drafted_by, drafted_at, "
        "approved_by, approved_at) SELECT id, name, content, state, created_by, created_at, "
        "approved_by, approved_at FROM config_version WHERE topic = 'offers'"
    )
    with op.batch_alter_table("config_version", schema=None) as batch_op:
        batch_op.drop_index("ix_config_version_topic")
    op.drop_table("config_version")
