# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of sources → everything they bring, as one. A dead source is named and left out; it never blocks the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ..contracts import ContractError
from ..errors import InputError
from ..policies.checks import check_schema
from ..policies.source import Place as Key
from ..policies.source import Source, read
from .events import event_table, read_ics, read_yml
from .influxdb import read_influxdb
from .parts import Parts, merged
from .prometheus import read_prometheus
from .rrd import read_rrd
from .security_log import read_security_log
from .sql import read_sql
from .tables import read_tables
from .zones import require_zone

AT_ONCE = 8
GOES_ON = "; the forecast goes on without it"


@dataclass(frozen=True)
class Place:
    """What a source may need beside its own settings. kept: its file in the cache."""

    folder: Path
    kept: Path
    as_of: datetime


def gather(path: Path, as_of: datetime | None = None) -> Parts:
    """Read all sources that the file lists, up to eight at a time, and merge what they bring in the order of the file.

    Raises:
        InputError: the file is wrong (with its line), or none of its sources brings a series.
    """
    listed, cached = _listed(path)
    now = datetime.now(UTC)
    moment = min(as_of or now, now)
    jobs = [partial(_tried, entry, Place(path.parent, cached / f"{entry['name']}.parquet", moment)) for entry in listed]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda job: job(), jobs))
    whole = merged([(entry["name"], parts) for entry, parts in zip(listed, found, strict=True)])
    if whole.series.empty:
        told = "; ".join(warning.removesuffix(GOES_ON) for warning in whole.warnings)
        raise InputError(f"{path}: no source brings a series: {told or 'none of them measures anything'}")
    return whole


def _listed(path: Path) -> tuple[list[dict[str, Any]], Path]:
    """The entries, and the folder of the cache."""
    if not path.is_file() or not path.stat().st_size:
        raise InputError(f"{path} is missing or empty; a file of sources begins with `version: 1` and `sources:`")
    source = read(path)
    check_schema(source, "sources")
    seen: set[str] = set()
    for index, entry in enumerate(source.data["sources"]):
        if entry["name"] in seen:
            raise source.error(("sources", index, "name"), f"a second source has the name {entry['name']!r}; give each its own")
        seen.add(entry["name"])
        _check_zones(source, ("sources", index), entry)
    return source.data["sources"], path.parent / source.data.get("cache", f"{path.name}.cache")


def _check_zones(source: Source, place: Key, entry: Mapping[str, Any]) -> None:
    """Refuse a time zone that is none, of the source or of one of its queries: no schema knows them all."""
    queries = [((*place, "queries", number), query) for number, query in enumerate(entry.get("queries", ()))]
    for where, given in [(place, entry), *queries]:
        if "tz" in given:
            require_zone(given["tz"], f"{source.path}:{source.line((*where, 'tz'))}: tz")


def _tried(entry: Mapping[str, Any], place: Place) -> Parts:
    """What a source brings, or its one sentence why it brings nothing."""
    try:
        return READERS[entry["type"]](entry, place)
    except (InputError, ContractError, OSError) as error:
        name = f"source {entry['name']}"
        reason = str(error).removeprefix(f"{name}: ")
        text = reason if reason.startswith(name) else f"{name}: {reason}"
        return Parts(warnings=[f"{text}{GOES_ON}"], left_out=[{"unique_id": name, "reason": reason}])


def _live(reader: Callable[[Mapping[str, Any], Path, Path, datetime], Parts]) -> Callable[[Mapping[str, Any], Place], Parts]:
    """A source with a cache of its own."""
    return lambda entry, place: reader(entry, place.folder, place.kept, place.as_of)


def _security_log(entry: Mapping[str, Any], place: Place) -> Parts:
    return read_security_log(entry, place.folder, place.as_of)


def _table(entry: Mapping[str, Any], place: Place) -> Parts:
    return read_tables(place.folder / entry["path"], place.folder / entry["mapping"] if "mapping" in entry else None)


def _events(entry: Mapping[str, Any], place: Place) -> Parts:
    path = place.folder / entry["path"]
    if not path.is_file():
        raise InputError(f"there is no file {path}; check the path")
    return Parts(events=event_table(read_ics(path) if path.suffix == ".ics" else read_yml(path)))


READERS: dict[str, Callable[[Mapping[str, Any], Place], Parts]] = {
    "prometheus": _live(read_prometheus),
    "influxdb": _live(read_influxdb),
    "rrd": _live(read_rrd),
    "sql": _live(read_sql),
    "security_log": _security_log,
    "table": _table,
    "events": _events,
}
