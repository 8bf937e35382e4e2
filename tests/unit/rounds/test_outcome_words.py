# SPDX-License-Identifier: GPL-3.0-or-later
"""A person reads what was said, what came, and how much that proves."""

from __future__ import annotations

from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.rounds.outcome_words import outcomes_in_words

ENTRY = {"entry_id": "entry-0001", "policy": "uplink-capacity", "device": "edge-a1", "object": "eth3", "p_calibrated": 0.83}
OUTCOME = {"entry_id": "entry-0001", "needed": "not_needed", "change_id": None, "reason": "demand stayed below the limit"}


def _calibration(**overall: Any) -> dict[str, Any]:
    return {"entries": 4, "matured": 1, "overall": {"p_calibrated": overall} if overall else None}


def test_each_outcome_stands_beside_what_was_said() -> None:
    said = outcomes_in_words([OUTCOME], [ENTRY], _calibration(effective_n=1.0, ece=0.83, ece_interval=[0.1, 0.9], brier=0.69))
    assert "83%" in said
    assert "not needed" in said
    assert "1 of 4 predictions have matured, effective n 1.0; calibration error 0.830 (95 % interval 0.100 to 0.900)" in said


def test_nothing_matured_is_said_and_not_scored() -> None:
    assert "none has matured" in outcomes_in_words([], [ENTRY], _calibration())
    assert "the model's own" in outcomes_in_words([OUTCOME], [ENTRY], _calibration())
