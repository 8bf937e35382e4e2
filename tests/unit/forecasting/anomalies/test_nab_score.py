# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's own score: its fixed points, and worked examples from its description."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks import nab_score

COUNT = 1000
BEGIN = 150


def windowed(*windows: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(COUNT, dtype=int)
    for start, end in windows:
        labels[start:end] = 1
    return labels


def speaking(*places: int) -> np.ndarray:
    scores = np.zeros(COUNT)
    scores[list(places)] = 1.0
    return scores


def score(labels: np.ndarray, scores: np.ndarray) -> float:
    return nab_score.at([nab_score.labelled(labels)], [scores], 0.5)


LABELS = windowed((300, 400), (700, 800))


def test_the_silent_detector_has_0_and_the_perfect_one_100() -> None:
    assert score(LABELS, speaking()) == 0.0
    assert score(LABELS, speaking(300, 700)) == pytest.approx(100.0)


def test_only_the_earliest_alarm_of_a_window_counts() -> None:
    assert score(LABELS, speaking(330, 350, 399)) == score(LABELS, speaking(330))
    assert 50.0 > score(LABELS, speaking(330)) > score(LABELS, speaking(390)) > 0.0


def test_an_alarm_far_outside_costs_eleven_hundredths_and_less_just_behind_a_window() -> None:
    assert score(LABELS, speaking(200)) == pytest.approx(-0.11 / 4 * 100)
    assert 0.0 > score(LABELS, speaking(405)) > score(LABELS, speaking(450)) > score(LABELS, speaking(200))
    assert score(LABELS, speaking(800 + 99 * 3 - 200)) < 0.0


def test_the_probation_counts_neither_way() -> None:
    assert nab_score.probation(COUNT) == BEGIN and nab_score.probation(20_000) == 750
    assert score(LABELS, speaking(0, BEGIN - 1)) == 0.0
    assert score(LABELS, speaking(BEGIN)) < 0.0


def test_an_alarm_in_mid_window_earns_what_the_published_curve_says() -> None:
    half = (2 / (1 + np.exp(-2.5)) - 1) / (2 / (1 + np.exp(-5)) - 1)
    earned = score(windowed((300, 400)), speaking(350)) / 100 * 2 - 1
    assert earned == pytest.approx(half)


@given(st.lists(st.integers(0, 5), min_size=COUNT, max_size=COUNT))
@settings(max_examples=20, deadline=None)
def test_the_sweep_finds_the_best_threshold_and_agrees_with_a_plain_count(raw: list[int]) -> None:
    known, scores = nab_score.labelled(LABELS), np.array(raw, dtype=float)

    def plainly(threshold: float) -> float:
        alarms = (scores >= threshold) & (np.arange(COUNT) >= known.begin)
        total = float(known.worth[alarms & (known.window < 0)].sum())
        for number in range(known.windows):
            hits = known.worth[alarms & (known.window == number)]
            total += float(hits.max()) if len(hits) else -1.0
        return nab_score.normalised(total, known.windows)

    for threshold in np.unique(scores[known.begin :]):
        assert nab_score.at([known], [scores], threshold) == pytest.approx(plainly(threshold))
    assert nab_score.best([known], [scores])[1] == pytest.approx(max(0.0, *(plainly(level) for level in np.unique(scores))))
