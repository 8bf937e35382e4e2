# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections and transactions, alike on both back-ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from .address import Address, masked
from .errors import StoreError

BUSY_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 10


def engine_of(address: Address) -> Engine:
    """An engine for one process; after a fork it is to be disposed of without closing (see `Engine.dispose`)."""
    if address.url is not None:
        arguments = {} if "connect_timeout" in address.url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        try:
            return create_engine(address.url, pool_pre_ping=True, connect_args=arguments)
        except (ImportError, NoSuchModuleError):
            raise StoreError(f"{address} needs the Python package psycopg; install it with: pip install 'psycopg[binary]'") from None
    target = f"file:{quote(str(address.file))}?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(target, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("forestage_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction(engine: Engine, address: Address, *, writes: bool, keep: bool = True) -> Iterator[Connection]:
    """One transaction; `keep=False` rolls it back at its end. A reader sees one snapshot throughout."""
    options: dict[str, Any] = {"forestage_writes": writes}
    if engine.dialect.name == "postgresql" and not writes:
        options["isolation_level"] = "REPEATABLE READ"
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin() as frame:
            yield connection
            if not keep:
                frame.rollback()
    except DBAPIError as error:
        raise StoreError(_sentence(error, address)) from error


def _sentence(error: DBAPIError, address: Address) -> str:
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    said = masked(lines[0] if lines else type(error.orig).__name__)
    if address.url is not None and address.url.password:
        said = said.replace(str(address.url.password), "***")
    if "locked" in said:
        return f"the queue {address} stayed locked for {BUSY_TIMEOUT_S} s by another process; look for one that hangs, then try again"
    if "not a database" in said or "malformed" in said:
        return f"{address} is damaged or not an SQLite database ({said}); restore it from a backup"
    if error.statement is None:
        return f"the queue's database {address} cannot be reached ({said}); check that it runs and that the URL is right"
    return f"the queue's database {address} refused the operation ({said}); nothing was written"
