# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue's tables, as the newest migration leaves them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import parse_time, to_text
from sqlalchemy import Boolean, Column, Double, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

HEAD = "0002"
VERSION_TABLE = "forestage_schema"


def canonical(value: Any) -> str:
    """The one way to write a value as JSON, so that equal values have equal digests."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=to_text)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as RFC 3339 text of fixed width so that both back-ends order it alike."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Aware datetime to text."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Text to aware datetime."""
        return None if value is None else parse_time(str(value))


def moment_text(value: datetime) -> str:
    """An aware datetime as 27 characters of RFC 3339, always with microseconds."""
    text = to_text(value)
    return text if "." in text else f"{text[:-1]}.000000Z"


class Json(TypeDecorator[Any]):
    """A JSON value, kept as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Value to canonical text."""
        return canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Text to value."""
        return None if value is None else json.loads(value)


metadata = MetaData()

jobs = Table(
    "forestage_job",
    metadata,
    Column("job_id", Integer, primary_key=True, autoincrement=True),
    Column("change_id", String(64), nullable=False, unique=True),
    Column("open_key", String(255), unique=True),
    Column("origin", String(16), nullable=False),
    Column("requester", String(128), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("device", String(63), nullable=False, index=True),
    Column("device_role", String(64)),
    Column("site", String(128)),
    Column("object", String(64), nullable=False),
    Column("template", String(64), nullable=False),
    Column("change", Json, nullable=False),
    Column("mode", String(8), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("criticality", String(16), nullable=False),
    Column("needed_by", Moment),
    Column("not_before", Moment),
    Column("revert_at", Moment),
    Column("expires", Moment),
    Column("waiting_since", Moment, nullable=False),
    Column("inverse_of", String(64), index=True),
    Column("policy", String(64)),
    Column("policy_version", String(64)),
    Column("reason", Text, nullable=False),
    Column("recommendation_id", String(64)),
    Column("as_of", Moment),
    Column("approved_by", String(128)),
    Column("lease_worker", String(255)),
    Column("lease_until", Moment),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

events = Table(
    "forestage_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("change_id", String(64), index=True),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("job_digest", String(64)),
    Column("documents", Json, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

documents = Table(
    "forestage_document",
    metadata,
    Column("change_id", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("body", Json, nullable=False),
    Column("at", Moment, nullable=False),
)

devices = Table(
    "forestage_device",
    metadata,
    Column("device", String(63), primary_key=True),
    Column("change_id", String(64), index=True),
)

anchors = Table(
    "forestage_anchor",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

rounds = Table(
    "forestage_round",
    metadata,
    Column("round_id", Integer, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("engine", String(200), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("recommendations", Integer, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

ledger = Table(
    "forestage_ledger",
    metadata,
    Column("entry_id", String(64), primary_key=True),
    Column("as_of", Moment, nullable=False, index=True),
    Column("matures_at", Moment, nullable=False, index=True),
    Column("policy", String(64), nullable=False),
    Column("device", String(63), nullable=False),
    Column("object", String(64), nullable=False),
    Column("template", String(64), nullable=False),
    Column("body", Json, nullable=False),
)

outcomes = Table(
    "forestage_outcome",
    metadata,
    Column("entry_id", String(64), primary_key=True),
    Column("change_id", String(64), index=True),
    Column("needed", String(16), nullable=False),
    Column("measured_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
