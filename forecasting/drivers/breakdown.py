# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a forecast peak apart, so that its parts sum to it.

The highest step of the expected course (the median of the paths) is looked at. What events and business figures do to it is the
factor that the forecast itself put there, shared among them by Shapley's value. What remains is compared with the past
without those causes: its level eight weeks ago, what the time of day and the day of the week make of that, growth and changes
of level since. Two parts close the sum: what else the model sees, and how far the peak of the paths lies beyond the course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ..causes import Uplift, factors
from ..causes.events import clock_of
from ..contracts import errors_of
from ..entries import Entry
from ..evaluate import Evaluation
from ..grid import step_of
from ..history.table import History
from ..preparing import prepare
from ..units import day as day_words
from .course import DAYS, NEAR, Course, course_of
from .names import cause_part, hour_words
from .narrow import only
from .part import Part, main_of
from .season import season_of
from .shapley import shares

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Breakdown:
    """The parts of a peak, which sum to it; `main` is one of them, or None where nothing pushes the forecast towards the limit.

    when: the step that was looked at, on the series' own clock.
    """

    parts: tuple[Part, ...]
    main: Part | None
    when: pd.Timestamp


def breakdown(found: Evaluation, history: History, as_of: datetime) -> Breakdown:
    """Take the peak of an evaluation apart."""
    sign = 1.0 if found.policy.when.beyond == "above" else -1.0
    course = np.median(found.outlook.paths, axis=0)
    step = int(np.argmax(np.where(found.window, sign * course, -np.inf)))
    when = found.outlook.ds[step].tz_convert(str(found.row["tz"]))
    expected, peak = float(course[step]), found.crossing.peak
    entry = _entry(found, history, as_of)
    parts = _of_course(found, history, entry, step, expected, when, as_of) if entry else [Part("level", "the expected course", expected)]
    parts.append(Part("spread", "peaks beyond the expected course", peak - expected))
    return Breakdown(tuple(parts), main_of(parts, peak, sign), when)


def _entry(found: Evaluation, history: History, as_of: datetime) -> Entry | None:
    """The series' past as the forecast saw it; None where it cannot be prepared."""
    outlook, cutoff = found.outlook, pd.Timestamp(as_of).tz_convert("UTC").as_unit("ns")
    if outlook.ds[0] != cutoff:
        return None
    alone = only(history, str(found.row["unique_id"]), cutoff)
    rows = alone.series_of(unique_id=str(found.row["unique_id"]))
    own = rows["interval_s"].astype(float).fillna(outlook.interval_s)
    length = pd.Timedelta(seconds=outlook.interval_s * len(outlook.ds))
    interval = "native" if step_of(float(own.iloc[0])) == outlook.interval_s else f"{outlook.interval_s:.0f}s"
    panels = prepare(alone, rows.assign(interval_s=own), cutoff, length, interval).panels
    return panels[0].entries[0] if panels and panels[0].step_s == outlook.interval_s else None


def _of_course(
    found: Evaluation, history: History, entry: Entry, step: int, expected: float, when: pd.Timestamp, as_of: datetime
) -> list[Part]:
    """The parts of the expected course at a step."""
    place = int(entry.axis.pick[step]) if step < len(entry.axis.pick) else len(entry.axis.times) - entry.axis.known - 1
    causes = [(uplift, _factor(uplift, entry, place)) for uplift in entry.uplifts if _used(uplift, found.outlook.meta)]
    causes = [(uplift, factor) for uplift, factor in causes if factor not in (0.0, 1.0)]
    base = expected / float(np.prod([factor for _unused, factor in causes])) if causes else expected
    added = shares(base, [factor for _unused, factor in causes])
    parts = _of_past(entry, history, place, base, when)
    return parts + [cause_part(uplift, effect, history, found, when) for (uplift, _unused), effect in zip(causes, added, strict=True)]


def _factor(uplift: Uplift, entry: Entry, place: int) -> float:
    ahead = len(entry.axis.times) - entry.axis.known
    return float(factors(uplift, ahead, np.array([uplift.effect]))[0, place])


def _used(uplift: Uplift, meta: Mapping[str, Any]) -> bool:
    """Whether the forecast itself says that it used this cause."""
    if uplift.cause == "kpi":
        return any(item["unique_id"] == uplift.kind for item in meta.get("kpis", []))
    return any(item["kind"] == uplift.kind for item in meta.get("events", []))


def _of_past(entry: Entry, history: History, place: int, base: float, when: pd.Timestamp) -> list[Part]:
    """The usual of that hour, growth and changes of level, and the rest of `base`."""
    known, times, step_s = entry.axis.known, entry.axis.times, entry.axis.step_s
    clock = clock_of(times, step_s, known)
    whole = known - _since_midnight(times, known, step_s)
    season = season_of(entry.y[:whole], clock.period, clock.per_day)
    changed = _changes(history, entry, times[whole])
    course = course_of(season.levels, frozenset(changed)) if season else None
    if season is None or course is None:
        return [Part("level", "the usual", base)]
    phase = (known + place - whole) % clock.period
    day, week = season.at(phase, course.level)
    ahead = (known + place - whole) // clock.per_day + 1
    grown = course.slope * (course.days - 1 + ahead) * season.scale(phase)
    shift = course.shift * season.scale(phase)
    long = _length(course.days, known, clock.per_day)
    parts = [
        Part("level", f"the usual level, {long} ago", course.level),
        Part("day", f"the time of day, {hour_words(when)}", day),
        Part("week", f"the day of the week, {when.day_name()}", week),
        Part("growth", f"the growth of the last {long}", grown),
        _shifted(course, changed, shift, times[whole - 1]),
    ]
    rest = base - sum(part.effect for part in parts)
    return [part for part in parts if part.effect != 0.0] + [Part("other", "what else the model sees", rest)]


def _shifted(course: Course, changed: dict[int, str], effect: float, last: pd.Timestamp) -> Part:
    """The change of level, named after our own change, and dated as that was, where there was one about that day."""
    near = [back for back in changed if abs(back - course.day) <= NEAR] if course.ours else []
    back = min(near, key=lambda back: abs(back - course.day), default=course.day)
    date = day_words((last - back * DAY).to_pydatetime())
    if near:
        return Part("change", f"our change {changed[back]} of {date}", effect)
    return Part("shift", f"the change of level on {date}", effect)


def _changes(history: History, entry: Entry, midnight: pd.Timestamp) -> dict[int, str]:
    """Our own changes of this series: days back from the last one before `midnight` (0: that day) → what was changed."""
    made = history.interventions
    if made.empty:
        return {}
    mine = made[made["unique_id"] == entry.row["unique_id"]]
    found = {}
    for item in mine.to_dict("records"):
        day = item["ds"].tz_convert(entry.axis.zone).tz_localize(None).tz_localize("UTC").normalize()
        back = (midnight - day) // DAY - 1
        name = str(item["template"] if item["template"] and pd.notna(item["template"]) else item["change_id"])
        if back >= 0 and not errors_of("checked_text", {"label": name}):
            found[int(back)] = name
    return found


def _since_midnight(times: pd.DatetimeIndex, known: int, step_s: int) -> int:
    """Steps of the last, unfinished day."""
    return int((times[known] - times[known].normalize()).total_seconds() // step_s)


def _length(days: int, known: int, per_day: int) -> str:
    """How long a course of so many days is, in words that agree with those of `past`: most of a week counts as one."""
    weeks = int(min(known / (7 * per_day), DAYS / 7) + 0.5)
    return f"{weeks} weeks" if days >= 14 else f"{days} days"
