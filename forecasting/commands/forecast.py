# SPDX-License-Identifier: GPL-3.0-or-later
"""``forecast``: history → quantiles, paths and how they came about."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contracts import parse_time
from ..errors import InputError
from ..progress import Progress
from .history_flags import add_history

NAME = "forecast"
HELP = "Forecast every series of a history from a cut-off on."
MODEL_HELP = "use this model instead, or choose among several by back-test: names with commas between, the first is the default"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `forecast`."""
    add_history(parser)
    parser.add_argument("--as-of", required=True, help="cut-off, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--horizon", default="14d", help="how far ahead (default 14d)")
    parser.add_argument("--interval", default="auto", help="native, or a step like 1h to average to (default: native up to 2d, else 1h)")
    parser.add_argument("--only-metric", nargs="+", action="extend", default=[], metavar="METRIC", help="forecast only these metrics")
    parser.add_argument("--model", help=MODEL_HELP)
    parser.add_argument("--seed", type=int, default=0, help="of training and paths (default 0)")
    parser.add_argument("--out", type=Path, required=True, help="folder for forecast.parquet, paths.parquet and forecast.json")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Forecast and write the three files."""
    as_of = moment(args.as_of)
    from ..history import load_history
    from ..pipeline import forecast

    made = forecast(
        load_history(args.history, args.mapping, as_of),
        as_of=as_of, horizon=args.horizon, interval=args.interval, only_metric=args.only_metric,
        model=args.model, seed=args.seed, progress=progress,
    )  # fmt: skip
    made.write(args.out)
    models = [item["model"] for item in made.meta["series"]]
    return {
        "out": str(args.out),
        "as_of": made.meta["as_of"],
        "series": len(models),
        "models": {name: models.count(name) for name in sorted(set(models))},
        "left_out": made.meta["left_out"],
    }


def moment(text: str) -> Any:
    """The cut-off as an aware datetime; an unreadable one is the user's to mend."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise InputError(f"--as-of: {error}") from None


def text(result: dict[str, Any]) -> str:
    """The result in words."""
    models = ", ".join(f"{name} {count}" for name, count in result["models"].items())
    lines = [f"{result['series']} series forecast from {result['as_of']} ({models}); written to {result['out']}"]
    lines += [f"left out: {item['unique_id']!r}: {item['reason']}" for item in result["left_out"]]
    return "\n".join(lines)
