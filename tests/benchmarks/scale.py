# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a forecast of very many series takes, how much memory, and what the short cuts cost in accuracy.

    python -m tests.benchmarks.scale 10000 100000 300000

makes so many hourly series of 90 days and a held-back horizon (seeded, see `made`), writes them as Parquet to a temporary folder,
runs the command `forecast` on them as a user would, in a process of its own, and prints seconds, CPU seconds and the greatest
resident memory by stage; then MASE, scaled quantile loss and coverage of a sample of the series on what was held back.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecasting.metrics import LEVEL_NAMES, coverage, mase, scaled_quantile_loss, seasonal_scale
from forecasting.panel import Floats

ROOT = Path(__file__).resolve().parents[2]
AS_OF = np.datetime64("2026-11-23T00:00", "us")
DAYS, MOST_AHEAD, GROUP, ZONES = 90, 168, 1_000, ("UTC", "Europe/Berlin", "America/New_York")
JUDGED = 2_000
CASES = (("24h", None), ("168h", None), ("168h", "ridge"), ("24h", "ridge"))


def made(group: int, steps: int) -> Floats:
    """Traffic of `GROUP` interfaces, (GROUP, steps), hourly; the same numbers for the same group.

    A daily curve with two harmonics and a phase of its own, quieter weekends, slow growth or decline, noise that lasts for hours
    (autoregressive, 0.8) and is 2 to 15 per cent large, levels over some orders of magnitude, and a spike every 2000 hours.
    """
    rng = np.random.default_rng((7, group))
    hour = np.arange(steps)

    def each(low: float, high: float) -> np.ndarray:
        return np.asarray(rng.uniform(low, high, (GROUP, 1)))

    angle = 2 * np.pi * (hour % 24 - each(11, 17)) / 24
    depth = each(0.2, 0.8)
    curve = 1 + depth * np.cos(angle) + 0.2 * depth * np.cos(2 * angle)
    week = np.where((hour // 24 + 1) % 7 >= 5, each(0.3, 1.1), 1.0)
    noise = rng.normal(size=(GROUP, steps))
    for step in range(1, steps):
        noise[:, step] += 0.8 * noise[:, step - 1]
    growth = rng.normal(0, 0.2, (GROUP, 1)) * hour / steps
    values = np.exp(rng.normal(16, 2, (GROUP, 1)) + growth + each(0.02, 0.15) * noise) * curve * week
    spikes = rng.random((GROUP, steps)) < 0.0005
    return np.asarray(np.where(spikes, values * rng.uniform(3, 10, (GROUP, steps)), values))


def names_of(count: int) -> list[str]:
    """The names of so many interfaces, in their order."""
    return [f"r{number:06d}|eth1|if_out_bps" for number in range(count)]


def write(folder: Path, count: int, groups: Iterable[Sequence[Floats] | Floats]) -> None:
    """Write a history of `count` hourly series that end at `AS_OF`; groups: their values, group by group."""
    names = names_of(count)
    rows = pd.DataFrame({"unique_id": names, "device": [name.split("|")[0] for name in names], "object": "eth1"})
    rows = rows.assign(metric="if_out_bps", unit="bit/s", kind="gauge", interval_s=3600.0, tz=[ZONES[n % 3] for n in range(count)])
    rows.to_parquet(folder / "series.parquet", index=False)
    schema = pa.schema([("unique_id", pa.string()), ("ds", pa.timestamp("us", "UTC")), ("y", pa.float64())])
    first = 0
    with pq.ParquetWriter(folder / "values.parquet", schema, use_dictionary=["unique_id", "ds"]) as writer:
        for group in groups:
            lengths = [len(values) for values in group]
            ids = pa.array(np.repeat(np.arange(len(group), dtype=np.int32), lengths))
            named = pa.DictionaryArray.from_arrays(ids, pa.array(names[first : first + len(group)])).cast(pa.string())
            stamps = AS_OF - np.arange(max(lengths), 0, -1) * np.timedelta64(3600, "s")
            times = pa.array(np.concatenate([stamps[-length:] for length in lengths])).cast(pa.timestamp("us", "UTC"))
            writer.write_table(pa.table([named, times, pa.array(np.concatenate(list(group)))], schema))
            first += len(group)


def past_of(count: int) -> Iterator[Floats]:
    """The known part of so many generated series, group by group."""
    for first in range(0, count, GROUP):
        yield made(first // GROUP, DAYS * 24 + MOST_AHEAD)[: count - first, : DAYS * 24]


def run(history: Path, out: Path, horizon: str, options: Sequence[str]) -> dict[str, float]:
    """Run the command with more options; seconds, CPU seconds, greatest resident memory (MB) and seconds by stage."""
    command = [sys.executable, "-m", "forecasting", "forecast", "--json", "--history", str(history), "--as-of", f"{AS_OF.astype('M8[s]')}Z"]
    command += ["--horizon", horizon, "--out", str(out), *options]
    began = time.perf_counter()
    stages: dict[str, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for line in process.stdout or ():
            event = json.loads(line)
            if event["event"] == "progress":
                stages[event["step"]] = time.perf_counter() - began
            elif event["event"] == "error":
                sys.exit(event["message"])
        _pid, code, used = os.wait4(process.pid, 0)
    whole = time.perf_counter() - began
    if code:
        sys.exit(f"forecast ended with {code}")
    found = {"seconds": whole, "CPU": used.ru_utime + used.ru_stime, "MB": used.ru_maxrss / 1024}
    return found | {f"until {stage}": value for stage, value in stages.items()}


def answered(out: Path, count: int, ahead: int) -> tuple[Floats, Floats]:
    """What the first series were forecast: the mean, (count, ahead), and the quantiles, (count, levels, ahead)."""
    frame = pd.read_parquet(out / "forecast.parquet", filters=[("unique_id", "<=", names_of(count)[-1])]).sort_values(["unique_id", "ds"])
    mean = frame["mean"].to_numpy().reshape(count, ahead)
    return mean, frame[list(LEVEL_NAMES)].to_numpy().reshape(count, ahead, -1).transpose(0, 2, 1)


def judged(out: Path, truth: Floats, ahead: int) -> dict[str, float]:
    """The losses of the first series on what was held back. truth: their past and what came, (judged, steps)."""
    mean, quantiles = answered(out, len(truth), ahead)
    past, actual = truth[:, : DAYS * 24], truth[:, DAYS * 24 : DAYS * 24 + ahead]
    scale = seasonal_scale(past, 24)
    return {
        "MASE": float(np.nanmean(mase(actual, mean, scale))),
        "sWQL": float(np.nanmean(scaled_quantile_loss(actual, quantiles, scale))),
        "cov80": coverage(actual, quantiles[:, 1], quantiles[:, -2]),
        "cov95": coverage(actual, quantiles[:, 0], quantiles[:, -1]),
    }


def main() -> None:
    """Print a line for each size, horizon and model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", type=int, nargs="+", help="how many series")
    parser.add_argument("--only", nargs="+", metavar="HORIZON[:MODEL]", help="for example 24h 168h:ridge; default: all")
    args = parser.parse_args()
    wanted = [tuple((one + ":").split(":")[:2]) for one in args.only] if args.only else [(horizon, model or "") for horizon, model in CASES]
    first = np.concatenate([made(group, DAYS * 24 + MOST_AHEAD) for group in range(JUDGED // GROUP)])
    for count in args.series:
        with tempfile.TemporaryDirectory(prefix="forestage-scale-") as folder:
            history, out = Path(folder) / "history", Path(folder) / "out"
            history.mkdir()
            write(history, count, past_of(count))
            for horizon, model in wanted:
                found = run(history, out, horizon, ["--model", model] if model else [])
                found |= judged(out, first[:count], int(horizon.removesuffix("h")))
                figures = "  ".join(f"{name} {value:.3f}" if value < 10 else f"{name} {value:.0f}" for name, value in found.items())
                print(f"{count} series  {horizon:>4}  {model or 'default':<8} {figures}", flush=True)


if __name__ == "__main__":
    main()
