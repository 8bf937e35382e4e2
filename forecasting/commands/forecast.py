# SPDX-License-Identifier: GPL-3.0-or-later
"""``forecast``: history → quantiles, paths and how they came about."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ..contracts import parse_time
from ..errors import InputError
from ..progress import Progress
from .forecast_flags import add_forecast, how
from .history_flags import add_history

NAME = "forecast"
HELP = "Forecast every series of a history from a cut-off on."
ENGINES = ("local", "dask")
MODELS_HELP = "folder for what the series taught, to use it again for up to 7 days; then any number is forecast as more than 4000 are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `forecast`."""
    add_history(parser)
    parser.add_argument("--as-of", required=True, help="cut-off, for example 2026-11-23T00:00:00Z")
    parser.add_argument("--horizon", default="14d", help="how far ahead (default 14d)")
    add_forecast(parser)
    parser.add_argument("--models", type=Path, help=MODELS_HELP)
    parser.add_argument("--engine", choices=ENGINES, default="local", help="what forecasts: this machine or a Dask cluster (default local)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster, for example tcp://127.0.0.1:8786")
    parser.add_argument("--out", type=Path, required=True, help="folder for forecast.parquet, forecast.json and paths.parquet")


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Forecast and write the files; more than a few thousand series part by part, and any number with ``--models`` or on a cluster."""
    with _engine(args) as engine:
        return _run(args, progress, engine)


def _engine(args: argparse.Namespace) -> AbstractContextManager[Any]:
    """What forecasts the parts, None for this machine."""
    if args.engine == "local":
        if args.scheduler:
            raise InputError("--scheduler is used with --engine dask only; add that, or leave --scheduler out")
        return nullcontext()
    if not args.scheduler:
        raise InputError("--engine dask needs the address of its scheduler; add --scheduler, for example tcp://127.0.0.1:8786")
    from ..cluster import connected

    return connected(args.scheduler)


def _run(args: argparse.Namespace, progress: Progress, engine: Any) -> dict[str, Any]:
    as_of = moment(args.as_of)
    from ..history import History
    from ..many import forecast_to_folder, opened
    from ..pipeline import forecast

    past = opened(args.history, args.mapping, as_of, in_parts=bool(args.models or engine))
    if not isinstance(past, History):
        given = how(args) | {"as_of": as_of, "horizon": args.horizon, "models": args.models}
        given |= {"engine": engine} if engine else {}
        meta, count = forecast_to_folder(past, args.out, progress=progress, **given)
        models = {one["model"]: count for one in meta["learnt"]} if len(meta["learnt"]) == 1 else {}
        return _told(args.out, meta, count, models)
    made = forecast(past, as_of=as_of, horizon=args.horizon, progress=progress, **how(args))
    made.write(args.out)
    chosen = [item["model"] for item in made.meta["series"]]
    return _told(args.out, made.meta, len(chosen), {name: chosen.count(name) for name in sorted(set(chosen))})


def _told(out: Path, meta: dict[str, Any], series: int, models: dict[str, int]) -> dict[str, Any]:
    return {"out": str(out), "as_of": meta["as_of"], "series": series, "models": models, "left_out": meta["left_out"]}


def moment(text: str) -> Any:
    """The cut-off as an aware datetime; an unreadable one is the user's to mend."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise InputError(f"--as-of: {error}") from None


def text(result: dict[str, Any]) -> str:
    """The result in words."""
    models = ", ".join(f"{name} {count}" for name, count in result["models"].items())
    lines = [f"{result['series']} series forecast from {result['as_of']} (largest share: {models}); written to {result['out']}"]
    lines += [f"left out: {item['unique_id']!r}: {item['reason']}" for item in result["left_out"]]
    return "\n".join(lines)
