# SPDX-License-Identifier: GPL-3.0-or-later
"""A Dask cluster of the tests' own: a scheduler and workers as processes on loopback, each on a port that the system chooses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

from .prometheus import end

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 40


@dataclass(frozen=True)
class Cluster:
    """A running scheduler, and how to add workers that are stopped with it."""

    address: str
    scheduler: subprocess.Popen[bytes]
    folder: Path
    stack: ExitStack

    def workers(self, count: int, threads: int = 1, environment: Mapping[str, str] | None = None) -> list[subprocess.Popen[bytes]]:
        """Start workers and wait until the scheduler knows them."""
        with Client(self.address, set_as_default=False) as client:
            before = len(client.nthreads())
            more = [self.address, "--no-nanny", "--nthreads", str(threads), "--memory-limit", "0", "--local-directory", str(self.folder)]
            made = [_start(self.stack, self.folder, "dask_worker", more, environment) for _number in range(count)]
            client.wait_for_workers(before + count, timeout=PATIENCE_S)
        return made


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A scheduler without workers; all is stopped by process id, also when the tests die."""
    folder = Path(tempfile.mkdtemp(prefix="forestage-dask-", dir="/tmp"))
    try:
        with ExitStack() as stack:
            told = folder / "scheduler.json"
            scheduler = _start(stack, folder, "dask_scheduler", ["--port", "0", "--scheduler-file", str(told)], None)
            yield Cluster(_address(told, scheduler), scheduler, folder, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(stack: ExitStack, folder: Path, program: str, more: list[str], environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1"]
    around = os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([*command, "--no-dashboard", *more], stdout=log, stderr=log, cwd=folder, env=around)
    stack.callback(end, process)
    return process


def _address(told: Path, scheduler: subprocess.Popen[bytes]) -> str:
    for _attempt in range(PATIENCE_S * 10):
        try:
            return str(json.loads(told.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError):
            assert scheduler.poll() is None, (told.parent / "log").read_text(encoding="utf-8")
            time.sleep(0.1)
    raise AssertionError("the scheduler did not say where it listens")
