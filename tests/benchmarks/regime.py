# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon is a change noticed, and is a short history? Generated series, the whole pipeline, hour by hour after the change.

Usage: python tests/benchmarks/regime.py [--seeds 3] [--model ridge,seasonal_naive] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from forecasting.history import History  # noqa: E402
from forecasting.history.table import SERIES_COLUMNS  # noqa: E402
from forecasting.pipeline import forecast  # noqa: E402
from forecasting.progress import Words  # noqa: E402

BEGIN = pd.Timestamp("2026-01-05", tz="UTC")
DAYS, AHEAD = 28, 24
AFTER = (0, 1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 72)
EACH = 4
KINDS = {"unchanged": (1.0, 1.0), "level x1.3": (1.3, 1.0), "level x2": (2.0, 1.0), "spread x3": (1.0, 3.0)}
COUNTS = {"unchanged": 4 * EACH, "level x1.3": EACH, "level x2": EACH, "spread x3": EACH}
SHORT_DAYS = (1, 2, 4, 7, 14, 28)
SAID = "changed lately"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="generated networks (default 3)")
    parser.add_argument("--model", default="ridge,seasonal_naive", help="to choose among; `default`: the usual ones")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="forecasts made side by side (default: all cores)")
    options = parser.parse_args()
    progress = Words()
    model = None if options.model == "default" else options.model
    tasks = [(seed, DAYS, after, model) for seed, after in product(range(options.seeds), AFTER)]
    tasks += [(seed, days, -1, model) for seed, days in product(range(options.seeds), SHORT_DAYS)]
    found = []
    with ProcessPoolExecutor(options.workers) as pool:
        for done, rows in enumerate(pool.map(judged, *zip(*tasks, strict=True)), 1):
            found.append(rows)
            progress.step("forecasts", done, len(tasks))
    table = pd.concat(found, ignore_index=True)
    progress.result({}, "\n".join([*delays(table[table["after"] >= 0]), "", *short(table[table["after"] < 0])]))
    return 0


def generated(seed: int, days: int, after: int) -> tuple[History, dict[str, str], np.ndarray, pd.Timestamp]:
    """Hourly series that end a day after the cut-off; their kinds by name; the values; the cut-off, `after` hours behind the change."""
    rng = np.random.default_rng(seed)
    kinds = {f"{kind} {number}": kind for kind, count in COUNTS.items() for number in range(count)}
    known = 24 * days + max(after, 0)
    hour = np.arange(known + AHEAD)
    values = []
    for kind in kinds.values():
        level, spread = KINDS[kind] if after >= 0 else (1.0, 1.0)
        shape = 1.0 + 0.4 * np.sin(2 * np.pi * (hour / 24 + rng.random())) + 0.1 * np.sin(2 * np.pi * hour / 168)
        noise = _noise(rng, len(hour))
        changed = hour >= 24 * days
        values.append(100.0 * shape * np.where(changed, level, 1.0) * np.exp(0.06 * noise * np.where(changed, spread, 1.0)))
    facts = {"object": "link", "metric": "if_out_bps", "unit": "bit/s", "tz": "UTC", "kind": "gauge", "labels": "{}", "interval_s": 3600}
    series = pd.DataFrame([dict.fromkeys(SERIES_COLUMNS) | facts | {"unique_id": name, "device": name} for name in kinds])
    times = pd.date_range(BEGIN, periods=len(hour), freq="1h").as_unit("ns")
    samples = pd.concat([pd.DataFrame({"unique_id": name, "ds": times, "y": y}) for name, y in zip(kinds, values, strict=True)])
    return History(series[list(SERIES_COLUMNS)], samples.sort_values(["unique_id", "ds"])), kinds, np.stack(values), times[known]


def _noise(rng: np.random.Generator, count: int) -> np.ndarray:
    """Autoregressive noise of deviation 1."""
    made = np.zeros(count)
    for step, shock in enumerate(rng.standard_normal(count)):
        made[step] = 0.6 * made[step - 1] + 0.8 * shock
    return made


def judged(seed: int, days: int, after: int, model: str | None) -> pd.DataFrame:
    """A row a series: was the change said, how wide was the 80 % interval, what did it cover."""
    history, kinds, values, cutoff = generated(seed, days, after)
    made = forecast(history.until(cutoff), as_of=cutoff, horizon=f"{AHEAD}h", model=model)
    told = {item["unique_id"]: item for item in made.meta["series"]}
    rows = []
    for (name, kind), truth in zip(kinds.items(), values[:, -AHEAD:], strict=True):
        part, item = made.frame[made.frame["unique_id"] == name], told[name]
        pairs = [(part[low].to_numpy(), part[high].to_numpy()) for low, high in (("q10", "q90"), ("q025", "q975"))]
        inside = [((truth >= low) & (truth <= high)).mean() for low, high in pairs]
        rows.append({
            "seed": seed, "days": days, "after": after, "kind": kind, "series": name,
            "said": any(SAID in text for text in item["warnings"]), "cautious": bool(item["warnings"]), "times": item["widened"],
            "width": float((part["q90"] - part["q10"]).mean()), "cover80": inside[0], "cover95": inside[1],
        })  # fmt: skip
    return pd.DataFrame(rows)


def delays(rows: pd.DataFrame) -> list[str]:
    """By hours after the change: how many series were said to have changed, widths against before, coverage."""
    before = rows[rows["after"] == 0].set_index(["seed", "series"])["width"]
    wider = rows["width"].to_numpy() / before.loc[list(zip(rows["seed"], rows["series"], strict=True))].to_numpy()
    rows = rows.assign(wider=wider)
    lines = [f"{'hours after':<14}" + "".join(f"{after:>6}" for after in AFTER)]
    for kind, part in rows.groupby("kind", sort=False):
        lines.append(f"{kind} ({part[['seed', 'series']].drop_duplicates().shape[0]} series)")
        for words, column in (("said", "said"), ("width", "wider"), ("cover 80", "cover80"), ("cover 95", "cover95")):
            lines.append(f"  {words:<12}" + "".join(f"{value:>6.2f}" for value in part.groupby("after")[column].mean()))
    for kind, part in rows[rows["kind"] != "unchanged"].groupby("kind", sort=False):
        first = part[part["said"] & (part["after"] > 0)].groupby(["seed", "series"])["after"].min()
        count = part[["seed", "series"]].drop_duplicates().shape[0]
        when = f", first after {first.median():g} h in the median ({first.min():g} to {first.max():g})" if len(first) else ""
        lines.append(f"{kind}: noticed in {len(first)} of {count}{when}")
    quiet = rows[(rows["kind"] == "unchanged") | (rows["after"] == 0)]
    lines.append(f"Without a change: said in {quiet['said'].sum()} of {len(quiet)} forecasts ({quiet['said'].mean():.1%})")
    return lines


def short(rows: pd.DataFrame) -> list[str]:
    """By days of history: coverage, and how often the words warn."""
    lines = [f"{'days known':<12}{'cover 80':>10}{'cover 95':>10}{'cautions':>10}"]
    for days, part in rows.groupby("days"):
        lines.append(f"{days:<12}{part['cover80'].mean():>10.2f}{part['cover95'].mean():>10.2f}{part['cautious'].mean():>10.0%}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
