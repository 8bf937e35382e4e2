# SPDX-License-Identifier: GPL-3.0-or-later
"""``benchmark``: the default configuration on public test sets, beside its peers in the same run."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from ..progress import Progress

NAME = "benchmark"
HELP = "Measure the default forecast on public test sets, beside its peers."
DEFAULT_SETS = "m4h,isp1h,abi12"
DEFAULT_PEERS = "seasonal_naive,naive,ets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `benchmark`."""
    parser.add_argument("--sets", default=DEFAULT_SETS, help=f"test sets, comma-separated (default {DEFAULT_SETS})")
    parser.add_argument("--peers", default=DEFAULT_PEERS, help=f"models to run beside it (default {DEFAULT_PEERS}; empty: none)")
    parser.add_argument("--development", action="store_true", help="cut the sets one test period earlier, for trying things out")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Measure set by set; a set's bar is met or missed, and said so."""
    from ..benchmark import BARS, measure
    from ..models import model_named

    peers = tuple(name for name in args.peers.split(",") if name)
    for name in peers:
        model_named(name)
    rows, bars = [], []
    for name in args.sets.split(","):
        found = measure(name, peers, int(args.development), partial(progress.step, name))
        rows += found
        own = next(row for row in found if row["model"] == "forestage")
        for metric, wanted in BARS[name].items():
            value = float(own[metric])
            bars.append({"set": name, "metric": metric, "value": value, "bar": wanted, "met": value <= wanted})
    return {"rows": rows, "bars": bars}


def text(result: dict[str, Any]) -> str:
    """The table, and how the bars were met."""
    columns = ["set", "model", "sMAPE", "MASE", "OWA", "WQL", "sWQL", "MSIS", "cov80", "cov95", "cpu_s"]
    widths = [8, 16] + [8] * (len(columns) - 2)
    lines = ["".join(f"{column:<{width}}" for column, width in zip(columns, widths, strict=True))]
    for row in result["rows"]:
        lines.append("".join(f"{row.get(column, '-'):<{width}}" for column, width in zip(columns, widths, strict=True)))
    for row in result["bars"]:
        lines.append(f"{row['set']}: {row['metric']} {row['value']} {'meets' if row['met'] else 'MISSES'} the bar of {row['bar']}")
    return "\n".join(lines)
