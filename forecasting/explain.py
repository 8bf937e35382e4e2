# SPDX-License-Identifier: GPL-3.0-or-later
"""Two sentences for every recommendation: why; and when, how sure, and what happens if we wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .contracts.durations import spoken
from .drivers import Breakdown
from .drivers.names import hour_words
from .drivers.part import LASTING, LEAST_NEWS, NEWS, USUAL, Part
from .evaluate import Evaluation
from .past import Past
from .units import moment, percent, quantity, subject, unit_of, verb

LEAST_GROWTH = 0.005
SURGE = 2.0
LEAST_REST = 0.2
MOST_SAID = 4


@dataclass(frozen=True)
class Sureness:
    """A calibrated confidence and what it rests on.

    Attributes:
        raw: the share of paths that cross.
        confidence: after calibration.
        effective_n: independent outcomes that calibration rests on.
        interval: of the confidence, or None below the least n.
        pool: which outcomes: global, the policy's or the group's; ``prior`` below the least n.
    """

    raw: float
    confidence: float
    effective_n: float
    interval: tuple[float, float] | None
    pool: str


def why(found: Evaluation, past: Past, made: Breakdown) -> str:
    """One sentence: what is expected to cross which limit, and what speaks for it."""
    row, unit = found.row, unit_of(found.row)
    what = _subject(row)
    opening = f"During {found.event.name}, {what}" if found.event else what[0].upper() + what[1:]
    stay = f" for {spoken(found.policy.when.duration_s)} or more" if found.policy.when.duration_s else ""
    peak = quantity(found.crossing.peak, unit)
    reach = f"{opening} {verb(str(row['metric']))} forecast to reach {peak}, {found.policy.when.beyond} the limit of {_limit(found)}{stay}"
    lately = _event_past(found, past) if found.event else _growth(past, unit)
    parts = [part for part in (_peer(found), lately, made_of(found, made)) if part]
    return f"{'; '.join([reach, *parts])}."


def outlook(found: Evaluation, sure: Sureness, as_of: datetime, needed_by: datetime) -> str:
    """One sentence: when, how sure, and what happens if we wait."""
    due = "the change is due now" if needed_by <= as_of else f"the change is needed by {moment(needed_by)}"
    waiting = f"if we wait, expect about {_hours(found.crossing.hours_beyond)} beyond the limit until {moment(found.end)}"
    by = f", by up to {quantity(found.crossing.excess, unit_of(found.row))}" if found.crossing.excess > 0 else ""
    return f"{_first(found)}, with a confidence of {percent(sure.confidence)} ({_basis(sure)}); {due}, and {waiting}{by}."


def _first(found: Evaluation) -> str:
    """When the limit is crossed first, in words."""
    early, middle, late = (found.at(step) for step in found.crossing.first)
    first = early or found.at(found.crossing.earliest)
    if first is None:
        return "No crossing is in sight"
    if late is not None and late <= found.start:
        return "The limit is crossed already"
    if middle is None:
        return f"The first crossing may come from {moment(first)} on"
    until = moment(late) if late else f"after {moment(found.end)}"
    return f"The first crossing is expected around {moment(middle)} (80 % range: {moment(first)} to {until})"


def made_of(found: Evaluation, made: Breakdown) -> str:
    """What the peak is made of, where something new has a part in it: the usual of that hour, and the largest of what adds to it."""
    unit = unit_of(found.row)
    large = [part for part in made.parts if _worth_saying(part, found.crossing.peak)]
    if not any(part.kind in NEWS for part in large):
        return ""
    largest = sorted(large, key=lambda part: -abs(part.effect))[:MOST_SAID]
    known = "as was usual before" if any(part.kind in LASTING for part in largest) else "as is usual"
    usual = quantity(sum(part.effect for part in made.parts if part.kind in USUAL), unit)
    said = [f"{usual} {known} on a {made.when.day_name()} at {hour_words(made.when)}"]
    said += [f"{quantity(part.effect, unit)} from {part.name}{part.detail}" for part in largest]
    return f"the forecast peak is mainly made up of {', '.join(said[:-1])} and {said[-1]}"


def _worth_saying(part: Part, peak: float) -> bool:
    """Whether a part is large enough for the sentence; what is not new must be larger."""
    least = LEAST_NEWS if part.kind in NEWS else LEAST_REST
    return part.kind not in USUAL and abs(part.effect) >= least * abs(peak)


def _limit(found: Evaluation) -> str:
    limit, unit = found.policy.when.limit, unit_of(found.row)
    text = quantity(found.limit, unit)
    if limit.series and limit.share != 1.0:
        return f"{text} ({100 * limit.share:g} % of the {quantity(found.limit / limit.share, unit)} in force)"
    if limit.ratio_to and found.peer:
        return f"{text} ({limit.times:g} times {_subject(found.peer.row)})"
    return text


def _subject(row: Mapping[str, Any]) -> str:
    return subject(str(row["metric"]), str(row["device"]), str(row["object"]))


def _peer(found: Evaluation) -> str:
    also = found.policy.when.also
    if also is None or found.peer is None or found.peer.limit is None:
        return ""
    row = found.peer.row
    seen = quantity(found.peer.peak, unit_of(row))
    bound = quantity(found.peer.limit, unit_of(row))
    return f"meanwhile {row['device']} {row['object']} peaks at {seen}, {also.beyond} its bound of {bound}"


def _event_past(found: Evaluation, past: Past) -> str:
    if past.event_peak is None or past.calm_peak is None or found.event is None:
        return _declared(found)
    unit = unit_of(found.row)
    return f"past events of this kind reached {quantity(past.event_peak, unit)} against {quantity(past.calm_peak, unit)} on ordinary days"


def _declared(found: Evaluation) -> str:
    """What is known of an event whose kind has no past: nothing, or what the calendar declares."""
    listed = found.outlook.meta.get("events", [])
    told = next((item for item in listed if found.event and item["kind"] == found.event.kind and item.get("source") == "declared"), None)
    if told is None:
        return "no earlier event of this kind is on record"
    what = f"days like a {told['like'].title()}" if told.get("like") else f"an uplift of {100 * told['effect']:.0f} %"
    return f"no earlier event of this kind is on record: {what} is declared for it, not yet measured"


def _growth(past: Past, unit: str) -> str:
    if past.last_peak is None:
        return ""
    seen = f"the peak of the last seven days was {quantity(past.last_peak, unit)}"
    if past.usual and past.last_peak / past.usual >= SURGE:
        return f"{seen}, {past.last_peak / past.usual:.1f} times what was usual before"
    if past.growth is None or not past.last_peak:
        return seen
    share = past.growth / abs(past.last_peak)
    if abs(share) < LEAST_GROWTH:
        return f"{seen}, steady over {past.weeks} weeks"
    way = "growing" if share > 0 else "falling"
    return f"{seen}, {way} by {quantity(abs(past.growth), unit)} ({100 * abs(share):.1f} %) a week over {past.weeks} weeks"


def _hours(hours: float) -> str:
    return f"{max(hours, 0.1):.{0 if hours >= 10 else 1}f} h"


def _basis(sure: Sureness) -> str:
    if sure.interval is None:
        known = f"only {sure.effective_n:.0f} independent outcomes" if sure.effective_n >= 1 else "no outcome"
        return f"the share of simulated futures that cross it, not yet calibrated: {known} so far"
    low, high = sure.interval
    calibrated = f"calibrated on {sure.effective_n:.0f} independent outcomes, {percent(low)} to {percent(high)}"
    return f"{calibrated}; {percent(sure.raw)} of the simulated futures cross it"
