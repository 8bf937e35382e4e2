# SPDX-License-Identifier: GPL-3.0-or-later
"""When a change may begin, and how a deployment is said to have ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.forestage.network.forecasting.contracts import errors_of
from ansible_collections.forestage.network.plugins.plugin_utils.deployment import document, hindrance, result_of
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.window import WindowError
from hypothesis import given
from hypothesis import strategies as st

NIGHT = {"start": "22:00", "end": "05:00", "days": ["fri"], "timezone": "Europe/Berlin"}
STATES = ("confirmed", "rolled_back", "rollback_blocked", "not_applied", "pending", "unknown")


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-06-05T20:00:00+00:00", True),  # Friday 22:00 in Berlin
        ("2026-06-05T19:59:59+00:00", False),
        ("2026-06-06T02:59:59+00:00", True),  # Saturday morning still belongs to Friday's window
        ("2026-06-06T03:00:00+00:00", False),
        ("2026-06-06T20:30:00+00:00", False),  # Saturday
        ("2026-12-04T21:30:00+00:00", True),  # winter time
        ("2026-12-04T20:30:00+00:00", False),
    ],
)
def test_a_window_over_midnight_in_its_own_time_zone(at: str, is_open: bool) -> None:
    assert (hindrance(NIGHT, None, datetime.fromisoformat(at)) == "") == is_open


def test_without_window_or_freeze_it_is_always_time() -> None:
    assert hindrance({}, "") == ""
    assert hindrance(None, None) == ""


@pytest.mark.parametrize(
    ("until", "frozen"), [("2026-06-05", False), ("2026-06-06", True), ("2026-06-05T12:00:00Z", False), ("2026-06-05T12:00:01Z", True)]
)
def test_nothing_is_deployed_during_a_freeze(until: str, frozen: bool) -> None:
    assert bool(hindrance({}, until, datetime.fromisoformat("2026-06-05T12:00:00+00:00"))) == frozen


@pytest.mark.parametrize(
    ("window", "until"),
    [
        ({"start": "22"}, ""),
        ({**NIGHT, "start": "late"}, ""),
        ({**NIGHT, "end": "24:00"}, ""),
        ({**NIGHT, "start": "2200"}, ""),
        ({"end": "05:00"}, ""),
        ({**NIGHT, "days": ["someday"]}, ""),
        ({**NIGHT, "timezone": "Moon/Base"}, ""),
        ({}, "soon"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_in_words(window: dict[str, Any], until: str) -> None:
    with pytest.raises(WindowError, match="deploy_"):
        hindrance(window, until)


def test_an_hour_that_yaml_has_read_as_a_number_is_refused() -> None:
    """22:00 without quotes is 1320, which must not become 13:20."""
    window = yaml.safe_load("{start: 22:00, end: 05:00}")
    assert window["start"] == 1320
    with pytest.raises(AnsibleFilterError, match=r"deploy_window: start 1320 is no time of day; write it in quotes as HH:MM"):
        plain(hindrance)(window, "")


@pytest.mark.parametrize("until", ["2999-12-24", "2999-12-24T12:00:00Z", "2999-12-24T12:00:00+01:00"])
def test_a_freeze_needs_no_quotes(until: str) -> None:
    assert plain(hindrance)({}, yaml.safe_load(until)).startswith("Changes are frozen until 2999-12-24")


@pytest.mark.parametrize(
    ("states", "result"),
    [
        (["confirmed", "confirmed"], "confirmed"),
        (["rolled_back", "not_applied"], "rolled_back"),
        (["not_applied"], "not_applied"),
        (["confirmed", "rollback_blocked"], "rollback_blocked"),
        (["confirmed", "rolled_back"], "rollback_blocked"),
        (["confirmed", "unknown"], "unknown"),
        (["pending"], "unknown"),
    ],
)
def test_the_result_follows_from_what_the_devices_say(states: list[str], result: str) -> None:
    assert result_of(states)[0] == result


@given(st.dictionaries(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(STATES), min_size=1))
def test_a_record_matches_its_schema_and_claims_nothing_untrue(states: dict[str, str]) -> None:
    moment = "2026-06-01T10:00:00Z"
    value = document({name: {"state": state} for name, state in states.items()}, "change-one", started_at=moment, finished_at=moment)
    assert errors_of("deployment", value) == []
    if value["result"] in ("confirmed", "not_applied"):
        assert set(states.values()) == {value["result"]}
    if value["result"] == "rolled_back":
        assert set(states.values()) <= {"rolled_back", "not_applied"}
