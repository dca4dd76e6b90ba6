"""third-party agencies and their reports; joined files are found by an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from credit_core.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "credit_agency",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("filing_no", sa.String(length=80), nullable=False),
        sa.Column("staff", _NUMBER, nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(length=60), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_agency")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_credit_agency_credit_code")),
    )
    op.create_table(
        "outside_report",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("agency_id", _NUMBER, nullable=False),
        sa.Column("subject_id", _NUMBER, nullable=False),
        sa.Column("report_no", sa.String(length=60), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("entered_by", sa.String(length=60), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"],
            ["credit_agency.id"],
            name=op.f("fk_outside_report_agency_id_credit_agency"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_outside_report_subject_id_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_report")),
        sa.UniqueConstraint(
            "agency_id", "report_no", name=op.f("uq_outside_report_agency_id_report_no")
        ),
    )
    with op.batch_alter_table("outside_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_report_subject_id"), ["subject_id"])
    op.create_index(
        "ix_subject_merged_into_id",
        "subject",
        ["merged_into_id"],
        sqlite_where=sa.text("merged_into_id IS NOT NULL"),
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_subject_merged_into_id", "subject")
    op.drop_table("outside_report")
    op.drop_table("credit_agency")
