# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``prometheus``: range queries of a server → series and samples, fetched once and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache as once
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts.durations import seconds
from . import cache
from .fetching import Fetching, Wanted, samples_of
from .http_server import Server, connect
from .labelled import Labelled
from .parts import Parts
from .prometheus_http import query_range

HELD_S = 300


def read_prometheus(settings: Mapping[str, Any], folder: Path, kept: Path, as_of: datetime) -> Parts:
    """All series of the source's queries over its lookback before `as_of`.

    settings: an entry of the sources file; folder: where that file lies; kept: the source's cache file.

    Raises:
        InputError: nothing can be had from the server, and nothing was kept.
    """
    name, step_s = f"source {settings['name']}", int(seconds(settings["step"]))
    end = int(as_of.timestamp()) // step_s * step_s
    length = int(seconds(settings["lookback"]))
    begin = max((end - length) // step_s * step_s, 0)
    server = once(lambda: connect(settings, folder))
    wanted = []
    for query in settings["queries"]:
        part = cache.digest(settings["url"].rstrip("/"), query["query"], step_s)
        wanted.append(Wanted(part, begin, end, step_s, length, partial(_fetched, server, query["query"], step_s)))
    fetching = Fetching(name)
    fetching.run(kept, wanted)
    series = Labelled(fetching, "label")
    for query, asked in zip(settings["queries"], wanted, strict=True):
        if asked.part in fetching.spans:
            samples = fetching.spans[asked.part].between(begin, end)
            series.add(query, f"the query {query['query']!r}", samples, step_s, partial(not_held, step_s=step_s, end=end))
    return series.parts()


def _fetched(server: Callable[[], Server], query: str, step_s: int, begin: int, end: int) -> pd.DataFrame:
    return samples_of(query_range(server(), query, begin, end, step_s))


def not_held(at: np.ndarray, y: np.ndarray, step_s: int, end: int) -> np.ndarray:
    """False for samples before a gap, or before the series broke off, that only repeat the one before; shape (n,).

    For up to five minutes after the last sample a server goes on to answer with it (its look-back): that was not measured.
    """
    keep = np.ones(len(at), dtype=bool)
    for last in np.flatnonzero(np.append(np.diff(at), end - at[-1]) > step_s).tolist():
        for place in range(last, max(last - HELD_S // step_s, 0), -1):
            if y[place] != y[place - 1]:
                break
            keep[place] = False
    return keep
