# SPDX-License-Identifier: GPL-3.0-or-later
"""``report``: the Provisioning Forecast and what came of it, as one self-contained HTML page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..progress import Progress

NAME = "report"
HELP = "Write one self-contained HTML page: forecast, pictures, queue, verdicts, outcomes, calibration."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's flags."""
    parser.add_argument("--provisioning", type=Path, required=True, help="provisioning_forecast.json, of this engine or another")
    parser.add_argument("--history", type=Path, help="history as for forecast; without it pictures show the fan alone")
    parser.add_argument("--mapping", type=Path, help="what the series of a plain table are")
    parser.add_argument("--ledger", type=Path, help="prediction ledger with outcomes, one JSON entry a line")
    parser.add_argument("--calibration", type=Path, help="calibration.json; made from the ledger when not given")
    parser.add_argument("--jobs", type=Path, help="the queue's jobs with their documents, a JSON list")
    parser.add_argument("--out", type=Path, required=True, help="the HTML file to write")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Read, build, write. Raises `InputError` or `ContractError`; then nothing was written."""
    from ..files import write_text
    from ..report.inputs import read
    from ..report.page import build

    progress.step("read", 0, 2)
    given = read(args.provisioning, args.history, args.mapping, args.ledger, args.jobs, args.calibration)
    progress.warnings(given.history.warnings if given.history else ())
    progress.step("write", 1, 2)
    page = build(given)
    write_text(args.out, page)
    progress.step("write", 2, 2)
    return {"out": str(args.out), "recommendations": len(given.forecast["recommendations"]), "bytes": len(page.encode())}


def text(result: dict[str, Any]) -> str:
    """The result in words."""
    return f"{result['out']}: {result['recommendations']} recommendations, {result['bytes'] / 1000:.0f} kB"
