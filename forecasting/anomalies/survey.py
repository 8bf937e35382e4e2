# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole history under watch: which series were out of the ordinary, since when, how, by how much."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from ..contracts import to_text
from ..contracts.durations import seconds
from ..errors import InputError
from ..history import History
from ..progress import Progress
from .lately import LEAST_SAMPLES, lately


def survey(history: History, *, as_of: datetime, last: str, only_metric: list[str], listed: float, progress: Progress) -> dict[str, Any]:
    """The anomalies that were seen, or still last, within `last` (a duration like 7d) before `as_of`, the latest first.

    `listed`: the score from which an anomaly is told. Raises `InputError`.
    """
    try:
        since = pd.Timestamp(as_of) - pd.Timedelta(seconds(last), unit="s")
    except ValueError as error:
        raise InputError(f"--last: {error}") from None
    if not 0.0 < listed <= 1.0:
        raise InputError(f"--least {listed:g} is no score; give a number above 0 and up to 1")
    rows = _rows(history, only_metric)
    found: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = list(history.left_out)
    for number, row in enumerate(rows, 1):
        samples = history.values(row["unique_id"]).loc[: pd.Timestamp(as_of)]
        if len(samples) < LEAST_SAMPLES:
            reason = f"it has {len(samples)} samples before the cut-off; {LEAST_SAMPLES} are needed"
            left_out.append({"unique_id": row["unique_id"], "reason": reason})
        else:
            found += lately(row, samples, pd.Timestamp(as_of), since, listed)
        progress.step("watching", number, len(rows))
    found.sort(key=lambda item: (item["seen"], item["score"], item["unique_id"]), reverse=True)
    return {"as_of": to_text(as_of), "last": last, "series": len(rows), "anomalies": found, "left_out": left_out}


def _rows(history: History, only_metric: list[str]) -> list[dict[str, Any]]:
    rows = history.demand_series.to_dict("records")
    known = {str(row["metric"]) for row in rows}
    for metric in only_metric:
        if metric not in known:
            raise InputError(f"--only-metric {metric}: the history has no such metric; it has {', '.join(sorted(known)) or 'none'}")
    return [{str(key): value for key, value in row.items()} for row in rows if not only_metric or row["metric"] in only_metric]
