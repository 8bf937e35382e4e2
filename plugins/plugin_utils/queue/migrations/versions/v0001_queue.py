# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: jobs, their append-only history, documents, devices in use, forecast rounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.String(27)
GENESIS = "0" * 64


def upgrade() -> None:
    """Create the tables, the two anchors and the guard that keeps history append-only."""
    _jobs()
    _history()
    _surroundings()
    op.execute(f"INSERT INTO forestage_anchor (name, seq, hash) VALUES ('chain', 0, '{GENESIS}'), ('intake', 0, '{GENESIS}')")  # noqa: S608
    _guard()


def _jobs() -> None:
    op.create_table(
        "forestage_job",
        sa.Column("job_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("change_id", sa.String(64), nullable=False, unique=True),
        sa.Column("open_key", sa.String(255), unique=True),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("requester", sa.String(128), nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("device", sa.String(63), nullable=False, index=True),
        sa.Column("device_role", sa.String(64)),
        sa.Column("site", sa.String(128)),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("criticality", sa.String(16), nullable=False),
        sa.Column("needed_by", TIME),
        sa.Column("not_before", TIME),
        sa.Column("revert_at", TIME),
        sa.Column("expires", TIME),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("inverse_of", sa.String(64), index=True),
        sa.Column("policy", sa.String(64)),
        sa.Column("policy_version", sa.String(64)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recommendation_id", sa.String(64)),
        sa.Column("as_of", TIME),
        sa.Column("approved_by", sa.String(128)),
        sa.Column("lease_worker", sa.String(255)),
        sa.Column("lease_until", TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sqlite_autoincrement=True,
    )


def _history() -> None:
    op.create_table(
        "forestage_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("change_id", sa.String(64), index=True),
        sa.Column("from_state", sa.String(20)),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("job_digest", sa.String(64)),
        sa.Column("documents", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "forestage_anchor",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def _surroundings() -> None:
    op.create_table(
        "forestage_document",
        sa.Column("change_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_table(
        "forestage_device",
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("change_id", sa.String(64), index=True),
    )
    op.create_table(
        "forestage_round",
        sa.Column("round_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("engine", sa.String(200), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("recommendations", sa.Integer, nullable=False),
        sa.Column("devices", sa.Integer, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )


def _guard() -> None:
    """Let the database itself refuse to change or remove a row of history."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER forestage_event_no_{verb.lower()} BEFORE {verb} ON forestage_event "
                "BEGIN SELECT RAISE(ABORT, 'the history of the queue is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION forestage_event_guard() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the history of the queue is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER forestage_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON forestage_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION forestage_event_guard()"
    )
