# SPDX-License-Identifier: GPL-3.0-or-later
"""How a forecast is to be made: the flags of every command that makes some."""

from __future__ import annotations

import argparse
from typing import Any

MODEL_HELP = "use this model instead, or choose among several by back-test: names with commas between, the first is the default"


def add_forecast(parser: argparse.ArgumentParser) -> None:
    """Declare ``--interval``, ``--only-metric``, ``--model`` and ``--seed``."""
    parser.add_argument("--interval", default="auto", help="native, or a step like 1h to average to (default: native up to 2d, else 1h)")
    parser.add_argument("--only-metric", nargs="+", action="extend", default=[], metavar="METRIC", help="forecast only these metrics")
    add_model(parser)
    parser.add_argument("--seed", type=int, default=0, help="of training and paths (default 0)")


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare ``--model``."""
    parser.add_argument("--model", help=MODEL_HELP)


def how(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags of `add_forecast` say, as the arguments of `pipeline.forecast`."""
    return {"interval": args.interval, "only_metric": args.only_metric, "model": args.model, "seed": args.seed}
