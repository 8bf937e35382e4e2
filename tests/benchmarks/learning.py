# SPDX-License-Identifier: GPL-3.0-or-later
"""Does it learn? Twelve weekly rounds of a closed loop on generated networks: forecast, recommend, upgrade, measure, calibrate.

Usage: python tests/benchmarks/learning.py [--seeds 6] [--rounds 12] [--model default] [--workers 2]
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import pandas as pd  # noqa: E402
from learning_loop import SHARES, run  # noqa: E402
from learning_scores import report  # noqa: E402

from forecasting.progress import Words  # noqa: E402


def main() -> int:
    """Run the loops, print what changed from round to round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6, help="generated networks (default 6)")
    parser.add_argument("--rounds", type=int, default=12, help="weekly rounds (default 12)")
    parser.add_argument("--model", default="seasonal_trend,seasonal_naive_week", help="to choose among; `default`: the usual ones")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="networks run side by side (default: all cores)")
    options = parser.parse_args()
    progress = Words()
    model = None if options.model == "default" else options.model
    with ProcessPoolExecutor(options.workers) as pool:
        waiting = [pool.submit(run, seed, options.rounds, model) for seed in range(options.seeds)]
        for done, _unused in enumerate(as_completed(waiting), 1):
            progress.step("networks", done, options.seeds)
        made = [future.result() for future in waiting]
    losses = pd.concat([loop.losses for loop in made], ignore_index=True)
    stated = pd.concat([loop.stated for loop in made], ignore_index=True)
    size = f"{losses['series'].nunique()} links each, {len(SHARES)} limits a link"
    head = f"{options.seeds} networks, {size}, {options.rounds} rounds, {options.model}"
    progress.result({}, f"{head}\n\n{report(losses, stated, made[0].entries, made[0].end)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
