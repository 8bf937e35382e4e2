# SPDX-License-Identifier: GPL-3.0-or-later
"""``value``: what acting on the forecasts would have spared in a history, and wasted, beside other ways to decide."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..progress import Progress
from .forecast import moment
from .forecast_flags import add_model
from .history_flags import add_history, open_history

NAME = "value"
HELP = "Replay adding capacity over a history: limit-hours avoided against capacity left idle, beside reacting and extrapolating."
MOST_WORKERS = 4  # each holds 0.4 GB


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `value`."""
    add_history(parser)
    parser.add_argument("--as-of", required=True, help="end of what is replayed, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--only-metric", default="if_out_bps", help="the metric whose limits are looked at (default if_out_bps)")
    parser.add_argument(
        "--limits", type=float, nargs="+", default=[0.9, 0.95], help="limits, as quantiles of the early past (default 0.9 0.95)"
    )
    parser.add_argument("--quantum", type=float, default=0.25, help="what one order adds, as a share of the limit (default 0.25)")
    parser.add_argument("--early", type=int, default=21, help="days that only teach and set the limits (default 21)")
    add_model(parser)
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    parser.add_argument("--workers", type=int, default=workers, help=f"forecasts made side by side (default: {workers} here)")
    parser.add_argument("--out", type=Path, required=True, help="folder for value.json and value.svg")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Forecast at each past midnight, play every strategy, write and return the table. Raises `InputError`."""
    as_of = moment(args.as_of)
    if not all(0 < share < 1 for share in args.limits) or args.quantum <= 0 or args.early < 1 or args.workers < 1:
        raise InputError("value: --limits lie between 0 and 1, --quantum is above 0, --early and --workers are 1 at least; correct them")
    from ..files import write_texts
    from ..value.foreseen import Given, cases_of, foresee, hourly, origins
    from ..value.picture import picture
    from ..value.summary import summarise

    history = open_history(args, as_of, progress).until(as_of)
    rows = history.demand_series
    ids = sorted(rows.loc[rows["metric"] == args.only_metric, "unique_id"])
    seen = {name: hourly(history, name) for name in ids if len(history.values(name))}
    if not seen:
        raise InputError(f"{args.history} has no samples of {args.only_metric}; name another metric with --only-metric")
    given = Given(tuple(args.limits), args.quantum)
    begins = {name: (begin, origins(begin, len(demand), args.early, given.lead)) for name, (demand, begin) in seen.items()}
    when = sorted({one for _unused, moments in begins.values() for one in moments})
    drawn = foresee(history, when, given.horizon, args.workers, partial(progress.step, "forecasts"), args.model, args.only_metric)
    cases = []
    for number, (name, (demand, begin)) in enumerate(seen.items()):
        paths = {at: drawn[at][name] for at in begins[name][1] if name in drawn[at]}
        cases += cases_of(number, demand, begin, paths, args.early, given)
    made = summarise(cases)
    answer = {
        "rows": [asdict(row) for row in made.rows],
        "distances": [asdict(one) for one in made.distances],
        "limit_hours": made.limit_hours,
        "avoidable": made.avoidable,
        "days": made.days,
    }
    drawing = f"{picture(made, 'Limit-hours avoided against waste')}\n"
    write_texts({args.out / "value.svg": drawing, args.out / "value.json": json.dumps(answer, indent=1)})
    return {"out": str(args.out), **answer}


def text(result: dict[str, Any]) -> str:
    """The strategies on the second half of the replayed days, at the thresholds settled on the first; then how far we are ahead."""
    from ..value.words import threshold_words

    lines = [f"{'strategy':<40}{'threshold':<16}{'avoided':>9}{'waste':>8}{'met':>12}{'lead h':>8}"]
    for row in result["rows"]:
        lead = "-" if row["lead_h"] is None else f"{row['lead_h']:.0f}"
        met = f"{row['met']} of {row['needs']}"
        threshold = threshold_words(row["name"], row["threshold"])
        lines.append(f"{row['name']:<40}{threshold:<16}{row['avoided']:>9.0%}{row['waste']:>8.2f}{met:>12}{lead:>8}")
    lines += [
        "Thresholds are settled on the first half of the days, all else is of the second; waste is in multiples of perfect foresight's.",
        f"{result['limit_hours']:.0f} limit-hours without action, {result['avoidable']:.0f} of them avoidable.",
    ]
    return "\n".join([*lines, "", *_distances(result["distances"])])


def _distances(distances: list[dict[str, Any]]) -> list[str]:
    """How much more the forecast avoids than each peer at its best margin for the same waste, in points of perfect foresight."""
    from ..value.words import points

    rows = [f"{one['peer']:<40}{points(one['at']):<42}{points(one['over'])}" for one in distances]
    return [f"{'forecast ahead of':<40}{'at its waste':<42}over wastes 0.25 to 2", *rows]
