"""details of records are sealed; records rest under objection and leave the file"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from credit_core.crypto import keyring
from credit_core.days import Day

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 2_000
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECORD = sa.table(
    "record",
    sa.column("id", _ID),
    sa.column("detail", sa.Text()),
    sa.column("detail_sealed", sa.LargeBinary()),
)


def upgrade() -> None:
    op.add_column("record", sa.Column("detail_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("record", sa.Column("removed_on", Day(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # What stood in clear is overwritten, not only given free.
        op.execute("PRAGMA secure_delete = ON")
    _convert(_RECORD.c.detail, _RECORD.c.detail_sealed, _seal)
    op.drop_column("record", "detail")
    still_shown = sa.text("removed_on IS NULL AND severity IS NOT NULL")
    op.create_index(
        "ix_record_in_file",
        "record",
        ["occurred_on"],
        sqlite_where=still_shown,
        postgresql_where=still_shown,
    )
    op.create_table(
        "record_suspension",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("record_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("since", Day(), nullable=False),
        sa.Column("until", Day(), nullable=True),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_suspension_record_id_record")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_record_suspension_subject_id_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_suspension")),
    )
    for column in ("record_id", "subject_id"):
        op.create_index(op.f(f"ix_record_suspension_{column}"), "record_suspension", [column])


def downgrade() -> None:
    op.drop_table("record_suspension")
    op.drop_index("ix_record_in_file", "record")
    op.add_column(
        "record", sa.Column("detail", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    _convert(_RECORD.c.detail_sealed, _RECORD.c.detail, _open)
    op.drop_column("record", "removed_on")
    op.drop_column("record", "detail_sealed")


def _convert(
    source: sa.ColumnClause[Any], target: sa.ColumnClause[Any], change: Callable[[int, Any], Any]
) -> None:
    """Fill one column from the other, a batch of ids at a time."""
    bind = op.get_bind()
    empty = source.is_(None) if source is _RECORD.c.detail_sealed else source == ""
    last = -1
    while True:
        rows = bind.execute(
            sa.select(_RECORD.c.id, source)
            .where(_RECORD.c.id > last, ~empty)
            .order_by(_RECORD.c.id)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1][0]
        bind.execute(
            sa.update(_RECORD)
            .where(_RECORD.c.id == sa.bindparam("row"))
            .values({target: sa.bindparam("made")}),
            [{"row": row_id, "made": change(row_id, value)} for row_id, value in rows],
        )


def _place(row_id: int) -> bytes:
    return f"record|detail_sealed|{row_id}".encode()


def _seal(row_id: int, detail: str) -> bytes:
    return keyring().seal(detail.encode(), _place(row_id))


def _open(row_id: int, sealed: bytes) -> str:
    return keyring().open(sealed, _place(row_id)).decode()
