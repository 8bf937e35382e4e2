# SPDX-License-Identifier: GPL-3.0-or-later
"""What was out of the ordinary with one series lately, as plain values and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ..contracts import to_text
from ..contracts.durations import spoken
from ..units import quantity, unit_of
from .events import Event, Kind
from .watch import Watch

LEAST_SAMPLES = 20


def lately(row: Mapping[str, Any], samples: pd.Series, as_of: pd.Timestamp, since: pd.Timestamp, listed: float) -> Iterator[dict[str, Any]]:
    """The anomalies of a series (a row of the series table, and its samples up to `as_of`) that were seen, or still last, from `since` on.

    `listed`: the score from which one is told. Each has unique_id, start, seen, kind, size, unit, score and words.
    """
    watch = Watch(float(row["interval_s"]), str(row["tz"]), listed=listed)
    watch.feed(pd.DatetimeIndex(samples.index), samples.to_numpy(dtype=float))
    watch.until(as_of)
    for event in watch.events:
        lasting = event.kind is Kind.MISSING and event.start + event.size * watch.step_s >= since.timestamp()
        if event.score >= listed and (event.seen >= since.timestamp() or lasting):
            yield _as_values(row, event)


def _as_values(row: Mapping[str, Any], event: Event) -> dict[str, Any]:
    start, seen = (pd.Timestamp(moment, unit="s", tz="UTC").floor("s") for moment in (event.start, event.seen))
    return {
        "unique_id": row["unique_id"],
        "start": to_text(start.to_pydatetime()),
        "seen": to_text(seen.to_pydatetime()),
        "kind": str(event.kind),
        "size": event.size,
        "unit": "samples" if event.kind is Kind.MISSING else row["unit"],
        "score": round(event.score, 3),
        "words": in_words(row, event),
    }


def in_words(row: Mapping[str, Any], event: Event) -> str:
    """One short phrase: what happened, by how much."""
    if event.kind is Kind.MISSING:
        gap = spoken(event.size * float(row["interval_s"]))
        return f"nothing for {gap} ({event.size:.0f} samples of {spoken(float(row['interval_s']))})"
    size = quantity(abs(event.size), unit_of(row))
    side = "above" if event.size > 0 else "below"
    if event.kind is Kind.LEVEL:
        return f"{'up' if event.size > 0 else 'down'} by {size}, and staying"
    return f"{size} {side} the usual for the time of day, on average" if event.kind is Kind.DRIFT else f"{size} {side} the usual"
