# SPDX-License-Identifier: GPL-3.0-or-later
"""``backtest``: how good the forecasts of one's own history would have been."""

from __future__ import annotations

import argparse
from typing import Any

from ..progress import Progress
from .forecast import moment
from .forecast_flags import add_forecast, how
from .history_flags import add_history, open_history

NAME = "backtest"
HELP = "Measure how good past forecasts of a history would have been."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `backtest`."""
    add_history(parser)
    parser.add_argument("--as-of", required=True, help="end of the last forecast, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--horizon", default="7d", help="how far ahead each forecast looks (default 7d)")
    parser.add_argument("--origins", type=int, default=3, help="how many cut-offs, one horizon apart (default 3)")
    add_forecast(parser)


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Forecast from past cut-offs and compare with what came."""
    as_of = moment(args.as_of)
    from ..backtest import backtest

    return backtest(
        open_history(args, as_of, progress),
        as_of=as_of, horizon=args.horizon, origins=args.origins, progress=progress, **how(args),
    )  # fmt: skip


def text(result: dict[str, Any]) -> str:
    """The result as a table."""
    lines = [f"{'series':<44} {'MASE':>7} {'sMAPE':>7} {'cov80':>6} {'cov95':>6}  models"]
    rows = [*result["series"], {"unique_id": "all", "models": "", **result["overall"]}]
    for row in rows:
        numbers = " ".join(f"{'-' if row[key] is None else format(row[key], '.3f'):>7}" for key in ("mase", "smape", "cover80", "cover95"))
        lines.append(f"{row['unique_id']:<44} {numbers}  {row['models']}")
    return "\n".join(lines)
