# SPDX-License-Identifier: GPL-3.0-or-later
"""The one file that starts the forecasting engine.

The engine is a process of its own: Ansible's forked workers are no place for OpenMP threads, and what it
says is the published schema ``engine_event``: progress and warnings as JSON lines, then one result or one error.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

COLLECTION = Path(__file__).resolve().parents[2]
MOST_THREADS = 8
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PR_SET_PDEATHSIG = 1
SECONDS_TO_STOP = 5.0


class EngineError(RuntimeError):
    """The engine made nothing; the text is its one sentence."""


class Listener(Protocol):
    """Who hears what the engine does while it runs."""

    def progress(self, step: str, done: int, total: int) -> None: ...

    def warning(self, message: str) -> None: ...


def run(command: str, options: Mapping[str, Any], listener: Listener) -> dict[str, Any]:
    """Run ``python -m forecasting <command>`` and return its result.

    Args:
        command: a command of the engine: forecast, recommend, outcome, replay, backtest, report …
        options: long options without their dashes; a value of None or False is left out, True is a bare flag,
            a list is the option once with all its values.
        listener: hears progress and warnings.

    Raises:
        EngineError: bad input, or a bug in the engine.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "forecasting", command, "--json", *_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            env=_environment(),
            preexec_fn=_die_with_parent(),
        )
        try:
            ending = _listen(process.stdout, listener)
            code = process.wait()
        finally:
            _stop(process)
        return _result(command, ending, code, _last_line(complaints))


def _arguments(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if value is None or value is False or value == []:
            continue
        yield f"--{name}"
        if value is not True:
            yield from map(str, value if isinstance(value, list) else [value])


def _environment() -> dict[str, str]:
    threads = str(min(MOST_THREADS, os.cpu_count() or 1))
    paths = [str(COLLECTION), *filter(None, [os.environ.get("PYTHONPATH")])]
    capped = {name: os.environ.get(name, threads) for name in THREAD_VARIABLES}
    return {**os.environ, **capped, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def _die_with_parent() -> Callable[[], None] | None:
    """What the child does first: ask the kernel to end it when the parent ends (Linux; prctl(2))."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _listen(stream: IO[str] | None, listener: Listener) -> dict[str, Any]:
    """Pass on progress and warnings; return the last event that was neither, or nothing."""
    ending: dict[str, Any] = {}
    for line in stream or ():
        event = _event(line)
        if event.get("event") == "progress":
            listener.progress(str(event["step"]), int(event["done"]), int(event["total"]))
        elif event.get("event") == "warning":
            listener.warning(str(event["message"]))
        elif event:
            ending = event
    return ending


def _event(line: str) -> dict[str, Any]:
    """A line as an event; what a library printed by itself is none."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) and "event" in value else {}


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdout:
        process.stdout.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _result(command: str, ending: dict[str, Any], code: int, complaint: str) -> dict[str, Any]:
    if code == 0 and ending.get("event") == "result":
        return dict(ending["result"])
    if ending.get("event") == "error":
        raise EngineError(str(ending["message"]))
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    raise EngineError(f"the engine's command {command} {how} without a result{': ' + complaint if complaint else ''}")


def _last_line(stream: IO[str]) -> str:
    stream.seek(0)
    lines = [line.strip() for line in stream if line.strip()]
    return lines[-1][:500] if lines else ""
