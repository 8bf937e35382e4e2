# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``sql``: tables and queries of a database → series and samples, fetched once and kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from functools import cache as once
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ..contracts.durations import seconds
from . import cache
from .databases import SQLITE, Database, opened
from .fetching import LATE_S, Fetching, Wanted
from .labelled import NAMES, Labelled
from .parts import Parts

A_DAY = timedelta(days=1)
UNIX = {"unix": 1, "unix_ms": 1000}


def read_sql(settings: Mapping[str, Any], folder: Path, kept: Path, as_of: datetime) -> Parts:
    """All series of the source's queries over its lookback before `as_of`.

    settings: an entry of the sources file; folder: where that file lies; kept: the source's cache file.

    Raises:
        InputError: nothing can be had from the database, and nothing was kept.
    """
    name, end, length = f"source {settings['name']}", int(as_of.timestamp()), int(seconds(settings["lookback"]))
    begin = max(end - length, 0)
    usual = "text" if settings["url"].startswith(SQLITE) else "timestamp"
    fetching = Fetching(name, int(seconds(settings["late"])) if "late" in settings else LATE_S)
    with ExitStack() as stack:
        database = once(lambda: stack.enter_context(opened(settings, folder)))
        wanted = []
        for query in settings["queries"]:
            written = query.get("time_format", usual)
            decisive = [query.get(key) for key in ("table", "query", "time", "value")] + list(_columns(query))
            fetch = partial(_fetched, fetching, database, query, written)
            wanted.append(Wanted(cache.digest(settings["url"], written, *decisive), begin, end, 1, length, fetch))
        fetching.run(kept, wanted)
    series = Labelled(fetching, "column", "correct table, query, time_format or lookback")
    for query, asked in zip(settings["queries"], wanted, strict=True):
        if asked.part in fetching.spans:
            series.add(query, _title(query), fetching.spans[asked.part].between(begin, end), None)
    return series.parts()


def _title(query: Mapping[str, Any]) -> str:
    return f"the table {query['table']!r}" if "table" in query else f"the query {query['query'][:80]!r}"


def _columns(query: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that say which series a row belongs to."""
    return tuple(sorted({query[f"{key}_column"] for key in NAMES if f"{key}_column" in query}))


def statement(query: Mapping[str, Any], database: Database) -> str:
    """The SQL of a query: its two bounds in time are bound values, its names are quoted. Columns: time, value, then `_columns`."""
    if "table" in query:
        inner = ".".join(map(_quoted, query["table"].split(".")))
    else:
        inner = "(" + query["query"].strip().rstrip(";") + "\n)"
    names = ", ".join(f"asked.{_quoted(name)}" for name in (query["time"], query["value"], *_columns(query)))
    moment = f"asked.{_quoted(query['time'])}"
    text = database.literal(f"SELECT {names} FROM {inner} AS asked")  # noqa: S608 - the user's own query; names are quoted
    moment = database.literal(moment)
    return f"{text} WHERE {moment} >= {database.mark} AND {moment} < {database.mark} ORDER BY {moment}"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def bounds(written: str, begin: int, end: int) -> tuple[Any, Any]:
    """From (included) and until (excluded) as the time column holds them. Text is asked for by whole days, with one to spare."""
    first, last = datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end + 1, UTC)
    if written in UNIX:
        return begin * UNIX[written], (end + 1) * UNIX[written]
    if written == "text":
        return (first - A_DAY).date().isoformat(), (last + 2 * A_DAY).date().isoformat()
    return first, last


def moment_of(value: Any, written: str) -> int:
    """A value of the time column as whole Unix s, rounded down. Raises `ValueError` or `TypeError` where it is none."""
    if written in UNIX:
        return math.floor(float(value) / UNIX[written])
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise TypeError
    return math.floor((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())


def _fetched(fetching: Fetching, database: Any, query: Mapping[str, Any], written: str, begin: int, end: int) -> pd.DataFrame:
    names, bad, first_bad = _columns(query), 0, ""
    labels, times, values = [], [], []
    known: dict[tuple[Any, ...], str] = {}
    for moment, value, *identity in database().rows(statement(query, database()), bounds(written, begin, end)):
        try:
            at, y = moment_of(moment, written), math.nan if value is None else float(value)
        except (ValueError, TypeError, OverflowError):
            bad, first_bad = bad + 1, first_bad or f"{str(moment)[:60]!r}, {str(value)[:60]!r}"
            continue
        if begin <= at <= end:
            key = tuple(identity)
            if key not in known:
                known[key] = json.dumps(dict(zip(names, _texts(key), strict=True)), sort_keys=True)
            labels.append(known[key])
            times.append(at)
            values.append(y)
    if bad:
        title = f"{fetching.name}: {bad} rows of {_title(query)} have no time or no number ({first_bad})"
        fetching.warnings.append(f"{title}: left out; mend them, or correct time, time_format or value")
    return pd.DataFrame({"labels": labels, "at": times, "y": values}).astype({"labels": object, "at": "int64", "y": float})


def _texts(identity: tuple[Any, ...]) -> Iterator[str]:
    return ("" if value is None else str(value) for value in identity)
