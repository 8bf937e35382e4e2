# SPDX-License-Identifier: GPL-3.0-or-later
"""``anomalies``: what in a history was out of the ordinary, seen as it would have been seen then."""

from __future__ import annotations

import argparse
from typing import Any

from ..progress import Progress
from .forecast import moment
from .history_flags import add_history, open_history

NAME = "anomalies"
HELP = "Tell what in a history was out of the ordinary: since when, what, by how much."
WIDTHS = "{:<44} {:<20} {:<20} {:<12} {:>5}  {}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `anomalies`."""
    add_history(parser)
    parser.add_argument("--as-of", required=True, help="the moment to look from, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--last", default="7d", help="how far back an anomaly is told (default 7d)")
    parser.add_argument("--least", type=float, default=0.55, help="score from which it is told (default 0.55; from 0.6 never seen before)")
    parser.add_argument("--only-metric", nargs="+", action="extend", default=[], metavar="METRIC", help="watch only these metrics")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Watch every series of the history up to the moment."""
    as_of = moment(args.as_of)
    from ..anomalies.survey import survey

    history = open_history(args, as_of, progress)
    return survey(history, as_of=as_of, last=args.last, only_metric=args.only_metric, listed=args.least, progress=progress)


def text(result: dict[str, Any]) -> str:
    """The result as a table."""
    found = result["anomalies"]
    lines = [f"{result['series']} series watched; {len(found)} anomalies in the last {result['last']} before {result['as_of']}"]
    if found:
        lines.append(WIDTHS.format("series", "since", "seen", "kind", "score", "size"))
    lines += [WIDTHS.format(*(item[key] for key in ("unique_id", "start", "seen", "kind", "score", "words"))) for item in found]
    lines += [f"left out: {item['unique_id']!r}: {item['reason']}" for item in result["left_out"]]
    return "\n".join(lines)
