# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python -m forecasting <command>``. Only dispatches; each command is a module of its own."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from .contracts import ContractError
from .errors import InputError
from .files import leave_no_drafts, require_place
from .progress import JsonLines, Progress, Words

COMMANDS = ("forecast", "recommend", "outcome", "replay", "value", "backtest", "benchmark", "simulate", "report", "anomalies")
# Waiting threads must sleep: where cores are shared, spinning at the barriers costs several times the work itself.
THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
BUG, BAD_INPUT = 1, 2


class Command(Protocol):
    """What a module in ``commands/`` offers. Its heavy imports belong inside `run`.

    A module may also have ``text(result: dict) -> str``: the result in words.
    """

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own flags."""

    def run(self, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
        """Do the work and return the result as plain JSON values. Raises `InputError` for bad input."""


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns 0, 2 for bad input, 1 for a bug."""
    for variable, value in THREADS.items():
        os.environ.setdefault(variable, value)
    arguments = sys.argv[1:] if argv is None else argv
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    commands = {name: _load(name) for name in ((wanted,) if wanted in COMMANDS else COMMANDS)}
    args = _parser(commands).parse_args(arguments)
    return _run(commands[args.command], args, JsonLines() if args.json else Words())


def _load(name: str) -> Command:
    return cast(Command, import_module(f".commands.{name}", __package__))


def _parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m forecasting", description="Forecasts what a network will need.")
    parser.set_defaults(json=False)
    kinds = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in commands.items():
        sub = kinds.add_parser(name, help=command.HELP, description=command.HELP)
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="write JSON lines instead of text")
        command.add_arguments(sub)
    return parser


def _run(command: Command, args: argparse.Namespace, progress: Progress) -> int:
    try:
        if isinstance(getattr(args, "out", None), Path):
            require_place(args.out)
        result = command.run(args, progress)
    except (InputError, ContractError) as error:
        progress.error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        progress.error("stopped by the user; nothing was written")
        return BUG
    except Exception as error:
        traceback.print_exc()
        progress.error(f"a bug in forecasting {command.NAME}: {type(error).__name__}: {error}")
        return BUG
    as_text = getattr(command, "text", _plain)
    progress.result(result, as_text(result))
    return 0


def _plain(result: dict[str, Any]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in result.items())


if __name__ == "__main__":
    leave_no_drafts()
    sys.exit(main())
