# SPDX-License-Identifier: GPL-3.0-or-later
"""A history that lies in memory, handed out a few series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import pandas as pd

from .stored import MOST_SERIES
from .table import PLAN_COLUMNS, History, empty


@dataclass(frozen=True)
class Held:
    """The same way to the samples as `Stored`, for a history that is all there."""

    history: History

    @property
    def series(self) -> pd.DataFrame:
        """What the series are."""
        return self.history.series

    @property
    def left_out(self) -> list[dict[str, str]]:
        """The series that the history lacks."""
        return list(self.history.left_out)

    @property
    def warnings(self) -> list[str]:
        """What was noticed when it was read, and what is not looked at."""
        unused = "the plan is not used where series are forecast part by part; forecast up to 4000 without --models to use it"
        return [*self.history.warnings, *([unused] if len(self.history.plan) else [])]

    @property
    def parts(self) -> int:
        """How many chunks there are."""
        return len(self._chunks)

    def chunks(self) -> Iterator[History]:
        """The whole history, a few whole objects at a time."""
        yield from (self.pick(names) for names in self._chunks)

    def pick(self, wanted: frozenset[str]) -> History:
        """The history of some series."""
        return replace(self.history.only(wanted), warnings=(), left_out=(), plan=empty(PLAN_COLUMNS))

    def with_their_limits(self, wanted: frozenset[str]) -> frozenset[str]:
        """Some series, and all others of their objects."""
        rows = self.history.series
        objects = set(_objects(rows[rows["unique_id"].isin(wanted)]))
        return frozenset(name for name, one in zip(rows["unique_id"], _objects(rows), strict=True) if one in objects)

    @cached_property
    def _chunks(self) -> list[frozenset[str]]:
        rows = self.history.series.sort_values(["device", "object", "unique_id"])
        found: list[list[str]] = [[]]
        for _object, members in groupby(zip(rows["unique_id"], _objects(rows), strict=True), key=lambda one: one[1]):
            if len(found[-1]) >= MOST_SERIES:
                found.append([])
            found[-1] += [name for name, _unused in members]
        return [frozenset(names) for names in found]


def _objects(rows: pd.DataFrame) -> list[tuple[Any, Any]]:
    return list(zip(rows["device"], rows["object"], strict=True))
