# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a queue's tables: checked at every opening, created and migrated only when asked."""

from __future__ import annotations

import os
import re
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from .address import Address
from .connection import engine_of, transaction
from .errors import StoreError
from .tables import HEAD, VERSION_TABLE

_LOCK = 0x666F7265  # any fixed number: one creation or migration at a time


def version_of(connection: Connection) -> str | None:
    """The schema's version, or None where there is no queue."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


def require_current(connection: Connection, address: Address) -> None:
    """Refuse a database without a queue, and a queue whose tables are older or newer than this release's."""
    found = version_of(connection)
    if found is None:
        raise StoreError(f"the database {address} holds no queue; create it with: {address.command}present'")
    if found == HEAD:
        return
    if not re.fullmatch(r"\d{4}", found) or found > HEAD:
        raise StoreError(
            f"the queue {address} has schema {found}, newer than this release's {HEAD}; "
            "update the collection with: ansible-galaxy collection install --upgrade forestage.network"
        )
    raise StoreError(f"the queue {address} has schema {found} and this release needs {HEAD}; migrate it with: {address.command}latest'")


def create(address: Address, *, keep: bool = True) -> bool:
    """Create the queue unless there is one already; says whether it did. An SQLite file appears whole or not at all."""
    if address.file is None:
        return _create_tables(engine_of(address), address, keep=keep)
    if address.file.exists():
        address.require_file()
        return False
    if not keep:
        return True
    path = address.file
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        return _fill(draft, path)
    except OSError as error:
        raise StoreError(f"no queue can be created at {path} ({error.strerror}); choose a folder that you may write to") from None
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                Path(f"{draft}{suffix}").unlink(missing_ok=True)


def _fill(draft: Path, path: Path) -> bool:
    address = Address(draft, None)
    engine = engine_of(address)
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode=WAL")
    _create_tables(engine, address)
    engine.dispose()
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    return True


def _create_tables(engine: Engine, address: Address, *, keep: bool = True) -> bool:
    with transaction(engine, address, writes=True, keep=keep) as connection:
        _lock(connection)
        if version_of(connection) is not None:
            return False
        _upgrade(connection)
    return True


def migrate(address: Address, *, keep: bool = True) -> tuple[str, str]:
    """Bring the queue's tables to this release's version in one transaction; the versions before and after."""
    address.require_file()
    with transaction(engine_of(address), address, writes=True, keep=keep) as connection:
        _lock(connection)
        before = version_of(connection)
        if before is None or before > HEAD:
            require_current(connection, address)
        if before != HEAD:
            _upgrade(connection)
    return str(before), HEAD


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")
