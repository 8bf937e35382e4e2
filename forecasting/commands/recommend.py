# SPDX-License-Identifier: GPL-3.0-or-later
"""``recommend``: policies on a forecast → the Provisioning Forecast, and the ledger entries to judge it by."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from ..contracts import check
from ..errors import InputError
from ..progress import Progress
from .forecast import moment
from .history_flags import add_history, open_history

NAME = "recommend"
HELP = "Evaluate a policy catalogue on a history: the ranked Provisioning Forecast, and a ledger entry for every pair."
PROVISIONING, LEDGER = "provisioning_forecast.json", "ledger.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's flags."""
    add_history(parser)
    parser.add_argument("--policies", type=Path, required=True, help="policy catalogue, YAML")
    parser.add_argument("--as-of", required=True, help="cut-off, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--forecast", type=Path, help="folder of a finished forecast; made here when not given")
    parser.add_argument("--ledger", type=Path, help="past ledger entries with outcomes, one JSON value a line; calibrate, and carry auto")
    parser.add_argument("--running", type=Path, help="JSON: device → facts of its running state")
    parser.add_argument("--change-log", type=Path, help="past jobs, one JSON value a line, for dwell, weekly limits and auto")
    parser.add_argument("--templates", type=Path, help="folder of the template catalogue (default: the collection's own)")
    parser.add_argument("--seed", type=int, default=0, help="of the forecast (default 0)")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {PROVISIONING} and {LEDGER}")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Read everything, evaluate, write. Raises `InputError` or `ContractError`; then nothing was written."""
    as_of = moment(args.as_of)
    from ..calibration import EMPTY, calibrate
    from ..ledger import read_ledger, read_lines
    from ..outlook import Outlook
    from ..planning import outlooks
    from ..policies import load, read_templates
    from ..recommend import Round, recommend

    templates = read_templates(args.templates) if args.templates else read_templates()
    catalogue = load(args.policies, templates)
    running = _running(args.running) if args.running else {}
    change_log = [record for _unused, record in read_lines(args.change_log)] if args.change_log else []
    past = read_ledger(args.ledger) if args.ledger else []
    calibration = calibrate(past, as_of) if past else EMPTY
    given = Outlook.read(args.forecast) if args.forecast else None
    history = open_history(args, as_of, progress).until(as_of)
    found = outlooks(catalogue, history, as_of, progress, args.seed) if given is None else lambda policy: given
    asked = Round(as_of, catalogue, templates, history, found, running, change_log, calibration, past)
    result = recommend(asked, lambda done, total: progress.step("recommend", done, total))
    _write(args.out, result.forecast, result.ledger)
    progress.warnings(result.forecast["warnings"])
    return {
        "out": str(args.out),
        "provisioning": str(args.out / PROVISIONING),
        "ledger": str(args.out / LEDGER),
        "recommendations": len(result.forecast["recommendations"]),
        "evaluated": len(result.ledger),
        "left_out": result.forecast["left_out"],
    }


def _running(path: Path) -> dict[str, Any]:
    """Device facts by device name."""
    from ..report.inputs import read_json

    value = read_json(path)
    if not isinstance(value, dict) or not all(isinstance(facts, dict) for facts in value.values()):
        raise InputError(f"{path} must be a JSON object of facts by device")
    for device in value:
        check("checked_text", {"device": device}, f"{path} device {device!r}")
    return value


def _write(out: Path, forecast: dict[str, Any], ledger: list[dict[str, Any]]) -> None:
    from ..files import write_texts

    for entry in ledger:
        check("ledger_entry", entry, f"ledger entry of {entry['unique_id']}")
    lines = "".join(json.dumps(entry, allow_nan=False) + "\n" for entry in ledger)
    write_texts({out / LEDGER: lines, out / PROVISIONING: json.dumps(forecast, indent=1, allow_nan=False) + "\n"})


def text(result: dict[str, Any]) -> str:
    """The ranked table, as wide as the terminal."""
    from ..report.inputs import read_json
    from ..report.table import render

    return render(read_json(Path(result["provisioning"])), shutil.get_terminal_size((120, 24)).columns)
