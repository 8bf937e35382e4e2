# SPDX-License-Identifier: GPL-3.0-or-later
"""The prediction ledger and its outcomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.String(27)


def upgrade() -> None:
    """Create the ledger of predictions and the table of what became of them."""
    op.create_table(
        "forestage_ledger",
        sa.Column("entry_id", sa.String(64), primary_key=True),
        sa.Column("as_of", TIME, nullable=False, index=True),
        sa.Column("matures_at", TIME, nullable=False, index=True),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "forestage_outcome",
        sa.Column("entry_id", sa.String(64), primary_key=True),
        sa.Column("change_id", sa.String(64), index=True),
        sa.Column("needed", sa.String(16), nullable=False),
        sa.Column("measured_at", TIME, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
