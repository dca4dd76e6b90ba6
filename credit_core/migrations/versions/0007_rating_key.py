"""a rating is known by its subject and day; nothing pointed at its number"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from credit_core.database import UtcDateTime
from credit_core.days import Day

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = 'subject_id, "on", score, grade, rule_set, recorded_at'


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint("pk_rating", "rating")
        op.drop_column("rating", "id")
        op.drop_index("ix_rating_subject_id_on", "rating")
        op.create_primary_key("pk_rating", "rating", ["subject_id", "on"])
        return
    _copied(sa.PrimaryKeyConstraint("subject_id", "on", name="pk_rating"), sqlite_with_rowid=False)


def downgrade() -> None:
    number = sa.Column("id", _NUMBER, autoincrement=False, nullable=False)
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE rating ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY")
        op.execute("ALTER TABLE rating ALTER COLUMN id DROP IDENTITY")
        op.drop_constraint("pk_rating", "rating")
        op.create_primary_key("pk_rating", "rating", ["id"])
    else:
        _copied(number, sa.PrimaryKeyConstraint("id", name="pk_rating"))
    op.create_index("ix_rating_subject_id_on", "rating", ["subject_id", "on"], unique=True)


def _copied(
    *parts: sa.Column[int] | sa.PrimaryKeyConstraint, sqlite_with_rowid: bool = True
) -> None:
    """Make the table anew on SQLite, which cannot change the key of one; rows are kept."""
    op.rename_table("rating", "old_rating")
    op.create_table(
        "rating",
        *parts,
        sa.Column("subject_id", _NUMBER, nullable=False),
        sa.Column("on", Day(), nullable=False),
        sa.Column("score", _NUMBER, nullable=True),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("rule_set", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name="fk_rating_subject_id_subject"
        ),
        sqlite_with_rowid=sqlite_with_rowid,
    )
    op.execute(f"INSERT INTO rating ({_COLUMNS}) SELECT {_COLUMNS} FROM old_rating")
    op.drop_table("old_rating")
