# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's tables in Markdown: all forecasters of a set, the best peer, the bars."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
from bootstrap import interval
from losses import Losses, against, summary

from forecasting.benchmark import BARS, SETS, TOLERANCE

OURS, REFERENCE = "Forestage", "Naive2"
COLUMNS = {"MASE": 3, "sMAPE": 2, "OWA": 3, "WQL": 4, "sWQL": 3, "MSIS": 2, "cov80": 3, "cov95": 3}
LIBRARIES = ("lightgbm", "numpy", "pandas", "statsforecast", "mlforecast", "prophet")
NOMINAL = {"cov80": 0.8, "cov95": 0.95}
ENOUGH = 20  # series x origins that a peer must have been asked to be called the best


def table(name: str, found: dict[str, Losses], seconds: dict[str, float]) -> str:
    """One set: a row for each forecaster, then the distance to the best peer and to the bars."""
    chosen = SETS[name]
    lines = [
        f"## {name}",
        "",
        chosen.file
        + (f", means of {chosen.thin} samples" if chosen.thin > 1 else "")
        + f", horizon {chosen.horizon}, {len(found[OURS]['MASE'])} of {chosen.origins} origins, season {chosen.season}"
        + (f" and {chosen.long_season}" if chosen.long_season else ""),
        "",
        "| forecaster | asked | " + " | ".join(COLUMNS) + " | CPU s |",
        "|---" * (len(COLUMNS) + 3) + "|",
    ]
    for model, own in sorted(found.items(), key=lambda item: (item[0] != OURS, summary(item[1], found[REFERENCE])["MASE"])):
        means = summary(own, found[REFERENCE])
        cells = [f"{means[metric]:.{digits}f}" if metric in means else "–" for metric, digits in COLUMNS.items()]
        asked = int(np.isfinite(own["sMAPE"]).sum())
        lines.append(f"| {model} | {asked} | " + " | ".join(cells) + f" | {seconds[model]:.0f} |")
    return "\n".join([*lines, "", *_rival(found, "MASE"), *_rival(found, "sWQL"), *_bars(name, found), ""])


def _rival(found: dict[str, Losses], metric: str) -> list[str]:
    """The peer that comes closest, or is ahead."""
    peers = {model: other for model, other in found.items() if model not in (OURS, REFERENCE) and metric in other}
    asked = {model: other for model, other in peers.items() if np.isfinite(other["sMAPE"]).sum() >= ENOUGH} or peers
    distances = {model: against(found[OURS], other, metric) for model, other in asked.items()}
    if not distances:
        return []
    best = max(distances, key=lambda model: distances[model][0])
    middle, low, high = distances[best]
    verdict = "ahead" if high < 0 else "behind" if low > 0 else "not told apart"
    return [f"- against {best}, the best peer: {metric} {middle:+.3f} (95 % interval {low:+.3f} to {high:+.3f}): {verdict}"]


def _bars(name: str, found: dict[str, Losses]) -> list[str]:
    means = summary(found[OURS], found[REFERENCE])
    lines = []
    for metric, wanted in BARS.get(name, {}).items():
        value, digits = means[metric], COLUMNS[metric]
        verdict = "meets" if value <= wanted else f"misses by {value - wanted:.{digits}f}"
        lines.append(f"- {metric} {value:.{digits}f}, bar {wanted}: {verdict}")
    for metric, nominal in NOMINAL.items():
        value, allowed = means[metric], TOLERANCE[name]
        low, high = interval(found[OURS][metric])
        good = abs(value - nominal) <= allowed or low <= nominal <= high
        verdict = "meets" if good else f"misses by {abs(value - nominal) - allowed:.3f}"
        lines.append(f"- {metric} {value:.3f} (95 % interval {low:.3f} to {high:.3f}), bar {nominal} ± {allowed}: {verdict}")
    return lines


def page(tables: dict[str, str], missing: list[str], failed: list[str], sample: int) -> str:
    """The whole document; it grows set by set, and names what is still `missing`."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    command = shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]])
    head = [
        "# Benchmark",
        "",
        f"Written by `{command}` (`make benchmark`) on {datetime.now(UTC):%Y-%m-%d}: Python {platform.python_version()}, {libraries};",
        f"{os.cpu_count()} cores, {platform.machine()}. One default configuration for all sets.",
        "",
        f"*asked*: series × origins. AutoETS, AutoTheta and MSTL were asked of {sample} evenly spread series of each origin, AutoARIMA and",
        f"Prophet of {max(sample // 4, 1)}; AutoARIMA not of seasons above 24 steps (hours for a series); statsforecast's models saw the",
        "latest 5000 steps (one AutoETS of 18,000 takes more than ten minutes). A sampled peer's row is of its own series: compare it by",
        "the paired difference, not by the column; the best peer is the one with the smallest difference among",
        f"those asked at least {ENOUGH} times. OWA is against Naive2 on the same series. The paired",
        "interval is a bootstrap over series and origins. mlforecast gives point forecasts only.",
        "",
    ]
    pending = [f"Not measured yet: {', '.join(missing)}.", ""] if missing else []
    faults = ["## What failed", "", *(f"- {fault}" for fault in failed), ""] if failed else []
    return "\n".join([*head, *pending, *tables.values(), *faults])
