# SPDX-License-Identifier: GPL-3.0-or-later
"""A real InfluxDB 1.x of the tests' own: a temporary folder, loopback on a free port, logins required."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from tests.support.prometheus import DIRECT, PATIENCE_S, end, free_port, wait_for

ADMIN, READER, STRANGER = ("keeper", "k33per"), ("reader", "s3cret"), ("stranger", "n0body")
BATCH = 5000
SETTINGS = """\
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = true
log-enabled = false
max-row-limit = {most_rows}
"""


@contextmanager
def server(database: str, lines: Iterable[str], most_rows: int) -> Iterator[str]:
    """Run a server that holds `lines` (line protocol, times in s) and answers a query with at most `most_rows`; yields its address.

    It is stopped by its process id, also when the tests die.
    """
    if shutil.which("influxd") is None:
        raise RuntimeError("InfluxDB is not installed; install the package influxdb")
    folder, port = Path(tempfile.mkdtemp(prefix="forestage-influxdb-", dir="/tmp")), free_port()
    try:
        text = SETTINGS.format(folder=folder, port=port, backup=free_port(), most_rows=most_rows)
        (folder / "influxdb.conf").write_text(text, encoding="utf-8")
        command = ["setpriv", "--pdeathsig", "TERM", "influxd", "-config", str(folder / "influxdb.conf")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(process, f"{url}/ping", folder / "log")
            ask(url, f"CREATE USER {ADMIN[0]} WITH PASSWORD '{ADMIN[1]}' WITH ALL PRIVILEGES", None)
            for user, password in (READER, STRANGER):
                ask(url, f"CREATE USER {user} WITH PASSWORD '{password}'")
            ask(url, f'CREATE DATABASE "{database}"')
            ask(url, f'GRANT READ ON "{database}" TO {READER[0]}')
            write(url, database, lines)
            yield url
        finally:
            end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(url: str, statement: str, login: tuple[str, str] | None = ADMIN) -> Any:
    """Run a statement; returns the results."""
    return json.loads(_sent(f"{url}/query", urlencode({"q": statement}).encode(), login))


def write(url: str, database: str, lines: Iterable[str]) -> None:
    """Store points."""
    waiting = list(lines)
    for first in range(0, len(waiting), BATCH):
        _sent(f"{url}/write?db={database}&precision=s", "\n".join(waiting[first : first + BATCH]).encode(), ADMIN)


def _sent(url: str, body: bytes, login: tuple[str, str] | None) -> bytes:
    headers = {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()} if login else {}
    with DIRECT.open(Request(url, body, headers), timeout=PATIENCE_S) as answer:
        content: bytes = answer.read()
    return content
