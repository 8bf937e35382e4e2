# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a confidence of 70 % needed seven times in ten? Calibration error and Brier skill on rolling origins of public data.

Usage: python tests/benchmarks/confidence.py [--sets isp1h,abi12] [--period development|test] [--keep FOLDER] [--picture FILE.svg]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from confidence_cases import DEVELOPMENT, INTERVAL_S, LIMITS, PARTS, PEERS, TEST, together  # noqa: E402
from confidence_scores import Sure, bins, clusters, error, error_if_perfect, skill  # noqa: E402

from forecasting.benchmark import SETS, data_folder  # noqa: E402
from forecasting.calibration import calibrate  # noqa: E402
from forecasting.contracts import parse_time, to_text  # noqa: E402
from forecasting.errors import InputError  # noqa: E402
from forecasting.files import write_text  # noqa: E402
from forecasting.progress import Words  # noqa: E402

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RARE = 0.05
RARE_EDGES = (0.0, 0.02, 0.05, 0.1, 0.3, 1.0)
EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
PERIODS = {"development": DEVELOPMENT, "test": TEST}


def main() -> int:
    """Measure and print; 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(INTERVAL_S), help="bandwidth sets, comma-separated (default: all)")
    parser.add_argument("--period", choices=list(PERIODS), default="test", help="judged on; test also learns from development")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="origins forecast side by side (default: all cores)")
    parser.add_argument("--keep", type=Path, help="folder where forecasts are kept and found again")
    parser.add_argument("--picture", type=Path, help="also draw the reliability diagram into this SVG file")
    options = parser.parse_args()
    progress = Words()
    try:
        names = _names(options.sets)
        with tempfile.TemporaryDirectory() as scratch:
            keep = options.keep or Path(scratch)
            periods = [DEVELOPMENT] if options.period == "development" else [DEVELOPMENT, TEST]
            rows = pd.concat([together(names, keep, options.workers, progress.step, back) for back in periods], ignore_index=True)
        rows = learnt(rows)
        judged = rows[rows["period"] == PERIODS[options.period]]
        progress.result({}, report(judged, names))
        if options.picture:
            from confidence_picture import picture

            whole = judged[judged["part"] == 1.0]
            write_text(options.picture, f"{picture({'before learning': bins(whole, 'p', EDGES), 'after': bins(whole, 'learnt', EDGES)})}\n")
    except InputError as wrong:
        progress.error(str(wrong))
        return 2
    return 0


def _names(text: str) -> list[str]:
    data_folder()
    names = text.split(",")
    for name in names:
        if name not in INTERVAL_S:
            raise InputError(f"{name!r} is no bandwidth set; choose from {', '.join(INTERVAL_S)}")
    return names


def learnt(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a column `learnt`: each calibrated by the product with what had matured by its origin, and nothing later.

    Each set is a network of its own, with its own ledger; each limit is a policy.
    """
    made = []
    for (name, _part), group in rows.groupby(["set", "part"], sort=False):
        entries = [_entry(row, float(row["part"])) for row in group.to_dict("records")]
        for moment, place in group.groupby("moment", sort=True).indices.items():
            now = BEGIN + timedelta(seconds=float(moment))
            known = calibrate([entry for entry in entries if parse_time(entry["matures_at"]) <= now], now)
            part = group.iloc[place]
            stated = [known.judge(limit, name, p).confidence for limit, p in zip(part["limit"], part["p"], strict=True)]
            made.append(part.assign(learnt=stated))
    return pd.concat(made, ignore_index=True)


def _entry(row: dict[str, Any], part: float) -> dict[str, Any]:
    """A row as the ledger has it."""
    made = BEGIN + timedelta(seconds=float(row["moment"]))
    ahead = timedelta(seconds=part * SETS[row["set"]].horizon * INTERVAL_S[row["set"]])
    return {
        "unique_id": row["series"], "policy": row["limit"], "group": row["set"], "as_of": to_text(made),
        "matures_at": to_text(made + ahead), "p_raw": row["p"], "outcome": {"needed": "needed" if row["came"] else "not_needed"},
    }  # fmt: skip


def report(rows: pd.DataFrame, names: list[str]) -> str:
    """All tables."""
    whole = rows[rows["part"] == 1.0]
    groups = {name: whole[whole["set"] == name] for name in names} | ({"all": whole} if len(names) > 1 else {})
    lines = [f"Limits: {', '.join(LIMITS)}, of what was seen before the first origin. Intervals: 95 %, events drawn anew.", ""]
    lines += [f"{'set':<8}{'rows':>6}{'events':>8}{'came':>7}{'error before':>24}{'after':>24}{'if perfect':>12}"]
    for name, part in groups.items():
        before, after = error(part, "p"), error(part, "learnt")
        seen = f"{len(part):>6}{len(np.unique(clusters(part))):>8}{part['came'].mean():>7.3f}"
        lines.append(f"{name:<8}{seen}{_sure(before):>24}{_sure(after):>24}{error_if_perfect(part, 'p'):>12.3f}")
    lines += ["", f"{'Brier skill above':<10}"]
    lines += [f"{'set':<8}{'':<8}" + "".join(f"{peer:>24}" for peer in PEERS)]
    for name, part in groups.items():
        for words, column in (("before", "p"), ("after", "learnt")):
            lines.append(f"{name:<8}{words:<8}" + "".join(f"{_sure(skill(part, column, peer)):>24}" for peer in PEERS))
    return "\n".join([*lines, "", *_horizons(rows), "", *_rare(whole, groups)])


def _horizons(rows: pd.DataFrame) -> list[str]:
    lines = [f"{'within':<8}{'came':>7}{'stated':>8}{'learnt':>8}{'error before':>24}{'after':>24}{'skill, climatology':>24}"]
    for part in PARTS:
        some = rows[rows["part"] == part]
        means = f"{some['came'].mean():>7.3f}{some['p'].mean():>8.3f}{some['learnt'].mean():>8.3f}"
        ends = "".join(f"{_sure(one):>24}" for one in (error(some, "p"), error(some, "learnt"), skill(some, "learnt", "climatology")))
        lines.append(f"{f'{part:.0%} of h':<8}{means}{ends}")
    return lines


def _rare(whole: pd.DataFrame, groups: dict[str, pd.DataFrame]) -> list[str]:
    """Limits that the series passed in fewer than 5 % of its past windows."""
    head = f"{'set':<8}{'rows':>6}{'came':>7}{'stated':>8}{'learnt':>8}{'error before':>24}{'after':>24}{'skill, climatology':>24}"
    lines = [f"Rare: crossed in fewer than {RARE:.0%} of past windows", head]
    for name, part in groups.items():
        rare = part[part["climatology"] < RARE]
        if len(rare):
            means = f"{len(rare):>6}{rare['came'].mean():>7.3f}{rare['p'].mean():>8.3f}{rare['learnt'].mean():>8.3f}"
            ends = "".join(f"{_sure(one):>24}" for one in (error(rare, "p"), error(rare, "learnt"), skill(rare, "learnt", "climatology")))
            lines.append(f"{name:<8}{means}{ends}")
    rare = whole[whole["climatology"] < RARE]
    for item in bins(rare, "learnt", RARE_EDGES):
        lines.append(f"  stated {item['stated']:.3f}: came {item['came']:.3f} ({item['low']:.3f} to {item['high']:.3f}) of {item['n']}")
    return lines


def _sure(found: Sure) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    sys.exit(main())
