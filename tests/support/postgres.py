# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of the tests' own: a temporary folder, a unix socket, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "forestage"
PATIENCE_S = 30


def programs() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[Path]:
    """Run a server; yields the folder of its socket. It is stopped by its process id, also when the tests die."""
    bin_folder = programs()
    if bin_folder is None:
        raise RuntimeError("PostgreSQL's server is not installed; install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="forestage-pg-", dir="/tmp"))
    prefix = ["setpriv", "--pdeathsig", "INT", *_ordinary_user(folder)]
    data = folder / "data"
    try:
        initialise = [
            *prefix,
            str(bin_folder / "initdb"),
            "-D",
            str(data),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initialise, check=True, capture_output=True, cwd=folder)
        settings = ("listen_addresses=", "fsync=off", "max_connections=60", f"unix_socket_directories={folder}")
        options = [part for setting in settings for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*prefix, str(bin_folder / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd=folder
            )
        try:
            _wait_for(process, bin_folder, folder)
            yield folder
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: become an ordinary user, who owns the folder."""
    if os.getuid() != 0:
        return []
    names = [entry.pw_name for entry in pwd.getpwall()]
    name = "postgres" if "postgres" in names else "nobody"
    account = pwd.getpwnam(name)
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["--reuid", name, "--regid", str(account.pw_gid), "--clear-groups"]


def _wait_for(process: subprocess.Popen[bytes], bin_folder: Path, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    probe = [str(bin_folder / "pg_isready"), "-q", "-h", str(folder), "-U", USER, "-d", "postgres"]
    while subprocess.run(probe, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')[-800:]}")
        time.sleep(0.05)


def new_database(folder: Path, name: str) -> str:
    """Create a database on the server at `folder` and return its URL."""
    import psycopg

    with psycopg.connect(host=str(folder), user=USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://{USER}@/{name}?host={folder}"
