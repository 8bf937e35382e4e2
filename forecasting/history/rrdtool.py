# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``rrdtool``: what archives a file has, and what stands in one of them.

Source: the manual pages rrdinfo(1) and rrdfetch(1). A row dated t is the mean over the step that ends at t; here it is
dated by the step's beginning. COUNTER, DERIVE and ABSOLUTE are stored as rates per second.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError
from .fetching import QueryRefused

PATIENCE_S = 60
ARCHIVE = re.compile(r'rra\[(\d+)\]\.(cf|rows|pdp_per_row) = "?([A-Z0-9]+)"?', re.ASCII)
HEADER = re.compile(r"^(step|last_update) = (\d+)$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True)
class Archive:
    """One archive of a file: its rows begin from `begin` to `end` (Unix s, both included) every `step_s`."""

    consolidation: str
    step_s: int
    begin: int
    end: int


def program(name: str) -> str:
    """Where rrdtool is; `name` is the source's. Raises `InputError` where it is not installed."""
    found = shutil.which("rrdtool")
    if found is None:
        raise InputError(f"{name}: the program rrdtool is not installed; install the package rrdtool")
    return found


def archive_for(rrdtool: str, path: Path, consolidation: str, begin: int, step_s: int | None) -> Archive:
    """The finest archive that reaches back to `begin` (Unix s), else the one that reaches furthest; or the one of `step_s`.

    Raises:
        QueryRefused: the file cannot be read, or has no such archive.
    """
    found = _archives(_said(rrdtool, path, "info", str(path)), path)
    fitting = [archive for archive in found if archive.consolidation == consolidation and step_s in (None, archive.step_s)]
    if not fitting:
        steps = ", ".join(sorted({f"{archive.consolidation} of {archive.step_s} s" for archive in found}))
        raise QueryRefused(f"{path} has no archive of {consolidation}{f' of {step_s} s' if step_s else ''}, but {steps}; name one of them")
    reaching = [archive for archive in fitting if archive.begin <= begin]
    if reaching:
        return min(reaching, key=lambda archive: archive.step_s)
    return min(fitting, key=lambda archive: (archive.begin, archive.step_s))


def _archives(text: str, path: Path) -> list[Archive]:
    head = dict(HEADER.findall(text))
    entries: dict[str, dict[str, str]] = {}
    for number, key, value in ARCHIVE.findall(text):
        entries.setdefault(number, {})[key] = value
    try:
        return [_archive(entry, int(head["step"]), int(head["last_update"])) for entry in entries.values()]
    except (KeyError, ValueError, ZeroDivisionError):
        raise QueryRefused(f"{path} is no RRD file that can be understood; restore or remove the file") from None


def _archive(entry: dict[str, str], step_s: int, last_update: int) -> Archive:
    step = step_s * int(entry["pdp_per_row"])
    end = last_update // step * step
    return Archive(entry["cf"], step, end - int(entry["rows"]) * step, end - step)


def fetch(rrdtool: str, path: Path, archive: Archive, begin: int, end: int, names: Sequence[str]) -> pd.DataFrame:
    """Samples `labels (the data source's name as JSON), at, y` of the data sources `names`; what is unknown has no sample.

    Raises:
        QueryRefused: the file cannot be read, or lacks one of the data sources.
    """
    first, last = max(begin, archive.begin), min(end, archive.end)
    if last < first:
        return pd.DataFrame({"labels": pd.Series(dtype=object), "at": pd.Series(dtype="int64"), "y": pd.Series(dtype=float)})
    options = ["-r", str(archive.step_s), "-s", str(first), "-e", str(last)]
    header, _unused, rows = _said(rrdtool, path, "fetch", str(path), archive.consolidation, *options).partition("\n")
    given = header.split()
    missing = [name for name in names if name not in given]
    if missing:
        raise QueryRefused(f"{path} has no data source {missing[0]!r}, but {', '.join(given)[:200]}; correct data_sources")
    try:
        cells = [line.replace(":", " ", 1).split() for line in rows.splitlines() if line]
        table = np.array(cells, dtype=float).reshape(-1, len(given) + 1)
    except ValueError:
        raise QueryRefused(f"{path} gives rows that cannot be understood; restore or remove the file") from None
    at = table[:, 0].astype("int64") - archive.step_s
    table, at = table[(at >= first) & (at <= last)], at[(at >= first) & (at <= last)]
    pieces = []
    for name in names:
        y = table[:, given.index(name) + 1]
        known = np.isfinite(y)
        pieces.append(pd.DataFrame({"labels": json.dumps(name), "at": at[known], "y": y[known]}))
    return pd.concat(pieces, ignore_index=True).astype({"labels": object})


def _said(rrdtool: str, path: Path, *arguments: str) -> str:
    env = {**os.environ, "LC_ALL": "C"}
    try:
        command = [rrdtool, *arguments]
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise QueryRefused(f"rrdtool did not answer on {path} within {PATIENCE_S} s; check that disk") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("ERROR: ").splitlines() or [f"exit {done.returncode}"]
        raise QueryRefused(f"rrdtool cannot read {path} ({said[0][:300]}); restore or remove the file")
    return done.stdout.decode("utf-8", "replace")
