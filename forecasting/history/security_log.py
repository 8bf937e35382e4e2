# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``security_log``: files of Suricata or syslog → intrusion attempts and malware detections per interval.

Each device has a series for each class that was seen (object: the class) and one for all of them (object: ``device``). An
interval without a finding is a zero where the device wrote anything at all, and a gap where it was silent.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ..contracts import errors_of
from ..contracts.durations import seconds
from ..errors import InputError
from .log_lines import BadLine, Clock, eve, syslog
from .parts import Parts, series_table

READERS = {"suricata_eve": eve, "syslog": syslog}
METRICS = {"intrusion": ("sec_intrusion_attempts", "attempt"), "malware": ("sec_malware_detections", "detection")}
ALL = "device"
LONGEST = 2**20
MOST = 20_000


@dataclass
class _Tally:
    """Counts by (device, kind, class) and interval, and the intervals in which each device wrote something."""

    interval_s: int
    counts: dict[tuple[str, str, str], Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    alive: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    nameless: int = 0


def read_security_log(settings: Mapping[str, Any], folder: Path, as_of: datetime) -> Parts:
    """Count what the source's files say before `as_of`.

    settings: an entry of the sources file; folder: where that file lies.

    Raises:
        InputError: there is no file, or none that can be read.
    """
    name = f"source {settings['name']}"
    zone = ZoneInfo(settings.get("tz", "UTC"))
    tally = _Tally(int(seconds(settings.get("interval", "1h"))))
    told = [_count(path, settings, Clock(zone, _written(path)), tally, name) for path in _files(settings, folder, name)]
    warnings = [sentence for sentence in told if sentence]
    if not tally.alive:
        if tally.nameless:
            raise InputError(f"{name}: its records name no host; say with device whose they are")
        raise InputError(f"{name}: no line is {settings['format']}{': ' + warnings[0] if warnings else ''}; correct format or paths")
    if tally.nameless:
        warnings.append(f"{name}: {tally.nameless} records name no host: left out")
    quiet_s = seconds(settings["quiet"]) if "quiet" in settings else 0.0
    return _parts(tally, name, str(zone), quiet_s, int(as_of.timestamp()) // tally.interval_s, warnings)


def _files(settings: Mapping[str, Any], folder: Path, name: str) -> list[Path]:
    """The files that the paths and patterns name; a path that names none is the user's to mend."""
    found: dict[Path, None] = {}
    for given in settings["paths"]:
        path = folder / given
        matches = [path] if path.is_file() else sorted(match for match in path.parent.glob(path.name) if match.is_file())
        if not matches:
            raise InputError(f"{name}: there is no file {path}; correct paths")
        found |= dict.fromkeys(matches)
    return list(found)


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _count(path: Path, settings: Mapping[str, Any], clock: Clock, tally: _Tally, name: str) -> str:
    """Add one file to the tally. Returns a sentence on lines that could not be read, or nothing."""
    reader, rules, device = READERS[settings["format"]], settings.get("rules", ()), settings.get("device")
    bad, first, number = 0, 0, 0
    try:
        for number, line in enumerate(_lines(path), 1):
            if not line:
                continue
            try:
                at, host, finding = reader(line, clock, rules)
            except BadLine:
                bad, first = bad + 1, first or number
                continue
            _add(tally, device or host, int(at // tally.interval_s), finding)
            if len(tally.alive) > MOST or len(tally.counts) > MOST:
                raise InputError(f"{name}: {path} names more than {MOST} devices or classes; correct format, or name one device")
    except (OSError, EOFError, zlib.error) as error:
        return f"{name}: {path} breaks off after line {number} ({error}); what stands before it counts"
    more = f" and {bad - 1} more" if bad > 1 else ""
    return f"{name}: {path} line {first}{more} cannot be read as {settings['format']}: left out" if bad else ""


def _add(tally: _Tally, device: str, interval: int, finding: tuple[str, str] | None) -> None:
    if not device:
        tally.nameless += 1
        return
    tally.alive[device].add(interval)
    if finding:
        kind, name = finding
        tally.counts[device, kind, name][interval] += 1
        tally.counts[device, kind, ALL][interval] += 1


def _lines(path: Path) -> Iterator[str]:
    with cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb") as stream:
        while line := stream.readline(LONGEST):
            yield line.decode("utf-8", "replace").strip()


def _parts(tally: _Tally, name: str, zone: str, quiet_s: float, ending: int, warnings: list[str]) -> Parts:
    """Series and samples of all whole intervals before `ending`."""
    rows, tables, left_out = [], [], []
    for device, seen in sorted(tally.alive.items()):
        heard = _heard(np.array(sorted(seen)), quiet_s / tally.interval_s)
        heard = heard[heard < ending]
        mine = {(kind, thing) for owner, kind, thing in tally.counts if owner == device} | {(kind, ALL) for kind in METRICS}
        for kind, thing in sorted(mine):
            metric, unit = METRICS[kind]
            row: dict[str, Any] = {"unique_id": f"{device}|{thing}|{metric}", "device": device, "object": thing}
            row |= {"metric": metric, "unit": unit, "tz": zone, "kind": "event_count", "interval_s": float(tally.interval_s)}
            wrong = errors_of("series_row", row)
            if wrong:
                left_out.append({"unique_id": repr(row["unique_id"])[:200], "reason": f"{wrong[0]}; correct the name, or name the device"})
                continue
            counts = tally.counts.get((device, kind, thing), Counter())
            stamps = pd.to_datetime(heard * tally.interval_s, unit="s", utc=True).as_unit("ns")
            rows.append(row)
            values = [float(counts[place]) for place in heard.tolist()]
            tables.append(pd.DataFrame({"unique_id": row["unique_id"], "ds": stamps, "y": values}))
    if not rows:
        raise InputError(f"{name}: no host in it has a usable name ({left_out[0]['unique_id']}); say with device whose the records are")
    return Parts(series_table(pd.DataFrame(rows), name), pd.concat(tables, ignore_index=True), warnings=warnings, left_out=left_out)


def _heard(seen: np.ndarray, quiet: float) -> np.ndarray:
    """The intervals seen, and those between two of them that are no further apart than `quiet` intervals."""
    if len(seen) < 2 or quiet < 1:
        return seen
    gaps = np.diff(seen)
    between = [np.arange(start + 1, start + gap) for start, gap in zip(seen[:-1], gaps, strict=True) if 1 < gap <= quiet]
    return np.sort(np.concatenate([seen, *between]))
