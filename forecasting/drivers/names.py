# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of a peak are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..causes import Uplift, acting
from ..contracts import errors_of
from ..evaluate import Evaluation
from ..history.table import History
from .part import Part

UNMEASURED = " (declared, not yet measured)"
BOTH = " (declared, and measured on {} past {})"


def hour_words(when: pd.Timestamp) -> str:
    """``19:00 CET``: on the series' own clock, which a reader may take for UTC if it is not named."""
    return f"{when:%H:%M %Z}"


def cause_part(uplift: Uplift, effect: float, history: History, found: Evaluation, when: pd.Timestamp) -> Part:
    """The part of an event, by its own name where one event of the kind acts at that moment, or of a business figure."""
    if uplift.cause == "kpi":
        row = history.row(uplift.kind)
        return Part("kpi", f"{row['metric']} of {row['device']} as planned", effect)
    names = {str(event["name"]) for event in acting(history.events, found.row) if _holds(event, uplift.kind, when)}
    kind, name = _safe(uplift.kind, "event"), _safe(next(iter(names), ""), "")
    called = f"the {kind} '{name[:60]}'" if name and len(names) == 1 else f"events of kind {kind}"
    return Part("event", called, effect, source_words(uplift.source, uplift.occurrences))


def _holds(event: Mapping[str, Any], kind: str, when: pd.Timestamp) -> bool:
    return bool(event["kind"] == kind and event["start"] <= when < event["end"])


def source_words(source: str, occurrences: int) -> str:
    """Behind an event's name: where its effect is known from, unless it was measured alone."""
    if source == "pooled":
        return BOTH.format(occurrences, "event" if occurrences == 1 else "events")
    return UNMEASURED if source == "declared" else ""


def _safe(text: str, instead: str) -> str:
    """A word of the calendar, unless no label may hold it."""
    return instead if not text or errors_of("checked_text", {"label": text}) else text
