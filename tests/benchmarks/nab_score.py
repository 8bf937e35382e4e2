# SPDX-License-Identifier: GPL-3.0-or-later
"""The score of the Numenta Anomaly Benchmark, standard profile, written from its description (Lavin and Ahmad, 2015).

The earliest alarm in a labelled window earns up to one point, the earlier the more; a window without an alarm costs one; each alarm
outside costs up to 0.11, less shortly after a window. One threshold serves all series: the one that is best on the labelled corpus.
The sum is put on a scale where a detector that never speaks has 0 and a perfect one 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FALSE_ALARM, MISS = 0.11, 1.0
PROBATION, PROBATION_OF = 0.15, 5000
STEEPNESS = 5.0
FAR = 3.0


@dataclass(frozen=True)
class Labelled:
    """One series' worth of each alarm, (t,): what it would earn or cost, its window's number (−1: none), windows in all."""

    worth: np.ndarray
    window: np.ndarray
    windows: int
    begin: int


def probation(count: int) -> int:
    """Samples at the start that are neither rewarded nor punished."""
    return int(PROBATION * min(count, PROBATION_OF))


def sigmoid(position: np.ndarray) -> np.ndarray:
    """Worth of an alarm: 1 long before a window's end (position −1 is its start), 0 at its end, −1 far behind it."""
    return np.where(position > FAR, -1.0, 2.0 / (1.0 + np.exp(STEEPNESS * np.minimum(position, FAR))) - 1.0)


def labelled(labels: np.ndarray) -> Labelled:
    """What an alarm at each sample is worth; `labels` (t,) are 1 inside the windows."""
    edges = np.diff(np.concatenate([[0], labels.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    worth = np.full(len(labels), -FALSE_ALARM)
    window = np.full(len(labels), -1)
    places = np.arange(len(labels))
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        width = end - start
        after = starts[number + 1] if number + 1 < len(starts) else len(labels)
        inside, behind = slice(start, end), slice(end, after)
        worth[inside] = sigmoid(-(end - places[inside]) / width) / sigmoid(np.array(-1.0))
        worth[behind] = FALSE_ALARM * sigmoid((places[behind] - (end - 1)) / max(width - 1, 1))
        window[inside] = number
    return Labelled(worth, window, len(starts), probation(len(labels)))


def raw_scores(series: Sequence[Labelled], scores: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds from high to low, and the corpus' unscaled score at each (an alarm is a score at or above the threshold)."""
    steps: list[np.ndarray] = []
    gains: list[np.ndarray] = []
    for known, given in zip(series, scores, strict=True):
        counts = np.arange(len(given)) >= known.begin
        outside = counts & (known.window < 0)
        steps.append(given[outside])
        gains.append(known.worth[outside])
        for number in range(known.windows):
            inside = np.flatnonzero(counts & (known.window == number))
            if not len(inside):
                continue
            # the earliest alarm counts: a sample matters only where its score is above all before it in the window
            ahead = np.maximum.accumulate(np.concatenate([[-np.inf], given[inside][:-1]]))
            first = inside[given[inside] > ahead]
            steps.append(given[first])
            later = np.concatenate([known.worth[first][1:], [-MISS]])
            gains.append(known.worth[first] - later)
    every, gain = np.concatenate(steps), np.concatenate(gains)
    order = np.argsort(-every, kind="stable")
    total = -MISS * sum(known.windows for known in series) + np.cumsum(gain[order])
    last = np.append(np.diff(every[order]) != 0, True)
    return every[order][last], total[last]


def normalised(raw: float, windows: int) -> float:
    """0 for the silent detector, 100 for the perfect one."""
    return 100.0 * (raw + MISS * windows) / (windows * (1.0 + MISS))


def best(series: Sequence[Labelled], scores: Sequence[np.ndarray]) -> tuple[float, float]:
    """(threshold, normalised score) at the best threshold for this corpus."""
    thresholds, raw = raw_scores(series, scores)
    windows = sum(known.windows for known in series)
    place = int(np.argmax(raw))
    return (float(thresholds[place]), normalised(raw[place], windows)) if raw[place] > -MISS * windows else (float("inf"), 0.0)


def at(series: Sequence[Labelled], scores: Sequence[np.ndarray], threshold: float) -> float:
    """Normalised score at a threshold given from outside."""
    thresholds, raw = raw_scores(series, scores)
    windows = sum(known.windows for known in series)
    over = int(np.searchsorted(-thresholds, -threshold, side="right"))
    return normalised(raw[over - 1], windows) if over else 0.0
