# SPDX-License-Identifier: GPL-3.0-or-later
"""The anomaly detector beside robust z-scores on labelled data: NAB with its own score, round-trip times, compromised hosts.

Usage: FORESTAGE_DATA=folder python tests/benchmarks/anomalies.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from forecasting.anomalies import LISTED, UNSEEN, Kind, Watch  # noqa: E402
from forecasting.benchmark import data_folder  # noqa: E402
from forecasting.errors import InputError  # noqa: E402
from tests.benchmarks import nab_score  # noqa: E402
from tests.benchmarks.zscore import rested, robust_z, seasonal_z  # noqa: E402

FIRST = 100
RTT_STEP_S, DAY_S, WEEK_S = 240.0, 86_400.0, 604_800.0
EARLY, LATE = 2, 15
LEVELS = (3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0)
Alarms = Callable[["Labelled"], np.ndarray]
Peer = Callable[..., np.ndarray]
Judge = Callable[["Labelled", np.ndarray], tuple[int, list[int], int]]


@dataclass(frozen=True)
class Labelled:
    """One series: times (n,) UTC, values (n,), labels (n,) 0 or 1, and its sampling interval in seconds."""

    name: str
    times: pd.DatetimeIndex
    values: np.ndarray
    labels: np.ndarray
    step_s: float


@dataclass(frozen=True)
class Found:
    """What a detector found: labels in all, found ones, false alarms a series and week, median delay in samples."""

    labels: int
    hits: int
    false: float
    delay: float
    alarms: int

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision."""
        return 2 * self.hits / max(self.alarms + self.labels, 1)


def main() -> int:
    """Measure and print; 2 where the data are missing."""
    try:
        nab = read("nab")
        print(nab_table(nab, *halves(nab, lambda one: one.name.split("/")[0])))
        rtt = read("rtt_tail5000", RTT_STEP_S)
        print(found_table("rtt: changes of level", rtt, level_changes, (("z", point_alarms), ("z of nine", steady_alarms)), at_points))
        print(found_table("ipasn: compromised", read("ipasn_daily_security", DAY_S), scored, (("z", daily_alarms),), in_runs))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def read(name: str, step_s: float = 0.0) -> list[Labelled]:
    """The series of one file in the order of their names; `step_s` 0: the median of the first hundred distances."""
    path = data_folder() / f"{name}.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing; complete the folder of benchmark data")
    made = []
    for key, part in pd.read_parquet(path).groupby("unique_id", sort=True):
        times = pd.DatetimeIndex(part["ds"]).tz_localize("UTC")
        step = step_s or max(1.0, float(np.median(np.diff(times[:FIRST].as_unit("s").asi8))))
        made.append(Labelled(str(key), times, part["y"].to_numpy(dtype=float), part["label"].to_numpy(), step))
    return made


def halves(series: Sequence[Labelled], folder: Callable[[Labelled], str] = lambda _one: "") -> tuple[list[Labelled], list[Labelled]]:
    """Every second series of each folder, on which all was chosen, and the others."""
    groups: dict[str, list[Labelled]] = {}
    for one in series:
        groups.setdefault(folder(one), []).append(one)
    return [one for group in groups.values() for one in group[0::2]], [one for group in groups.values() for one in group[1::2]]


def scores(one: Labelled) -> np.ndarray:
    """The detector's score of each sample."""
    return Watch(one.step_s).feed(one.times, one.values)


DETECTORS: dict[str, Callable[[Labelled], np.ndarray]] = {
    "Forestage": scores,
    "robust z": seasonal_z,
    "robust z, rests 100": lambda one: rested(seasonal_z(one), 100),
    "deviation z, rests 400": lambda one: rested(seasonal_z(one, least=1.0), 400),
}


def nab_table(every: list[Labelled], chosen_on: list[Labelled], others: list[Labelled]) -> str:
    """NAB's standard score, the threshold chosen on the corpus it is reported for, as NAB does; and one taken from the other half."""
    labels = {one.name: nab_score.labelled(one.labels) for one in every}
    lines = [
        f"NAB, standard profile: {len(every)} series, {sum(known.windows for known in labels.values())} windows",
        f"{'':<24} {'all':>6} {'chosen on':>10} {'other half':>11} {'other half, threshold of the first':>36} {'samples/s':>10}",
    ]
    for name, detector in DETECTORS.items():
        begin = process_time()
        given = {one.name: detector(one) for one in every}
        pace = sum(len(one.values) for one in every) / (process_time() - begin)
        parts = [([labels[one.name] for one in part], [given[one.name] for one in part]) for part in (every, chosen_on, others)]
        reached = [nab_score.best(*part) for part in parts]
        carried = nab_score.at(*parts[2], reached[1][0])
        lines.append(f"{name:<24} {reached[0][1]:6.1f} {reached[1][1]:10.1f} {reached[2][1]:11.1f} {carried:36.1f} {pace:10,.0f}")
        if detector is scores:
            fixed = [nab_score.at(*part, UNSEEN) for part in parts]
            lines.append(f"{'  at the fixed score 0.6':<24} {fixed[0]:6.1f} {fixed[1]:10.1f} {fixed[2]:11.1f}")
    return "\n".join(lines)


def level_changes(one: Labelled) -> np.ndarray:
    """Samples at which the detector knew of a change of level."""
    watch = Watch(one.step_s)
    watch.feed(one.times, one.values)
    stamps = one.times.as_unit("ns").asi8 / 1e9
    return np.array([np.searchsorted(stamps, event.seen) for event in watch.events if event.kind is Kind.LEVEL], dtype=int)


def scored(one: Labelled) -> np.ndarray:
    """Samples that the detector lists."""
    return np.flatnonzero(scores(one) >= LISTED)


def point_alarms(one: Labelled, level: float) -> np.ndarray:
    """Where a robust z-score over the last day goes beyond a level, once in fifteen samples."""
    return once(np.flatnonzero(robust_z(one.values, 360) > level), LATE)


def steady_alarms(one: Labelled, level: float) -> np.ndarray:
    """The same of the median of nine samples: a peer that looks for changes of level."""
    smooth = pd.Series(one.values).rolling(9, min_periods=1).median().to_numpy()
    return once(np.flatnonzero(robust_z(smooth, 360) > level), LATE)


def daily_alarms(one: Labelled, level: float) -> np.ndarray:
    """Where a robust z-score over the last four weeks of daily counts goes beyond a level."""
    return np.flatnonzero(robust_z(one.values, 28, least=7) > level)


def once(places: np.ndarray, rest: int) -> np.ndarray:
    """Those that do not follow another within `rest`."""
    return places[np.diff(places, prepend=-rest - 1) > rest]


def at_points(one: Labelled, alarms: np.ndarray) -> tuple[int, list[int], int]:
    """(labels, delays of those found, false alarms): an alarm finds one label from two samples before to fifteen after it."""
    free, delays = [int(place) for place in alarms], []
    labels = np.flatnonzero(one.labels)
    for label in labels:
        near = next((place for place in free if label - EARLY <= place <= label + LATE), None)
        if near is not None:
            free.remove(near)
            delays.append(near - int(label))
    return len(labels), delays, len(free)


def in_runs(one: Labelled, alarms: np.ndarray) -> tuple[int, list[int], int]:
    """The same for stretches of labelled samples: an alarm within one or right after it finds it."""
    edges = np.diff(np.concatenate([[0], one.labels.astype(int), [0]]))
    runs = list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
    inside = [[int(place) for place in alarms if start <= place <= end] for start, end in runs]
    return (
        len(runs),
        [hits[0] - start for hits, (start, _end) in zip(inside, runs, strict=True) if hits],
        len(alarms) - sum(map(len, inside)),
    )


def found(series: Iterable[Labelled], alarms: Alarms, judge: Judge) -> Found:
    """What one detector finds in all series."""
    labels, delays, false, weeks = 0, [], 0, 0.0
    for one in series:
        there, late, wrong = judge(one, alarms(one))
        labels, false, weeks = labels + there, false + wrong, weeks + len(one.values) * one.step_s / WEEK_S
        delays += late
    return Found(labels, len(delays), false / weeks, float(np.median(delays)) if delays else float("nan"), len(delays) + false)


def found_table(title: str, series: list[Labelled], ours: Alarms, peers: Sequence[tuple[str, Peer]], judge: Judge) -> str:
    """One line a detector; a peer's level is the one with the best F1 on the first half, ours is what it always is."""
    first, others = halves(series)
    rows: list[tuple[str, Alarms]] = [("Forestage", ours)]
    for name, peer in peers:
        reached = {level: found(first, partial(peer, level=level), judge).f1 for level in LEVELS}
        best = max(LEVELS, key=reached.__getitem__)
        rows.append((f"{name} > {best:g}", partial(peer, level=best)))
    head = f"{'':<18} {'part':<10} {'found':>9} {'recall':>7} {'false/series-week':>18} {'delay':>6} {'F1':>6}"
    lines = [f"\n{title}: {len(series)} series", head]
    for name, alarms in rows:
        for part, members in (("all", series), ("other half", others)):
            got = found(members, alarms, judge)
            share = f"{got.hits}/{got.labels}"
            lines.append(f"{name:<18} {part:<10} {share:>9} {got.hits / got.labels:7.2f} {got.false:18.2f} {got.delay:6.1f} {got.f1:6.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
