# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecast more series than are forecast together: learn from a sample, then apply it a few series at a time.

What comes out for a series depends on its own history and on what was learnt. The sample is chosen by a digest of the names. So
neither the size of the chunks nor the order of the series changes a digit, and memory does not grow with the number of series.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pandas as pd

from .applied import Part, part_of
from .history import History
from .history.counters import rate_name
from .history.stored import MOST_SERIES
from .history.table import DEMAND_KINDS
from .learnt.learning import Learnt
from .learnt.shelf import Shelf, Wanted
from .pipeline import refuse_unknown
from .preparing import Layouts, prepare
from .progress import Progress

MOST_TOGETHER = 4_000
SAMPLE = 2_000
LEAST_SAMPLE = 100
WORKERS = 2
WEEKS = 9  # what the features look back on (four weeks), clean of anomalies, which takes four weeks before them; and one more


class Past(Protocol):
    """A history that hands out its series: `history.stored.Stored`, `history.held.Held`."""

    @property
    def series(self) -> pd.DataFrame: ...
    @property
    def left_out(self) -> list[dict[str, str]]: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def parts(self) -> int: ...
    def chunks(self) -> Iterator[History]: ...
    def pick(self, wanted: frozenset[str]) -> History: ...
    def with_their_limits(self, wanted: frozenset[str]) -> frozenset[str]: ...


@dataclass(frozen=True)
class Asked:
    """What is to be forecast, and how; see `pipeline.forecast`. shelf: where what was learnt is found and put."""

    cutoff: pd.Timestamp
    ahead: pd.Timedelta
    interval: str | None
    only_metric: tuple[str, ...]
    model: str | None
    seed: int
    shelf: Shelf


@dataclass
class Told:
    """What the meta says beyond the single series."""

    learnt: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    series: int = 0


@dataclass(frozen=True)
class Lesson:
    """What all series are forecast with. learnt: by step length, s; names: the series to forecast, all that are wanted where None."""

    layouts: Layouts
    learnt: dict[int, Learnt]
    names: frozenset[str] | None


Engine = Callable[[Asked, Lesson, Iterator[History]], Iterator[Part]]
"""What forecasts chunks: `side_by_side`, or a cluster (`cluster.connected`). The parts come in the order of the chunks."""


def forecast_many(past: Past, asked: Asked, told: Told, progress: Progress, engine: Engine) -> Iterator[Part]:
    """Forecast all series, part by part; `told` is complete when the last part has come.

    Series of a step length that the sample hardly has wait for a second round, which learns from them.
    """
    sources = _sources(past.series, asked.only_metric)
    waiting = frozenset(sources)
    first = True
    while waiting:
        lesson = _learnt(past, asked, told, progress, sources, waiting, first)
        if not lesson.learnt and not first:
            told.left_out += [{"unique_id": name, "reason": "no series of its step length could teach a model"} for name in sorted(waiting)]
            return
        chunks = past.chunks() if first else _picked(past, {sources[name] for name in waiting})
        total, later = (past.parts if first else -(-len(waiting) // MOST_SERIES)), set()
        for number, part in enumerate(engine(asked, lesson, chunks), 1):
            progress.step("forecast", number, total)
            later |= part.later
            told.left_out += part.left_out
            told.series += part.series
            yield part
        waiting, first = frozenset(later), False


def _sources(series: pd.DataFrame, only_metric: tuple[str, ...]) -> dict[str, str]:
    """The series to forecast, and from which series of the history each comes (itself, or a counter)."""
    made: dict[str, str] = {}
    metrics: set[str] = set()
    columns = (series[name] for name in ("unique_id", "device", "object", "metric", "unit", "kind"))
    for unique_id, device, name, metric, unit, kind in zip(*columns, strict=True):
        shown, wanted = unique_id, kind in DEMAND_KINDS
        if kind == "counter":
            metric, _unit, _factor = rate_name(metric, unit)
            shown, wanted = f"{device}|{name}|{metric}", True
        metrics |= {metric} if wanted else set()
        if wanted and (not only_metric or metric in only_metric):
            made.setdefault(shown, unique_id)
    refuse_unknown(only_metric, metrics)
    return made


def _sample(names: Iterable[str]) -> frozenset[str]:
    """Some of the names, the same in whatever order they come."""
    return frozenset(sorted(names, key=lambda name: hashlib.blake2b(name.encode(), digest_size=8).digest())[:SAMPLE])


def _learnt(
    past: Past, asked: Asked, told: Told, progress: Progress, sources: dict[str, str], waiting: frozenset[str], first: bool
) -> Lesson:
    """Learn from a sample of the series that wait; from however few where there are no more."""
    progress.step("learning", 0, 2)
    chosen = _sample(waiting)
    known = past.pick(past.with_their_limits(frozenset(sources[name] for name in chosen))).until(asked.cutoff)
    rows = known.demand_series[known.demand_series["unique_id"].isin(chosen)]
    layouts = _layouts(past.series, known, rows, asked)
    progress.step("learning", 1, 2)
    wanted = Wanted(layouts.metrics, asked.cutoff, asked.model, asked.seed)
    learnt = {}
    for prepared in prepare(known, rows, asked.cutoff, asked.ahead, asked.interval, layouts).panels:
        if len(prepared.panel.ids) >= LEAST_SAMPLE or len(waiting) <= SAMPLE or not first:
            learnt[prepared.step_s], said = asked.shelf.learnt(prepared, wanted)
            told.learnt.append(said)
    progress.step("learning", 2, 2)
    return Lesson(replace(layouts, weeks=WEEKS), learnt, None if first else waiting)


def _layouts(series: pd.DataFrame, known: History, rows: pd.DataFrame, asked: Asked) -> Layouts:
    """One layout for all chunks: it spans what the sample spans, in all zones of the history."""
    stamps = [known.piece(name)[0][:1] for name in rows["unique_id"]]
    begins = [int(first[0]) for first in stamps if len(first)]
    begin = pd.Timestamp(min(begins), tz="UTC") if begins else asked.cutoff - asked.ahead
    metrics = {rate_name(metric, unit)[0] if kind == "counter" else metric for metric, unit, kind in _kinds(series)}
    return Layouts(asked.cutoff, asked.ahead, begin, tuple(sorted(series["tz"].unique())), tuple(sorted(metrics)))


def _kinds(series: pd.DataFrame) -> Iterable[tuple[str, str, str]]:
    rows = series.loc[series["kind"] != "limit", ["metric", "unit", "kind"]].drop_duplicates()
    return rows.itertuples(index=False, name=None)


def _picked(past: Past, wanted: set[str]) -> Iterator[History]:
    names = sorted(wanted)
    for first in range(0, len(names), MOST_SERIES):
        yield past.pick(past.with_their_limits(frozenset(names[first : first + MOST_SERIES])))


def side_by_side(asked: Asked, lesson: Lesson, chunks: Iterator[History]) -> Iterator[Part]:
    """The parts in the order of their chunks, while a few are under way here: no more than there are workers, and one to come."""
    under_way: deque[Future[Part]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for chunk in chunks:
            under_way.append(pool.submit(part_of, asked, lesson, chunk))
            if len(under_way) > WORKERS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
