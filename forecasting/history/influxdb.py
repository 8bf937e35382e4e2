# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``influxdb``: fields of measurements of an InfluxDB 1.x → series and samples, fetched once and kept.

Source: the InfluxDB 1.x manual, "InfluxDB API reference", `/query` with bound parameters, and "InfluxQL reference".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache as once
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts.durations import seconds
from ..errors import InputError
from . import cache
from .fetching import LATE_S, Fetching, QueryRefused, Series, Wanted, samples_of
from .http_server import Server, TooMuch, connect, in_halves
from .labelled import Labelled
from .parts import Parts

POINTS_A_PAGE = 10_000
OF_A_STEP = {"counter": "first", "gauge": "mean", "limit": "last", "event_count": "sum"}
TOO_MUCH = ("limit exceeded", "limit exceed:", "timeout")
NS = 10**9


def read_influxdb(settings: Mapping[str, Any], folder: Path, kept: Path, as_of: datetime) -> Parts:
    """All series of the source's queries over its lookback before `as_of`, one value a step, dated by the step's beginning.

    settings: an entry of the sources file; folder: where that file lies; kept: the source's cache file.

    Raises:
        InputError: nothing can be had from the server, and nothing was kept.
    """
    name, step_s = f"source {settings['name']}", int(seconds(settings["step"]))
    end = int(as_of.timestamp()) // step_s * step_s - step_s
    length = int(seconds(settings["lookback"]))
    begin = max((end + step_s - length) // step_s * step_s, 0)
    server = once(lambda: connect(settings, folder))
    wanted = []
    for query in settings["queries"]:
        text, values = statement(query, step_s)
        part = cache.digest(settings["url"].rstrip("/"), settings["database"], text, values)
        fetch = partial(_fetched, server, settings["database"], query, step_s)
        wanted.append(Wanted(part, begin, end, step_s, length, fetch))
    fetching = Fetching(name, int(seconds(settings["late"])) if "late" in settings else LATE_S)
    fetching.run(kept, wanted)
    series = Labelled(fetching, "tag")
    for query, asked in zip(settings["queries"], wanted, strict=True):
        if asked.part in fetching.spans:
            series.add(query, _title(query), fetching.spans[asked.part].between(begin, end), step_s)
    return series.parts()


def statement(query: Mapping[str, Any], step_s: int) -> tuple[str, dict[str, str]]:
    """The InfluxQL of a query and the values it binds, beside ``$begin`` and ``$end`` (ns since 1970, end excluded).

    All tags stand in GROUP BY: what differs in any of them is a series of its own and is never mixed.
    """
    policy = f"{_quoted(query['retention_policy'])}." if "retention_policy" in query else ""
    tags = sorted(query.get("where", {}).items())
    only = "".join(f" AND {_quoted(tag)} = $value{place}" for place, (tag, _unused) in enumerate(tags))
    text = (
        f"SELECT {OF_A_STEP[query['kind']]}({_quoted(query['field'])}) FROM {policy}{_quoted(query['measurement'])}"  # noqa: S608 - names are quoted, values bound
        f" WHERE time >= $begin AND time < $end{only} GROUP BY time({step_s}s), * fill(none)"
    )
    return text, {f"value{place}": value for place, (_unused, value) in enumerate(tags)}


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _title(query: Mapping[str, Any]) -> str:
    return f"the field {query['field']!r} of {query['measurement']!r}"


def _fetched(server: Callable[[], Server], database: str, query: Mapping[str, Any], step_s: int, begin: int, end: int) -> pd.DataFrame:
    return samples_of(_pages(server(), database, query, step_s, begin, end))


def _pages(server: Server, database: str, query: Mapping[str, Any], step_s: int, begin: int, end: int) -> Iterator[Series]:
    """The series of a query at steps from `begin` to `end` (Unix s, both included), page by page."""
    page = (POINTS_A_PAGE - 1) * step_s
    ask = partial(_ask, server, database, query, step_s)
    for first in range(begin, end + 1, page + step_s):
        yield from in_halves(ask, first, min(first + page, end), step_s, f"{server}: {_title(query)}")


def _ask(server: Server, database: str, query: Mapping[str, Any], step_s: int, begin: int, end: int) -> list[Series]:
    text, values = statement(query, step_s)
    bound = json.dumps({**values, "begin": begin * NS, "end": (end + step_s) * NS})
    status, body = server.post("/query", {"db": database, "epoch": "s", "q": text, "params": bound})
    try:
        answer = json.loads(body)
        result = {} if "error" in answer else answer["results"][0]
        message = answer.get("error") or result.get("error")
        found = result.get("series", [])
        partial_answer = result.get("partial") or any(item.get("partial") for item in found)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{server} answered {status} with something that is not InfluxDB's JSON; check the url") from None
    if message is not None:
        raise _refusal(server, database, query, str(message))
    if partial_answer:
        raise TooMuch("its max-row-limit")
    return [_series(item, server, query) for item in found]


def _refusal(server: Server, database: str, query: Mapping[str, Any], message: str) -> Exception:
    if message.startswith("database not found"):
        return InputError(f"{server} has no database {database!r}; correct database")
    if any(sign in message for sign in TOO_MUCH):
        return TooMuch(message[:200])
    if "iterator type" in message:
        return QueryRefused(f"{server}: {_title(query)} holds no numbers ({message[:100]}); name another field")
    return QueryRefused(f"{server} refuses {_title(query)}: {message[:300]}; correct the query")


def _series(item: Mapping[str, Any], server: Server, query: Mapping[str, Any]) -> Series:
    points = item.get("values", [])
    try:
        values = np.array([point[1] for point in points], dtype=float)
    except (ValueError, TypeError):
        raise QueryRefused(f"{server}: {_title(query)} holds no numbers; name another field") from None
    return dict(item.get("tags", {})), np.array([point[0] for point in points], dtype=float), values
