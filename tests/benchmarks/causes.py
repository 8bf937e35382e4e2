# SPDX-License-Identifier: GPL-3.0-or-later
"""Known causes, on data whose truth is known: effects recovered, harm where there is none, device metadata, main drivers.

Usage: FORESTAGE_DATA=folder python tests/benchmarks/causes.py [recovery] [kpis] [harm] [metadata] [drivers]

Signal-to-noise ratio: the effect divided by the standard deviation of the noise of a single hour, both as shares of the usual. The
noise lasts: hours one apart correlate by 0.9 where nothing else is said, so that averaging over an event's hours hardly helps;
the rows *each event its own* add that every event differs, by half the effect, which nobody can average away but over events.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from forecasting.causes.events import uplifts_of  # noqa: E402
from forecasting.causes.figures import figures_of  # noqa: E402
from forecasting.causes.kpi import kpi_uplift  # noqa: E402
from forecasting.causes.uplift import Uplift, factors  # noqa: E402
from forecasting.errors import InputError  # noqa: E402
from tests.benchmarks import harm, metadata  # noqa: E402
from tests.benchmarks.driven import CAUSES, explained, main_driver, named, world  # noqa: E402
from tests.benchmarks.made import DAY, LINK, START, WEEK, Demand, driven, events_table, starts_of  # noqa: E402

SEEDS = 100
RATIO = 2.0
PAST = 6
WITHIN = 0.15
DRIVER_SEEDS = 12
HOURS = (3, 12, 24, 62)


def ahead(found: Uplift | None) -> np.ndarray:
    """Factors of the week to come, (168,)."""
    return np.ones(WEEK) if found is None else factors(found, WEEK, np.array([found.effect]))[0]


def learnt(values: np.ndarray, events: pd.DataFrame) -> np.ndarray:
    """What is learnt from all but the last week, as factors of that week."""
    times = pd.date_range(START, periods=len(values), freq="h")
    listed = [{str(key): value for key, value in row.items()} for row in events.to_dict("records")]
    found = uplifts_of(listed, values[:-WEEK], times, 3600)
    return ahead(found[0] if found else None)


def event_error(
    seed: int, hours: int, memory: float, effect: float, own: float = 0.0, sizes: tuple[float, ...] = ()
) -> tuple[float, float]:
    """Learnt effect less the true one, and the true one; own: deviation of each event; sizes: magnitudes, the coming one last."""
    rng, demand = np.random.default_rng(seed), Demand(memory=memory)
    values, starts = demand.draw(rng), starts_of(rng, demand, PAST, hours)
    magnitudes = list(sizes) or [1.0] * len(starts)
    for start, size in zip(starts, magnitudes, strict=True):
        values[start : start + hours] *= max(1.0 + size * (effect + own * rng.standard_normal()), 0.05)
    found = learnt(values, events_table(starts, hours, magnitudes))
    held = np.zeros(WEEK, dtype=bool)
    held[starts[-1] % WEEK : starts[-1] % WEEK + hours] = True
    true = effect * magnitudes[-1]
    return float(found[held].mean() - 1.0 - true), true


def holiday_error(seed: int) -> tuple[float, float]:
    """Days off on any day of the week that are like a Sunday, half a workday."""
    rng, demand = np.random.default_rng(seed), Demand(noise=0.1, weekend=0.5)
    values = demand.draw(rng)
    starts = [week * WEEK + int(rng.integers(0, 7)) * DAY for week in (1, 3, 5, 7, 9, 11)] + [14 * WEEK + int(rng.integers(0, 5)) * DAY]
    for start in starts:
        if start // DAY % 7 < 5:
            values[start : start + DAY] *= 0.5
    found = learnt(values, events_table(starts, DAY, kind="holiday"))[starts[-1] % WEEK :][:DAY]
    return float(found.mean() - 0.5), -0.5


def told(title: str, measure: Callable[[int], tuple[float, float]]) -> None:
    """One row: median error, share of seeds within 15 %, mean error, all as shares of the true effect."""
    errors = np.array([error / abs(true) for error, true in map(measure, range(SEEDS))])
    size = np.abs(errors)
    print(f"| {title} | {np.median(size):.2f} | {(size <= WITHIN).mean():.0%} | {errors.mean():+.2f} |", flush=True)


def recovery() -> None:
    """Effects of events."""
    print(f"\n{PAST} past events, effect {RATIO:g} × the noise of an hour (30 %), {SEEDS} seeds\n")
    print("| | median error | within 15 % | mean error |\n|---|---|---|---|")
    effect = RATIO * Demand().noise
    for memory in (0.0, 0.9, 0.97):
        for hours in HOURS:
            told(f"{hours} h, noise correlates by {memory:g}", lambda seed, h=hours, m=memory: event_error(seed, h, m, effect))  # type: ignore[misc]
    told("12 h, magnitudes 1, 2 and 3", lambda seed: event_error(seed, 12, 0.9, effect, sizes=(1, 2, 1, 2, 1, 2, 3)))
    told("24 h, 30 % less", lambda seed: event_error(seed, 24, 0.9, -effect))
    told("12 h, each event its own", lambda seed: event_error(seed, 12, 0.9, effect, own=effect / 2))
    told("62 h, each event its own", lambda seed: event_error(seed, 62, 0.9, effect, own=effect / 2))
    told("holiday like a Sunday", holiday_error)


def kpis() -> None:
    """Effects of planned business figures, and how often one is found where there is none."""
    print(f"\na link that follows 80 % of a figure, raised six times by 20 to 60 %, {SEEDS} seeds; an effect not found counts as 1\n")
    print("| | median error | within 15 % | mean error |\n|---|---|---|---|")
    for noise in (0.05, 0.1, 0.15):
        told(f"noise of an hour {noise:.0%}", lambda seed, n=noise: kpi_error(seed, 0.8, n))  # type: ignore[misc]
    for growth in (0.0, 0.03):
        found = [kpi_error(seed, 0.0, 0.1, growth)[0] for seed in range(SEEDS)]
        size = np.abs(found)
        print(f"no relation, both grow by {growth:.0%} a week: a lift in {(size > 0).mean():.0%} of seeds, {size.mean():.3f} on average")


def kpi_error(seed: int, follows: float, noise: float, growth: float = 0.01) -> tuple[float, float]:
    """Learnt lift of the raised hours less the true one, and the true one."""
    history, raised = driven(seed, follows, Demand(noise=noise, growth=growth))
    known = len(raised) - WEEK
    figures = figures_of(history, pd.date_range(START, periods=len(raised), freq="h"), "UTC", 3600, known)
    found = kpi_uplift(history.row(LINK), history.values(LINK).to_numpy(), figures, WEEK)
    held = raised[-WEEK:] > 1.0
    true = follows * float((raised[-WEEK:][held] - 1.0).mean())
    return float(ahead(found)[held].mean() - 1.0 - true), true


def drivers() -> None:
    """How often the main driver that is named is the one that was put there."""
    named_right("strong: 50 to 60 % on top of 5 % noise, growth of 5 % a week", 1.0, 0.05)
    named_right("weak: half of that on top of 10 % noise", 0.5, 0.1)


def named_right(title: str, strength: float, noise: float) -> None:
    """The table for one strength of what was put there."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = explained(world(DRIVER_SEEDS, strength=strength, noise=noise), Path(folder))
    print(f"\n{title}: main driver named, of {DRIVER_SEEDS} seeds each; the rest: what else the model sees, share of the peak (median)\n")
    print("| true driver | named | else named | the rest |\n|---|---|---|---|")
    right = []
    for cause in CAUSES:
        found = [evidence[f"{cause}-{seed}"] for seed in range(DRIVER_SEEDS)]
        names = [main_driver(item) for item in found]
        hits = [name == named(cause) for name in names]
        rest = [sum(abs(part["effect"]) for part in item["drivers"] if part["kind"] == "other") / item["forecast_peak"] for item in found]
        others = ", ".join(sorted({name for name in names if name != named(cause)})) or "–"
        print(f"| {cause} | {np.mean(hits):.0%} | {others} | {np.median(rest):.0%} |")
        right += hits
    print(f"| all | {np.mean(right):.0%} | | |", flush=True)


TABLES: dict[str, Callable[[], None]] = {
    "recovery": recovery, "kpis": kpis, "harm": harm.tables, "metadata": metadata.tables, "drivers": drivers,
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Print the tables that are asked for, all without a word; 2 where that cannot be done."""
    unknown = sorted(set(wanted) - set(TABLES))
    if unknown:
        print(f"there is no table {unknown[0]!r}; choose from {', '.join(TABLES)}", file=sys.stderr)
        return 2
    try:
        for name in wanted or TABLES:
            TABLES[name]()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
