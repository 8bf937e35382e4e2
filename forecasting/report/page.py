# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the page together: every value goes through Jinja's escaping, every picture is an inline SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup

from ..contracts import parse_time
from ..contracts.durations import spoken
from ..reliability import reliability
from ..units import day, digits, moment, percent, quantity
from . import words
from .inputs import Inputs
from .picture import picture
from .reliability import bins_of, diagram
from .scene import scene

FOLDER = Path(__file__).parent
FINISHED = frozenset({"verified", "reverted", "withdrawn", "superseded", "expired", "rejected", "failed_staging", "rolled_back"})
SOON_DAYS = 7
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
MOST_OUTCOMES = 15
UNIT_GAP = re.compile(r"(?<=\d) (?=[%A-Za-z])")


def build(given: Inputs) -> str:
    """The whole page as HTML text."""
    places = FileSystemLoader(FOLDER / "templates")
    environment = Environment(loader=places, autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "percent": percent, "digits": digits, "change": words.change, "plain": _plain, "result_words": _result_words,
        "sentence": _sentence, "moment": lambda text: moment(parse_time(text)), "day": lambda text: day(parse_time(text)),
    }  # fmt: skip
    environment.globals |= {"words": words, "quantity": quantity}
    style = Markup((FOLDER / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return environment.get_template("page.html.j2").render(style=style, **_context(given))


def _context(given: Inputs) -> dict[str, Any]:
    forecast = given.forecast
    as_of = parse_time(forecast["as_of"])
    horizon = spoken(forecast["horizon_s"]) if "horizon_s" in forecast else ""
    items = [_item(rank, value, given) for rank, value in enumerate(forecast["recommendations"], 1)]
    measured = [entry for entry in given.ledger if entry.get("outcome")]
    learnt = given.calibration or (reliability(given.ledger, _last(given.ledger)) if measured else None)
    scores = learnt["overall"]["p_calibrated"] if learnt else None
    return {
        "as_of": forecast["as_of"],
        "year": as_of.year,
        "horizon": horizon,
        "engine": forecast["engine"],
        "items": items,
        "lead": _lead(items, as_of, horizon),
        "figures": _figures(items, given.jobs, measured, as_of),
        "jobs": given.jobs,
        "deployed": [job for job in given.jobs if _document(job, "deployment")],
        "outcomes": sorted(measured, key=_news, reverse=True)[:MOST_OUTCOMES],
        "more_outcomes": max(0, len(measured) - MOST_OUTCOMES),
        "counts": {name: sum(entry["outcome"]["needed"] == name for entry in measured) for name in ("needed", "not_needed", "unknown")},
        "scores": scores,
        "learnt": learnt,
        "diagram": diagram(bins_of(scores)) if scores else "",
        "autonomy": forecast.get("autonomy", []),
        "left_out": forecast.get("left_out", []),
        "warnings": forecast.get("warnings", []),
    }


def _item(rank: int, value: Mapping[str, Any], given: Inputs) -> dict[str, Any]:
    """One recommendation with its picture and the job that came of it."""
    return {
        "rank": rank,
        "value": value,
        "due_now": parse_time(value["needed_by"]) <= parse_time(value["as_of"]),
        "picture": picture(scene(value, given.history)),
        "job": _job_of(value, given.jobs),
    }


def _job_of(value: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """By recommendation; else by device, object and template, the latest."""
    same = [job for job in jobs if job.get("recommendation_id") == value["recommendation_id"]]
    key = (value["device"], value["object"], value["change"]["template"])
    alike = [job for job in jobs if (job["device"], job["object"], job["change"]["template"]) == key and job["origin"] == "recommendation"]
    found = same or sorted(alike, key=lambda job: str(job["updated_at"]))
    return found[-1] if found else None


def _document(job: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = (job.get("documents") or {}).get(kind)
    return found


def _lead(items: Sequence[Mapping[str, Any]], as_of: datetime, horizon: str) -> str:
    """The page in one sentence."""
    count = len(items)
    if not count:
        return f"Nothing is forecast to be needed{f' in the next {horizon}' if horizon else ''}."
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    changes = f"{number} change{'s are' if count > 1 else ' is'} forecast to be needed{f' in the next {horizon}' if horizon else ''}"
    first = min(items, key=lambda item: str(item["value"]["needed_by"]))
    now = sum(bool(item["due_now"]) for item in items)
    if now:
        return f"{changes}; {NUMBERS[now].lower() if now < len(NUMBERS) else now} of them {'are' if now > 1 else 'is'} due now."
    return f"{changes}; the first, on {first['value']['device']}, by {moment(parse_time(first['value']['needed_by']))}."


def _figures(
    items: Sequence[Mapping[str, Any]], jobs: Sequence[Mapping[str, Any]], measured: Sequence[Mapping[str, Any]], as_of: datetime
) -> list[tuple[str, str]]:
    """The few numbers at the top: value and what it is."""
    soon = sum((parse_time(item["value"]["needed_by"]) - as_of).days < SOON_DAYS for item in items)
    found = [(str(len(items)), "recommendations"), (str(soon), f"needed within {SOON_DAYS} days")]
    if jobs:
        verdicts = [verdict for job in jobs if (verdict := _document(job, "verdict"))]
        passed = sum(verdict["result"] == "passed" for verdict in verdicts)
        found.append((str(sum(job["state"] not in FINISHED for job in jobs)), "jobs open in the queue"))
        found.append((f"{passed} of {len(verdicts)}", "rehearsals passed"))
        found.append((str(sum(job["state"] in ("verified", "reverting", "reverted") for job in jobs)), "deployed and verified"))
    known = [entry for entry in measured if entry["outcome"]["needed"] != "unknown"]
    if known:
        found.append((f"{sum(entry['outcome']['needed'] == 'needed' for entry in known)} of {len(known)}", "decided forecasts were needed"))
    return found


def _news(entry: Mapping[str, Any]) -> tuple[bool, str, float]:
    """What was recommended comes first, then the newest, then the surest."""
    return entry.get("recommendation_id") is not None, str(entry["as_of"]), float(entry["p_calibrated"])


def _last(ledger: Sequence[Mapping[str, Any]]) -> datetime:
    return max(parse_time(entry["outcome"]["measured_at"]) for entry in ledger if entry.get("outcome"))


def _plain(value: Any) -> str:
    """A parameter as text: lists and mappings flattened to what a person reads."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(child)}" for key, child in value.items())
    if isinstance(value, list):
        return "; ".join(_plain(child) for child in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sentence(text: str) -> str:
    """Numbers stay with their units at a line's end."""
    return UNIT_GAP.sub("\N{NO-BREAK SPACE}", text)


def _result_words(text: str) -> str:
    return text.replace("_", " ")
