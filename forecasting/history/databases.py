# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that are read, never written: SQLite files, and PostgreSQL with the driver psycopg where it is installed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import quote, unquote

from ..contracts.durations import seconds
from ..errors import InputError
from .fetching import QueryRefused
from .http_server import secret

TIMEOUT = "60s"
SQLITE = "sqlite:///"
ROWS_AT_ONCE = 50_000
STEPS_AT_ONCE = 100_000
TOO_LONG = "takes too long over the query; narrow it, or give it a longer timeout"
LOGIN = ("authentication failed", "no password supplied", "does not exist", "not permitted to log in", "pg_hba.conf")
Row = tuple[Any, ...]


class Database(Protocol):
    """An open connection. mark: where a bound value goes in its SQL; literal(text): SQL in which nothing is such a mark."""

    mark: str

    def literal(self, text: str) -> str:
        """`text` as SQL in which nothing is taken for a bound value."""

    def rows(self, text: str, values: Sequence[Any]) -> Iterator[Row]:
        """The rows of a query. Raises `QueryRefused` where it is wrong, `InputError` where the database is dead."""


def opened(settings: Mapping[str, Any], folder: Path) -> AbstractContextManager[Database]:
    """The database of an entry in the sources file; `folder` is where that file lies. Raises `InputError` when entered."""
    return _Sqlite.opened(settings, folder) if settings["url"].startswith(SQLITE) else _Postgres.opened(settings)


class _Sqlite:
    mark = "?"

    def __init__(self, name: str, path: Path, connection: sqlite3.Connection, timeout_s: float) -> None:
        self.name, self.path, self.connection, self.timeout_s = name, path, connection, timeout_s

    @classmethod
    @contextmanager
    def opened(cls, settings: Mapping[str, Any], folder: Path) -> Iterator[Self]:
        name, path = f"source {settings['name']}", (folder / unquote(settings["url"].removeprefix(SQLITE))).absolute()
        if not path.is_file():
            raise InputError(f"{name}: there is no database file {path}; correct url")
        timeout_s = seconds(settings.get("timeout", TIMEOUT))
        try:
            connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=timeout_s)
        except sqlite3.Error as error:
            raise InputError(f"{name}: {path} cannot be opened ({error}); check that it may be read") from None
        with closing(connection):
            yield cls(name, path, connection, timeout_s)

    def literal(self, text: str) -> str:
        return text

    def rows(self, text: str, values: Sequence[Any]) -> Iterator[Row]:
        deadline = time.monotonic() + self.timeout_s
        self.connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_AT_ONCE)
        try:
            yield from self.connection.execute(text, values)
        except (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.Warning) as error:
            if "interrupted" in str(error):
                raise QueryRefused(f"{self.name} {TOO_LONG}") from None
            if "locked" in str(error) or "disk" in str(error):
                raise InputError(f"{self.name}: {self.path} cannot be read now ({error}); try again") from None
            raise QueryRefused(f"{self.name} refuses the query ({error}); correct table, query, time_format or the columns") from None
        except sqlite3.DatabaseError as error:
            raise InputError(f"{self.name}: {self.path} is no usable SQLite database ({error}); restore it, or correct url") from None


class _Postgres:
    mark = "%s"

    def __init__(self, name: str, driver: Any, connection: Any) -> None:
        self.name, self.driver, self.connection = name, driver, connection

    @classmethod
    @contextmanager
    def opened(cls, settings: Mapping[str, Any]) -> Iterator[Self]:
        name = f"source {settings['name']}"
        password = secret(settings["name"], settings["password_env"]) if "password_env" in settings else None
        try:
            import psycopg
        except ImportError:
            raise InputError(f"{name}: PostgreSQL needs the Python package psycopg; install psycopg[binary]") from None
        patience_s = seconds(settings.get("timeout", TIMEOUT))
        options = f"-c default_transaction_read_only=on -c TimeZone=UTC -c statement_timeout={patience_s * 1000:.0f}"
        try:
            connection = psycopg.connect(settings["url"], password=password, connect_timeout=10, options=options)
        except psycopg.Error as error:
            raise InputError(_unreachable(name, error)) from None
        with closing(connection):
            yield cls(name, psycopg, connection)

    def literal(self, text: str) -> str:
        return text.replace("%", "%%")

    def rows(self, text: str, values: Sequence[Any]) -> Iterator[Row]:
        try:
            with self.connection.transaction(), self.connection.cursor(name="forestage") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(text, values)
                yield from cursor
        except self.driver.errors.QueryCanceled:
            raise QueryRefused(f"{self.name} {TOO_LONG}") from None
        except self.driver.Error as error:
            told = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
            if self.connection.broken:
                raise InputError(f"{self.name}: the connection broke ({told}); check that the server runs") from None
            raise QueryRefused(f"{self.name} refuses the query ({told}); correct table, query, time_format or the columns") from None


def _unreachable(name: str, error: Exception) -> str:
    told = (str(error).strip().splitlines() or [type(error).__name__])[-1][:300]
    if any(sign in told for sign in LOGIN):
        return f"{name}: PostgreSQL refuses the login ({told}); check user and database in url, and the variable that password_env names"
    return f"{name}: PostgreSQL cannot be reached ({told}); check the url and that it runs"
