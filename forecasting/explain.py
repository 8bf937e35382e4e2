# SPDX-License-Identifier: GPL-3.0-or-later
"""Two sentences for every recommendation: why; and when, how sure, and what happens if we wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .evaluate import Evaluation
from .past import Past
from .policies.durations import spoken
from .units import metric_words, moment, percent, quantity

LEAST_GROWTH = 0.005


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


def why(found: Evaluation, past: Past) -> str:
    """One sentence: what is expected to cross which limit, and what speaks for it."""
    row, unit = found.row, str(found.row["unit"])
    subject = metric_words(str(row["metric"]), str(row["device"]), str(row["object"]))
    when = f"During {found.event.name}, {subject}" if found.event else subject[0].upper() + subject[1:]
    verb = "are" if subject.split()[0].endswith("s") and not subject.startswith("the ") else "is"
    side = "above" if found.policy.when.beyond == "above" else "below"
    stay = f" for {spoken(found.policy.when.duration_s)} or more" if found.policy.when.duration_s else ""
    reach = f"{when} {verb} forecast to reach {quantity(found.crossing.peak, unit)}, {side} the limit of {_limit(found)}{stay}"
    parts = [part for part in (_peer(found), _event_past(found, past) if found.event else _growth(past, unit)) if part]
    return f"{reach}; {'; '.join(parts)}." if parts else f"{reach}."


def outlook(found: Evaluation, sure: Sureness, as_of: datetime, needed_by: datetime) -> str:
    """One sentence: when, how sure, and what happens if we wait."""
    early, middle, late = (found.at(step) for step in found.crossing.first)
    first = early or found.at(found.crossing.earliest)
    if first is None:
        when = "No future crosses"
    elif middle is None:
        when = f"The first crossing may come from {moment(first)} on"
    else:
        when = f"The first crossing is expected around {moment(middle)} (80 % range from {moment(first)} to {_late(late, found)})"
    due = "the change is due now" if needed_by <= as_of else f"the change is needed by {moment(needed_by)}"
    waiting = f"if we wait, expect about {_hours(found.crossing.hours_beyond)} beyond the limit until {moment(found.end)}"
    by = f", by up to {quantity(found.crossing.excess, str(found.row['unit']))}" if found.crossing.excess > 0 else ""
    return f"{when}, with a confidence of {percent(sure.confidence)} ({_basis(sure)}); {due}, and {waiting}{by}."


def drivers(found: Evaluation, past: Past, as_of: datetime) -> list[dict[str, Any]]:
    """What the forecast peak is made of, in the series' unit, the largest first; the parts add up to it."""
    parts: list[tuple[str, float]] = []
    if found.event and past.event_peak is not None and past.calm_peak is not None:
        parts = [
            ("peak on ordinary days", past.calm_peak),
            (f"{found.event.kind} {found.event.name}"[:100], past.event_peak - past.calm_peak),
        ]
    elif past.last_peak is not None:
        parts = [("peak of the last seven days", past.last_peak)]
        if past.growth is not None:
            middle = found.at(found.crossing.first[1]) or found.end
            weeks = max(0.0, (middle - as_of).total_seconds() / (7 * 86400.0))
            parts.append((f"growth over {past.weeks} weeks, carried on", past.growth * weeks))
    rest = found.crossing.peak - sum(effect for _, effect in parts)
    parts.append(("season and the model's other terms", rest))
    return [{"name": name, "effect": round(effect, 6)} for name, effect in sorted(parts, key=lambda part: -abs(part[1]))]


def _limit(found: Evaluation) -> str:
    limit, unit = found.policy.when.limit, str(found.row["unit"])
    text = quantity(found.limit, unit)
    if limit.series and limit.share != 1.0:
        return f"{text} ({100 * limit.share:g} % of the {quantity(found.limit / limit.share, unit)} in force)"
    if limit.ratio_to and found.peer:
        peer = found.peer.row
        return f"{text} ({limit.times:g} times {metric_words(str(peer['metric']), str(peer['device']), str(peer['object']))})"
    return text


def _peer(found: Evaluation) -> str:
    also = found.policy.when.also
    if also is None or found.peer is None or found.peer.limit is None:
        return ""
    row = found.peer.row
    seen = quantity(found.peer.peak, str(row["unit"]))
    bound = quantity(found.peer.limit, str(row["unit"]))
    return f"meanwhile {row['device']} {row['object']} peaks at {seen} and stays {also.beyond} its {bound}"


def _event_past(found: Evaluation, past: Past) -> str:
    if past.event_peak is None or past.calm_peak is None or found.event is None:
        return "no earlier event of this kind is on record"
    unit = str(found.row["unit"])
    return f"past events of this kind reached {quantity(past.event_peak, unit)} against {quantity(past.calm_peak, unit)} on ordinary days"


def _growth(past: Past, unit: str) -> str:
    if past.last_peak is None:
        return ""
    seen = f"the peak of the last seven days was {quantity(past.last_peak, unit)}"
    if past.growth is None or not past.last_peak:
        return seen
    share = past.growth / abs(past.last_peak)
    if abs(share) < LEAST_GROWTH:
        return f"{seen}, steady over {past.weeks} weeks"
    verb = "growing" if share > 0 else "falling"
    return f"{seen}, {verb} by {quantity(abs(past.growth), unit)} ({100 * abs(share):.1f} %) a week over {past.weeks} weeks"


def _late(late: datetime | None, found: Evaluation) -> str:
    return moment(late) if late else f"beyond {moment(found.end)}"


def _hours(hours: float) -> str:
    return f"{hours:.0f} h" if hours >= 10 else f"{hours:.1f} h"


def _basis(sure: Sureness) -> str:
    if sure.interval is None:
        return f"from the forecast's paths; {sure.effective_n:.0f} independent outcomes are too few to calibrate it"
    low, high = sure.interval
    calibrated = f"calibrated on {sure.effective_n:.0f} independent outcomes, {percent(low)} to {percent(high)}"
    return f"{calibrated}; {percent(sure.raw)} from the paths alone"
