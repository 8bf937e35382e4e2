# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of many series, forecast by the workers of a Dask cluster that is there already.

A chunk and what was learnt travel within their tasks, as bytes in Dask's own format. So the scheduler, which needs nothing of this
engine, can give them to another worker when one dies, and what was learnt goes to each worker once. Source: Dask.distributed's `Client`.
"""

from __future__ import annotations

import logging
import operator
import re
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .applied import Part, part_of
from .chunked import Asked, Engine, Lesson
from .errors import InputError
from .history import History
from .learnt.shelf import Shelf
from .versions import compare, versions

PATIENCE_S = 8
LOOK_S = 20.0
INSTALL = "distributed>=2025.1"
ADDRESS = re.compile(r"(tcp|tls|wss?)://\S+:\d+")
QUIET = ("distributed", "distributed.client", "distributed.core", "distributed.comm")


@contextmanager
def connected(address: str) -> Iterator[Engine]:
    """The workers of the cluster whose scheduler has this address, as what `forecast_many` forecasts its parts with.

    Raises `InputError` where nobody answers, where there are no workers, and where one has other versions than this process.
    """
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError as error:
        raise InputError(f"--engine dask needs a package that is not installed ({error.name}); run: pip install '{INSTALL}'") from None
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said in one sentence
    large = {"distributed.admin.large-graph-warning-threshold": "1 TB"}  # that a chunk travels within its task is meant
    with import_module("dask").config.set(large), _client(distributed, address) as client:
        _check(client, address)
        yield lambda asked, lesson, chunks: _parts(client, address, asked, lesson, chunks)


def _client(distributed: Any, address: str) -> Any:
    if not ADDRESS.fullmatch(address):
        raise InputError(f"--scheduler {address}: this is no address; write it like tcp://127.0.0.1:8786")
    try:
        with warnings.catch_warnings(action="ignore"):  # of other versions: they are refused with a sentence
            return distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except OSError as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"no Dask scheduler answers at {address} ({why}); start it, or correct --scheduler") from None


def _check(client: Any, address: str) -> None:
    """Refuse a cluster without workers, and one whose results could differ from those made here."""
    ours = versions()
    found = client.run(versions, on_error="return")
    for name, theirs in sorted(found.items()):
        compare(f"the worker {name}", theirs, ours)
    if not found:
        raise InputError(f"the scheduler {address} has no workers; start some with: dask worker {address}")


def _parts(client: Any, address: str, asked: Asked, lesson: Lesson, chunks: Iterator[History]) -> Iterator[Part]:
    """The parts in the order of their chunks; one more is under way than the workers have threads."""
    under_way: deque[Any] = deque()
    packing = import_module("distributed.protocol")
    work = packing.serialize_bytes(partial(_part, replace(asked, shelf=Shelf()), lesson, versions()))
    with _answering(address):
        taught = client.submit(packing.deserialize_bytes, work, pure=False)
    for chunk in chunks:
        with _answering(address):
            under_way.append(client.submit(operator.call, taught, packing.serialize_bytes(chunk), pure=False))
            most = sum(client.nthreads().values())
        if len(under_way) > most:
            yield _result(client, address, under_way.popleft())
    while under_way:
        yield _result(client, address, under_way.popleft())


@contextmanager
def _answering(address: str, future: Any = None) -> Iterator[None]:
    """Say that the scheduler is gone, unless it is the future's own error that comes."""
    try:
        yield
    except (CancelledError, OSError):
        if future is not None and future.status == "error":
            raise
        raise InputError(f"the scheduler {address} went away and nothing was written; start it, and forecast again") from None


def _result(client: Any, address: str, future: Any) -> Part:
    """The part, as soon as it is there; waits for as long as there are workers."""
    killed = import_module("distributed").KilledWorker
    with _answering(address, future):
        while True:
            try:
                part: Part = future.result(timeout=LOOK_S)
                return part
            except TimeoutError:
                if future.status == "error":
                    raise
                if not client.nthreads():
                    raise InputError(f"all workers of {address} are gone and nothing was written; start some, and forecast again") from None
            except killed as error:
                last = error.last_worker.address
                raise InputError(f"some series ended one worker after another, at last {last}; give the workers more memory") from None


def _part(asked: Asked, lesson: Lesson, theirs: dict[str, str], chunk: bytes) -> Part:
    """Forecast the series of a chunk: runs on a worker, which may be younger than the check of all workers."""
    if versions() != theirs:
        compare(f"the worker {import_module('distributed').get_worker().address}", versions(), theirs)
    with ONE_THREAD:
        return part_of(asked, lesson, import_module("distributed.protocol").deserialize_bytes(chunk))


class _OneThread:
    """One thread of numerics while any chunk is at work in this process, which may work on several, and serves others as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = 0
        self._limits: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._at_work += 1
            self._limits = self._limits or threadpool_limits(1)

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._at_work -= 1
            if not self._at_work:
                self._limits.restore_original_limits()
                self._limits = None


ONE_THREAD = _OneThread()
