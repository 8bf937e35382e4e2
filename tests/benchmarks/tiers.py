# SPDX-License-Identifier: GPL-3.0-or-later
"""What the short cuts for many series cost in accuracy: the same series forecast in full, part by part, and by the fast tier.

    python -m tests.benchmarks.tiers [--horizons 24h 168h]

Series are M4's hourly ones (`FORESTAGE_DATA`; the training part alone, its end held back) and the first of `scale`'s generated ones.
Each is forecast by the command `forecast`, as a user would: in full, as up to 4,000 series are; part by part, as more are; and part by
part with `--model ridge`. A difference is the other's MASE over that of the full forecast, with a 95 % interval over series.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.benchmark import data_folder
from forecasting.metrics import mase, seasonal_scale
from forecasting.panel import Floats

from .scale import DAYS, MOST_AHEAD, answered, made, run, write

GENERATED = 400
LEARNT = "learnt"
TIERS = {"in full": [], "in parts": ["--models", LEARNT], "in parts, ridge": ["--models", LEARNT, "--model", "ridge"]}
DRAWS = 2_000


def m4_hourly() -> list[Floats]:
    """The training parts of M4's hourly series."""
    table = pd.read_parquet(data_folder() / "m4_hourly.parquet").query("split == 'train'").sort_values(["unique_id", "ds"])
    return [part["y"].to_numpy(float) for _name, part in table.groupby("unique_id")]


def generated() -> list[Floats]:
    """The first of the generated series of `scale`, 90 days and what is held back."""
    return list(made(0, DAYS * 24 + MOST_AHEAD)[:GENERATED])


def compared(series: list[Floats], horizon: str, folder: Path) -> Iterator[tuple[str, float, Floats]]:
    """Each tier, its CPU seconds, and the MASE of each series, (n,)."""
    ahead = int(horizon.removesuffix("h"))
    past, truth = [values[:-MOST_AHEAD] for values in series], np.stack([values[-MOST_AHEAD:][:ahead] for values in series])
    history = folder / "history"
    history.mkdir()
    write(history, len(past), [past])
    scale = np.concatenate([seasonal_scale(values[None], 24) for values in past])
    for number, (tier, words) in enumerate(TIERS.items()):
        out = folder / str(number)
        options = [str(folder / LEARNT) if word == LEARNT else word for word in words]
        spent = run(history, out, horizon, options)["CPU"]
        yield tier, spent, mase(truth, answered(out, len(series), ahead)[0], scale)


def told(ours: Floats, theirs: Floats) -> str:
    """How much larger the mean of one is than that of the other, with its interval."""
    drawn = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    ratios = theirs[drawn].mean(axis=1) / ours[drawn].mean(axis=1) - 1.0
    low, high = np.quantile(ratios, [0.025, 0.975])
    return f"{theirs.mean() / ours.mean() - 1.0:+.1%} ({low:+.1%} to {high:+.1%})"


def main() -> None:
    """Print a line for each set, horizon and tier."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--horizons", nargs="+", default=["24h", "168h"], metavar="HORIZON", help="hours, at most 168h (default: 24h 168h)")
    args = parser.parse_args()
    for name, series in {"M4 hourly": m4_hourly(), "generated": generated()}.items():
        for horizon in args.horizons:
            full = None
            with tempfile.TemporaryDirectory(prefix="forestage-tiers-") as folder:
                for tier, spent, losses in compared(series, horizon, Path(folder)):
                    full = losses if full is None else full
                    beside = "" if full is losses else told(full, losses)
                    figures = f"CPU {spent:>4.0f}  MASE {losses.mean():.3f}  median {np.median(losses):.3f}"
                    print(f"{name:<10} {horizon:>5}  {tier:<16} {figures}  {beside}", flush=True)


if __name__ == "__main__":
    main()
