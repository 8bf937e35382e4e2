# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own changes: which series each moved, when, and how what it hides can be estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..contracts import check
from ..errors import InputError
from .bounds import seconds
from .measurements import Measurements

ESTIMATORS = {
    "capacity": "direct", "te_cost": "conserved_sum", "drain": "conserved_sum", "qos_event": "counter", "filter": "counter",
    "rate_limit": "counter", "blackhole": "none", "bgp_neighbor": "none", "device_baseline": "none",
}  # fmt: skip
BY_EFFECT = {"limit": "direct", "share": "conserved_sum", "protected": "counter", "removed": "counter"}
DONE = ("deployed", "verified", "reverting", "reverted")
RATES = {"if_out_octets": "if_out_bps", "if_in_octets": "if_in_bps"}


@dataclass(frozen=True)
class Span:
    """A change on one series from `first` to `last` (seconds since 1970, exclusive; None: still in force)."""

    change_id: str
    template: str
    estimator: str
    first: float
    last: float | None
    before: float | None
    after: float | None

    def touches(self, first: float, last: float) -> bool:
        """True when it was made within (first, last): a change made earlier belongs to what the forecast knew."""
        return first <= self.first < last


@dataclass(frozen=True)
class Job:
    """A finished or abandoned job of the queue, as far as learning needs it."""

    change_id: str
    recommendation_id: str | None
    device: str
    object: str
    template: str
    state: str
    result: str | None
    at: float | None
    inverse_of: str | None = None

    @property
    def took_effect(self) -> bool:
        """True when the change was confirmed on the device."""
        return self.state in DONE and self.result in (None, "confirmed")


def jobs_of(lines: Iterable[tuple[int, Mapping[str, Any]]], source: str) -> list[Job]:
    """Read jobs (schema job, with their documents) or bare deployments (schema deployment), one a line.

    Raises:
        InputError: for a line that is neither.
        ContractError: for one that breaks its schema.
    """
    found = []
    for number, value in lines:
        where = f"{source} line {number}"
        if value.get("schema") == "forestage/job/1":
            check("job", value, where)
            found.append(_from_job(value))
        elif value.get("schema") == "forestage/deployment/1":
            check("deployment", value, where)
            found.append(Job(value["change_id"], None, "", "", "", "deployed", value["result"], _finished(value)))
        else:
            raise InputError(f"{where} is neither a job nor a deployment ({value.get('schema')!r}); export the jobs again")
    return found


def _from_job(value: Mapping[str, Any]) -> Job:
    deployment = (value.get("documents") or {}).get("deployment")
    result, at = (deployment["result"], _finished(deployment)) if deployment else (None, None)
    return Job(
        value["change_id"], value.get("recommendation_id"), value["device"], value["object"], value["change"]["template"],
        value["state"], result, at, value.get("inverse_of"),
    )  # fmt: skip


def _finished(deployment: Mapping[str, Any]) -> float:
    return seconds(deployment["finished_at"])


def spans_of(known: Measurements, jobs: Iterable[Job]) -> dict[str, list[Span]]:
    """The changes that moved each series, in order of time. What the history records outweighs what jobs say."""
    table = known.history.interventions
    recorded = set() if table.empty else set(table["change_id"])
    made = [job for job in jobs if job.took_effect and job.at is not None and job.template and job.change_id not in recorded]
    taken_back = {job.inverse_of: job.at for job in made if job.inverse_of}
    spans: dict[str, list[Span]] = {}
    if not table.empty:
        for unique_id, rows in table.sort_values("ds", kind="stable").groupby("unique_id"):
            records: Any = rows.to_dict("records")
            spans[_demand_id(str(unique_id))] = _recorded(records)
    for job in made:
        if job.inverse_of or job.at is None:
            continue
        span = Span(job.change_id, job.template, ESTIMATORS.get(job.template, "none"), job.at, taken_back.get(job.change_id), None, None)
        for unique_id in _moved_by(known, job):
            spans.setdefault(unique_id, []).append(span)
    return {unique_id: sorted(found, key=lambda span: span.first) for unique_id, found in spans.items()}


def _recorded(rows: list[dict[str, Any]]) -> list[Span]:
    """Spans from rows in order of time: a row that restores what an open one changed closes it."""
    spans: list[Span] = []
    for row in rows:
        before, after = _number(row.get("before")), _number(row.get("after"))
        undone = next((n for n, span in enumerate(spans) if span.last is None and _restores(span, row, after)), None)
        if undone is not None:
            spans[undone] = replace(spans[undone], last=seconds(row["ds"]))
            continue
        template = str(row.get("template") or "")
        estimator = BY_EFFECT.get(str(row.get("effect")), ESTIMATORS.get(template, "none"))
        if template == "blackhole":
            estimator = "none"
        spans.append(Span(str(row["change_id"]), template, estimator, seconds(row["ds"]), None, before, after))
    return spans


def _restores(span: Span, row: Mapping[str, Any], after: float | None) -> bool:
    return span.template == row.get("template") and span.before is not None and span.before == after


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _demand_id(unique_id: str) -> str:
    """The demand series that a counter stands for."""
    head, _unused, metric = unique_id.rpartition("|")
    return f"{head}|{RATES[metric]}" if metric in RATES else unique_id


def _moved_by(known: Measurements, job: Job) -> list[str]:
    """Demand series that a job without a record of its effect moved: those of its object, and of the same cuts where it shifts traffic."""
    rows = known.history.demand_series
    own = rows[(rows["device"] == job.device) & (rows["object"] == job.object)]
    names = [str(name) for name in own["unique_id"]]
    if ESTIMATORS.get(job.template) == "conserved_sum":
        names += [member for name in names for member in known.cut_members(name) if member not in names]
    return names
