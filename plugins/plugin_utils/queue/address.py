# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a queue lies: an SQLite file or a PostgreSQL URL, and what is said about it without its password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .errors import StoreError

DEFAULT_FILE = "~/.forestage/queue.db"
POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SECRETS = re.compile(r"(?<=:)(?!//)[^:@/\s]+(?=@)|(?<=password=)[^&\s]+")


@dataclass(frozen=True)
class Address:
    """A queue's place; exactly one of `file` (SQLite) and `url` (PostgreSQL) is set."""

    file: Path | None
    url: URL | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read a path, ``sqlite:///path`` or ``postgresql://…``; anything else is refused."""
        if not text.strip():
            raise StoreError(f"the queue's address is empty; give a file such as {DEFAULT_FILE} or a postgresql:// URL")
        if "://" not in text:
            return cls(Path(text).expanduser().absolute(), None)
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise StoreError(f"{masked(text)} is not a database URL; write postgresql://user@host/database or a file's path") from None
        if url.drivername in POSTGRESQL:
            return cls(None, url.set(drivername="postgresql+psycopg"))
        if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database and url.database != ":memory:":
            return cls(Path(url.database).expanduser().absolute(), None)
        raise StoreError(
            f"the queue is kept in an SQLite file or in PostgreSQL, not in {masked(text)}; write a file's path or postgresql://…"
        )

    def __str__(self) -> str:
        """The place as it may be shown: passwords are masked."""
        return str(self.file) if self.url is None else masked(self.url.render_as_string(hide_password=True)).replace("+psycopg", "", 1)

    @property
    def command(self) -> str:
        """The start of the command that creates or migrates this queue."""
        return f"ansible localhost -m forestage.network.queue_migrate -a 'queue_url={self} state="

    def require_file(self) -> None:
        """Refuse a file that cannot be a queue, before anything opens (and so perhaps creates) it.

        The file itself is not opened here: closing it would cancel the locks that this process's own connections hold
        (https://www.sqlite.org/howtocorrupt.html, section 2.2), and another process would then remove the log with the newest steps.
        """
        if self.file is None:
            return
        path = self.file
        if path.is_dir():
            raise StoreError(f"{path} is a folder; give the path of the queue's file in it, such as {path}/queue.db")
        if not path.exists():
            raise StoreError(f"there is no queue at {path}; create it with: {self.command}present'")
        if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
            raise StoreError(f"the queue {path} cannot be written: SQLite needs write access to the file and to its folder; grant it")
        if path.stat().st_size == 0:
            raise StoreError(
                f"{path} is empty (0 bytes) and so no queue; restore it from a backup, or remove it and run: {self.command}present'"
            )


def masked(text: str) -> str:
    """`text` with the password of every URL in it replaced by asterisks."""
    return _SECRETS.sub("***", text)
