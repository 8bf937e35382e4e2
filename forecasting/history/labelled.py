# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that carry labels (tags, columns, parts of a path) → series that say what they are. Labels are hostile text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..contracts import errors_of
from ..errors import InputError
from .fetching import Fetching
from .parts import Parts, series_table
from .quality import clean
from .table import Piece, long_table

PORT = re.compile(r":[0-9]{1,5}$")
CONSTANTS = ("unit", "metric", "kind", "site", "role", "vendor", "model", "criticality")
NAMES = ("device", "object", "site")
Kept = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Times (Unix s, sorted) and values of a series → which of them were really measured."""


class Labelled:
    """Collects the series of one source. noun: what its labels are called, as in ``device_label``; mend: what helps where nothing is."""

    def __init__(self, fetching: Fetching, noun: str, mend: str = "correct one of them") -> None:
        self.fetching, self.noun, self.mend = fetching, noun, mend
        self.rows: dict[str, dict[str, Any]] = {}
        self.found: dict[str, Piece] = {}

    def add(
        self, query: Mapping[str, Any], title: str, asked: pd.DataFrame, interval_s: float | None, measured: Kept | None = None
    ) -> None:
        """Add the samples `labels, at, y` that were asked for with `query`; `title` names it in sentences."""
        if asked.empty:
            name = self.fetching.name
            self.fetching.complain(f"{name}: {title} gives nothing over its lookback; {self.mend}")
        for labels, at, y in _apart(asked):
            row = self._row(query, title, labels, interval_s)
            if row is not None:
                keep = measured(at, y) if measured else np.ones(len(at), dtype=bool)
                if row["kind"] == "limit":
                    keep &= np.append(True, np.diff(y) != 0.0)
                self.rows[row["unique_id"]] = row
                self.found[row["unique_id"]] = at[keep] * 10**9, y[keep] * query.get("scale", 1.0)

    def parts(self) -> Parts:
        """Everything that was added, checked. Raises `InputError` where nothing can be used."""
        name, told, left_out = self.fetching.name, self.fetching.warnings, self.fetching.left_out
        if not self.found:
            raise InputError("; ".join(told) or f"{name} has no series that can be used: {_first(left_out)}")
        samples, lost = clean(long_table(self.found), Path(name))
        series = series_table(pd.DataFrame(list(self.rows.values())), name)
        return Parts(series, samples, warnings=[*told, *lost], left_out=left_out)

    def _row(self, query: Mapping[str, Any], title: str, labels: Mapping[str, str], interval_s: float | None) -> dict[str, Any] | None:
        """What a series is, or None where its labels do not say it, or not safely; then it is left out by name."""
        row = {key: query[key] for key in CONSTANTS if key in query} | {"tz": query.get("tz", "UTC")}
        if interval_s is not None:
            row["interval_s"] = float(interval_s)
        for key in NAMES:
            label = query.get(f"{key}_{self.noun}")
            value = query.get(key) if label is None else labels.get(label, "")
            if value is not None:
                row[key] = PORT.sub("", value) if key == "device" and label else value
        row["unique_id"] = f"{row['device']}|{row['object']}|{row['metric']}"
        wrong = self._wrong(query, labels, row)
        reason = f"{wrong}; correct the {self.noun} or the query" if wrong else ""
        if row["unique_id"] in self.rows:
            reason = f"a second series of {self.fetching.name} has this name; narrow {title} or sum it up"
        if not reason:
            return row
        name = str(row["unique_id"]) if not wrong else _listed(labels)
        self.fetching.left_out.append({"unique_id": name, "reason": reason})
        return None

    def _wrong(self, query: Mapping[str, Any], labels: Mapping[str, str], row: Mapping[str, Any]) -> str:
        """Why a row cannot be that of a series; nothing where it can."""
        asked = [query[f"{key}_{self.noun}"] for key in NAMES if f"{key}_{self.noun}" in query]
        missing = next((label for label in asked if not labels.get(label)), None)
        if missing is not None:
            return f"it has no {self.noun} {missing!r}"
        return next(iter(errors_of("series_row", row)), "")


def _listed(labels: Mapping[str, str]) -> str:
    """Labels in a line as Prometheus writes them, whatever they hold."""
    return ", ".join(f"{label}={json.dumps(labels[label])}" for label in sorted(labels))[:200] or "a series without any"


def _first(left_out: list[dict[str, str]]) -> str:
    return f"{left_out[0]['unique_id']}: {left_out[0]['reason']}" if left_out else "nothing was found"


def _apart(samples: pd.DataFrame) -> Iterator[tuple[dict[str, str], np.ndarray, np.ndarray]]:
    """Labels, times (Unix s, sorted) and values of each series, in the order of their labels."""
    codes, names = pd.factorize(samples["labels"], sort=True)
    order = np.lexsort((samples["at"].to_numpy(), codes))
    at, y = samples["at"].to_numpy()[order], samples["y"].to_numpy()[order]
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True):
        yield json.loads(str(name)), at[start:end], y[start:end]
