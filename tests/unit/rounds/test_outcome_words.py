# SPDX-License-Identifier: GPL-3.0-or-later
"""A person reads what was said, what came, and how much that proves."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.rounds.outcome_words import outcomes_in_words

ENTRY = {"entry_id": "entry-0001", "policy": "uplink-capacity", "device": "edge-a1", "object": "eth3", "p_calibrated": 0.83}
ENTRY |= {"matures_at": "2026-11-30T00:00:00Z"}
OUTCOME = {"entry_id": "entry-0001", "needed": "not_needed", "change_id": None, "reason": "demand stayed below the limit"}
OUTCOME |= {"measured_at": "2026-11-30T00:00:00Z"}


def _calibration(**overall: Any) -> dict[str, Any]:
    return {"entries": 4, "matured": 1, "overall": {"p_calibrated": overall} if overall else None}


def test_each_outcome_stands_beside_what_was_said() -> None:
    said = outcomes_in_words([OUTCOME], [ENTRY], _calibration(effective_n=12.0, ece=0.83, ece_interval=[0.1, 0.9], brier=0.69))
    assert "83%" in said
    assert "not needed" in said
    assert "1 of 4 predictions have matured (12.0 independent events); calibration error 0.830" in said
    assert "90 % interval is 0.100 to 0.900" in said
    assert "before" not in said


def test_too_few_events_get_no_interval() -> None:
    said = outcomes_in_words([OUTCOME], [ENTRY], _calibration(effective_n=1.0, ece=0.83, ece_interval=None, brier=0.69))
    assert "interval" not in said
    assert "too few" in said


def test_a_need_that_showed_early_is_listed_and_said_not_to_count_yet() -> None:
    early = {**OUTCOME, "needed": "needed", "measured_at": "2026-11-26T00:00:00Z"}
    said = outcomes_in_words([early], [ENTRY], _calibration())
    assert "1 of these was needed before its time was over" in said
    assert "counts for calibration when it matures" in said


def test_nothing_matured_is_said_and_not_scored() -> None:
    assert "none has matured" in outcomes_in_words([], [ENTRY], _calibration())
    assert "the model's own" in outcomes_in_words([OUTCOME], [ENTRY], _calibration())
