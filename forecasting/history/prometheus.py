# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``prometheus``: range queries of a server → series and samples, fetched once and kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts import errors_of
from ..errors import InputError
from ..policies.durations import seconds
from . import cache
from .parts import Parts, series_table
from .prometheus_http import QueryRefused, Server, connect
from .quality import clean
from .table import Piece, long_table
from .zones import require_zone

TIMEOUT = "20s"
OVERLAP_S = 900
HELD_S = 300
PORT = re.compile(r":[0-9]{1,5}$")
CONSTANTS = ("unit", "metric", "kind", "site", "role", "vendor", "model", "criticality")


def read_prometheus(settings: Mapping[str, Any], folder: Path, kept: Path, as_of: datetime) -> Parts:
    """All series of the source's queries over its lookback before `as_of`.

    settings: an entry of the sources file; folder: where that file lies; kept: the source's cache file.

    Raises:
        InputError: nothing can be had from the server, and nothing was kept.
    """
    step_s = int(seconds(settings["step"]))
    end = int(as_of.timestamp()) // step_s * step_s
    begin = (end - int(seconds(settings["lookback"]))) // step_s * step_s
    source = _Source(settings, folder, step_s, begin, end)
    for query in settings["queries"]:
        require_zone(query.get("tz", "UTC"), f"source {settings['name']} query {query['query']!r}")
    source.fetch(kept)
    return source.parts()


class _Source:
    """One run over the queries of one server."""

    def __init__(self, settings: Mapping[str, Any], folder: Path, step_s: int, begin: int, end: int) -> None:
        self.name = f"source {settings['name']}"
        self.settings, self.folder, self.step_s, self.begin, self.end = settings, folder, step_s, begin, end
        self.warnings: list[str] = []
        self.left_out: list[dict[str, str]] = []
        self.spans: dict[str, cache.Span] = {}

    def fetch(self, kept: Path) -> None:
        """Fill `spans` from the cache and the server. Where the server is dead, what was kept stands in for it."""
        old = self._kept(kept)
        try:
            server = connect(self.settings, self.folder, seconds(self.settings.get("timeout", TIMEOUT)))
            for query in self.settings["queries"]:
                self._fetch_query(server, query, old.get(self.part_of(query)))
        except InputError as error:
            self._stand_in(error, old)
        if any(span is not old.get(name) for name, span in self.spans.items()):
            try:
                cache.write(kept, self.spans)
            except InputError as error:
                self.warnings.append(f"{self.name}: {error}")

    def part_of(self, query: Mapping[str, Any]) -> str:
        """The name of a query's part of the cache: all that decides its samples."""
        return cache.digest(self.settings["url"].rstrip("/"), query["query"], self.step_s)

    def _kept(self, kept: Path) -> dict[str, cache.Span]:
        try:
            return cache.read(kept)
        except cache.BrokenCache as error:
            self.warnings.append(f"{self.name}: the cache {kept} is broken ({error}); everything is fetched again")
            return {}

    def _fetch_query(self, server: Server, query: Mapping[str, Any], old: cache.Span | None) -> None:
        try:
            self.spans[self.part_of(query)] = self._grown(server, query["query"], old)
        except QueryRefused as error:
            self._complain(str(error))

    def _stand_in(self, error: InputError, old: Mapping[str, cache.Span]) -> None:
        wanted = {self.part_of(query) for query in self.settings["queries"]} - set(self.spans)
        usable = {name: span for name, span in old.items() if name in wanted}
        self.spans |= usable
        until = max((span.end for span in usable.values()), default=None)
        rest = "" if until is None else f"; what was fetched until {pd.Timestamp(until, unit='s'):%Y-%m-%dT%H:%M:%SZ} stands in for it"
        self._complain(f"{error}{rest}")

    def _complain(self, sentence: str) -> None:
        self.warnings.append(sentence)
        self.left_out.append({"unique_id": self.name, "reason": sentence.removeprefix(f"{self.name}: ")})

    def _grown(self, server: Server, query: str, old: cache.Span | None) -> cache.Span:
        """The part, complete over [begin, end]; late samples are caught by asking again for the last quarter of an hour."""
        if old is None:
            return cache.Span(self.begin, self.end, self._fetched(server, query, self.begin, self.end))
        if old.begin <= self.begin and self.end <= old.end:
            return old
        pieces = [old.samples]
        if self.begin < old.begin:
            pieces.insert(0, self._fetched(server, query, self.begin, old.begin - self.step_s))
        if old.end < self.end:
            again = max(old.end - max(OVERLAP_S // self.step_s, 1) * self.step_s, old.begin)
            pieces[-1] = old.samples[old.samples["at"] < again]
            pieces.append(self._fetched(server, query, again, self.end))
        first, last = min(self.begin, old.begin), max(self.end, old.end)
        oldest = min(self.begin, last - int(seconds(self.settings["lookback"])))
        samples = pd.concat([piece for piece in pieces if not piece.empty] or pieces[:1], ignore_index=True)
        return cache.Span(max(first, oldest), last, samples[samples["at"] >= oldest].reset_index(drop=True))

    def _fetched(self, server: Server, query: str, begin: int, end: int) -> pd.DataFrame:
        labels, times, values = [], [], []
        for found, at, y in server.query_range(query, begin, end, self.step_s):
            labels += [json.dumps(found, sort_keys=True)] * len(at)
            times.append(at)
            values.append(y)
        at = np.concatenate([*times, np.array([])]).round().astype("int64")
        return pd.DataFrame({"labels": labels, "at": at, "y": np.concatenate([*values, np.array([])])}).astype({"labels": object})

    def parts(self) -> Parts:
        """Series and samples of what was fetched, each query with its own mapping from labels."""
        rows: dict[str, dict[str, Any]] = {}
        found: dict[str, Piece] = {}
        for query in self.settings["queries"]:
            span = self.spans.get(self.part_of(query))
            if span is None:
                continue
            asked = span.samples[span.samples["at"].between(self.begin, self.end)]
            if asked.empty:
                self._complain(f"{self.name}: the query {query['query']!r} gives nothing over its lookback; correct one of them")
            for labels, at, y in _apart(asked):
                row = self._row(query, labels, rows)
                if row is not None:
                    rows[row["unique_id"]] = row
                    found[row["unique_id"]] = _measured(row, at, y * query.get("scale", 1.0), self.end)
        if not found:
            raise InputError("; ".join(self.warnings) or f"{self.name} has no series that can be used; correct its labels")
        samples, told = clean(long_table(found), Path(self.name))
        series = series_table(pd.DataFrame(list(rows.values())), self.name)
        return Parts(series, samples, warnings=[*self.warnings, *told], left_out=self.left_out)

    def _row(self, query: Mapping[str, Any], labels: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a series is, or None where its labels do not say it, or not safely; then it is left out by name."""
        row = {key: query[key] for key in CONSTANTS if key in query} | {"tz": query.get("tz", "UTC"), "interval_s": float(self.step_s)}
        for key in ("device", "object", "site"):
            label = query.get(f"{key}_label")
            value = query.get(key) if label is None else labels.get(label, "")
            if value is not None:
                row[key] = PORT.sub("", value) if key == "device" and label else value
        row["unique_id"] = f"{row['device']}|{row['object']}|{row['metric']}"
        wrong = errors_of("series_row", row)
        reason = f"{wrong[0]}; correct the label or the query" if wrong else ""
        if row["unique_id"] in known:
            reason = f"a second series of {self.name} has this name; narrow the query {query['query']!r} or sum it up"
        if not reason:
            return row
        name = str(row["unique_id"]) if not wrong else repr(dict(labels))[:200]
        self.left_out.append({"unique_id": name, "reason": reason})
        return None


def _apart(samples: pd.DataFrame) -> Iterator[tuple[dict[str, str], np.ndarray, np.ndarray]]:
    """Labels, times (Unix s, sorted) and values of each series, in the order of their labels."""
    codes, names = pd.factorize(samples["labels"], sort=True)
    order = np.lexsort((samples["at"].to_numpy(), codes))
    at, y = samples["at"].to_numpy()[order], samples["y"].to_numpy()[order]
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True):
        yield json.loads(str(name)), at[start:end], y[start:end]


def _measured(row: Mapping[str, Any], at: np.ndarray, y: np.ndarray, end: int) -> Piece:
    """What was really measured; of a limit only where it changes."""
    keep = not_held(at, y, int(row["interval_s"]), end)
    if row["kind"] == "limit":
        keep &= np.append(True, np.diff(y) != 0.0)
    return at[keep] * 10**9, y[keep]


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
