# SPDX-License-Identifier: GPL-3.0-or-later
"""What every live source does with its cache: fetch what is new only, and let what was kept stand in for what is dead."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError
from . import cache

LATE_S = 900
Series = tuple[Mapping[str, str], np.ndarray, np.ndarray]
"""Labels, times in Unix s and values of one series, shape (n,) each."""


class QueryRefused(InputError):
    """The source is well, but this query is not: the others go on."""


@dataclass(frozen=True)
class Wanted:
    """One query, or one file: its samples from `begin` to `end` (Unix s, both included) lie on multiples of `grain_s`.

    part: its name in the cache, a digest over all that decides its samples; length_s: how much is kept. fetch(begin, end):
    the samples `labels, at, y` of that time; raises `QueryRefused`, or `InputError` where the whole source is dead.
    """

    part: str
    begin: int
    end: int
    grain_s: int
    length_s: int
    fetch: Callable[[int, int], pd.DataFrame]


@dataclass
class Fetching:
    """One run over all that a source is asked for. late_s: how late a sample may come; spans: the result, by part."""

    name: str
    late_s: int = LATE_S
    warnings: list[str] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    spans: dict[str, cache.Span] = field(default_factory=dict)

    def run(self, kept: Path, wanted: Sequence[Wanted]) -> None:
        """Fill `spans` from the cache and the source. Where the source is dead, what was kept stands in for it."""
        old = self._kept(kept)
        for place, query in enumerate(wanted):
            try:
                self.spans[query.part] = self._grown(query, old.get(query.part))
            except QueryRefused as error:
                self._stand_in(error, old, [query])
            except InputError as error:
                self._stand_in(error, old, wanted[place:])
                break
        if any(span is not old.get(part) for part, span in self.spans.items()):
            try:
                cache.write(kept, self.spans)
            except InputError as error:
                self.warnings.append(f"{self.name}: {error}")

    def complain(self, sentence: str) -> None:
        """Name what is missing, in the warnings and among what is left out."""
        self.warnings.append(sentence)
        self.left_out.append({"unique_id": self.name, "reason": sentence.removeprefix(f"{self.name}: ")})

    def _kept(self, kept: Path) -> dict[str, cache.Span]:
        try:
            return cache.read(kept)
        except cache.BrokenCache as error:
            self.warnings.append(f"{self.name}: the cache {kept} is broken ({error}); everything is fetched again")
            return {}

    def _stand_in(self, error: InputError, old: Mapping[str, cache.Span], missing: Sequence[Wanted]) -> None:
        usable = {query.part: old[query.part] for query in missing if query.part in old}
        self.spans |= usable
        until = max((span.end for span in usable.values()), default=None)
        rest = "" if until is None else f"; what was fetched until {pd.Timestamp(until, unit='s'):%Y-%m-%dT%H:%M:%SZ} stands in for it"
        self.complain(f"{error}{rest}")

    def _grown(self, query: Wanted, old: cache.Span | None) -> cache.Span:
        """The part, complete over [begin, end]; late samples are caught by asking again for the last `late_s` seconds."""
        if old is None:
            return cache.Span(query.begin, query.end, query.fetch(query.begin, query.end))
        if old.begin <= query.begin and query.end <= old.end:
            return old
        pieces = [old.samples]
        if query.begin < old.begin:
            pieces.insert(0, query.fetch(query.begin, old.begin - query.grain_s))
        if old.end < query.end:
            again = max(old.end - max(self.late_s // query.grain_s, 1) * query.grain_s, old.begin)
            pieces[-1] = old.samples[old.samples["at"] < again]
            pieces.append(query.fetch(again, query.end))
        first, last = min(query.begin, old.begin), max(query.end, old.end)
        oldest = min(query.begin, last - query.length_s)
        samples = pd.concat([piece for piece in pieces if not piece.empty] or pieces[:1], ignore_index=True)
        return cache.Span(max(first, oldest), last, samples[samples["at"] >= oldest].reset_index(drop=True))


def samples_of(found: Iterable[Series]) -> pd.DataFrame:
    """Series as samples `labels (JSON), at, y`."""
    labels, times, values = [], [np.array([])], [np.array([])]
    for names, at, y in found:
        labels += [json.dumps(dict(names), sort_keys=True)] * len(at)
        times.append(at)
        values.append(y)
    at = np.concatenate(times).round().astype("int64")
    return pd.DataFrame({"labels": labels, "at": at, "y": np.concatenate(values)}).astype({"labels": object})
