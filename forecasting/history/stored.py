# SPDX-License-Identifier: GPL-3.0-or-later
"""A history folder with more samples than should be held at once: ``values.parquet`` is read part by part, a few whole series each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError
from .events import load_events
from .parts import REQUIRED, Parts, assemble, series_table
from .quality import Lost, clean_part
from .reading import find_table, read_table
from .row_ranges import Index, Rows, index_of, read_ranges
from .table import History

MOST_ROWS = 1_500_000
MOST_SERIES = 1_000
DROPS = "if_drops"
BESIDE = "beside"


@dataclass(frozen=True)
class Stored:
    """A folder whose samples are read when they are wanted. series: checked; index: where each series stands in the file."""

    folder: Path
    series: pd.DataFrame
    events: pd.DataFrame
    index: Index
    lost: Lost

    @classmethod
    def open(cls, folder: Path) -> Stored:
        """Read what the series are, and where each stands among the samples. Raises `InputError`."""
        series = series_table(read_table(folder / "series.parquet", REQUIRED), folder / "series.parquet")
        index = index_of(folder / "values.parquet")
        unknown = set(index.names) - set(series["unique_id"])
        if unknown:
            raise InputError(f"{index.file}: the series {min(unknown)!r} is not in series.parquet; add its row or remove its samples")
        return cls(folder, series, load_events(folder), index, Lost())

    @property
    def left_out(self) -> list[dict[str, str]]:
        """The series without any sample."""
        bare = sorted(set(self.series["unique_id"]) - set(self.index.names))
        return [{"unique_id": name, "reason": "it has no samples with a value"} for name in bare]

    @property
    def warnings(self) -> list[str]:
        """What was dropped of that which has been read so far, and what is not looked at."""
        plan = find_table(self.folder, "plan")
        unused = [f"{plan}: the plan is not used for so many series; forecast fewer to use it"] if plan else []
        return self.lost.told(self.index.file) + unused

    @property
    def parts(self) -> int:
        """How many chunks there are."""
        return len(self._cuts) - 1

    def chunks(self) -> Iterator[History]:
        """The whole history, a few series at a time in the order of the file, each with the limits and drops that concern it."""
        cuts = self._cuts
        apart = self.pick(frozenset().union(*(self._beside(range(*pair)) for pair in pairwise(cuts))))
        rows = Rows(self.index)
        for first, last in pairwise(cuts):
            places = np.arange(first, last)
            made = self._history(places, *rows.read(places))
            yield _joined(made, apart) if self._beside(range(first, last)) else made

    def pick(self, wanted: frozenset[str]) -> History:
        """The history of some series."""
        places = np.flatnonzero([name in wanted for name in self.index.names])
        return self._history(places, *read_ranges(self.index, places))

    def with_their_limits(self, wanted: frozenset[str]) -> frozenset[str]:
        """Some series, and the limits and drops that concern them."""
        return wanted | self._beside(np.flatnonzero([name in wanted for name in self.index.names]))

    def _history(self, places: np.ndarray, samples: pd.DataFrame, orderly: bool) -> History:
        """The checked history of the series at those places of the file; see `read_ranges`."""
        if not orderly:
            samples = clean_part(samples, self.index.file, self.lost)
        rows = self.series[self.series["unique_id"].isin([self.index.names[place] for place in places])]
        return assemble(Parts(rows.reset_index(drop=True), samples, self.events))

    @cached_property
    def _cuts(self) -> list[int]:
        """Where in the file the chunks begin, and the end; a chunk does not begin within an object."""
        objects, edges, names = self._objects, self.index.edges, self.index.names
        cuts = [0]
        for place in range(1, len(names)):
            full = edges[place] - edges[cuts[-1]] >= MOST_ROWS or place - cuts[-1] >= MOST_SERIES
            if full and objects[names[place]] != objects[names[place - 1]]:
                cuts.append(place)
        return [*cuts, len(names)]

    @cached_property
    def _objects(self) -> dict[str, tuple[str, str]]:
        return dict(zip(self.series["unique_id"], zip(self.series["device"], self.series["object"], strict=True), strict=True))

    @cached_property
    def _limiting(self) -> dict[tuple[str, str], set[str]]:
        """Object → the series that say where its limit is."""
        rows = self.series[(self.series["kind"] == "limit") | self.series["metric"].str.startswith(DROPS)]
        made: dict[tuple[str, str], set[str]] = {}
        for name in rows["unique_id"]:
            made.setdefault(self._objects[name], set()).add(name)
        return made

    def _beside(self, places: range | np.ndarray) -> frozenset[str]:
        """The limits and drops of the objects of some series, where they are not among these."""
        names = [self.index.names[place] for place in places]
        objects = {self._objects[name] for name in names} & self._limiting.keys()
        return frozenset().union(*(self._limiting[one] for one in objects)) - frozenset(names)


def _joined(history: History, apart: History) -> History:
    """A history, and what concerns its objects elsewhere: there to be looked at, not to be forecast."""
    objects = set(zip(history.series["device"], history.series["object"], strict=True))
    near = [one in objects for one in zip(apart.series["device"], apart.series["object"], strict=True)]
    rows = apart.series[np.array(near, dtype=bool) & ~apart.series["unique_id"].isin(history.series["unique_id"])]
    samples = apart.samples[apart.samples["unique_id"].isin(rows["unique_id"])]
    rows = rows.assign(kind=rows["kind"].where(rows["kind"] == "limit", BESIDE))
    both = [history.samples.astype({"unique_id": "str"}), samples.astype({"unique_id": "str"})]
    return replace(history, series=pd.concat([history.series, rows], ignore_index=True), samples=pd.concat(both, ignore_index=True))
