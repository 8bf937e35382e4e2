# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress is for a person at a terminal; a log holds none of it."""

from __future__ import annotations

import pytest
from ansible.utils.display import Display
from ansible_collections.forestage.network.plugins.plugin_utils import announcer
from ansible_collections.forestage.network.plugins.plugin_utils.announcer import Announcer


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is displayed, by work that has already taken long."""
    lines: list[str] = []
    monkeypatch.setattr(announcer, "QUIET_FOR", 0.0)
    monkeypatch.setattr(Display(), "verbosity", 0)
    monkeypatch.setattr(Display(), "display", lines.append)
    return lines


def test_a_log_holds_no_progress(said: list[str]) -> None:
    Announcer(Display(), at_terminal=False).progress("forecast", 1, 2)
    assert said == []


def test_a_person_at_a_terminal_sees_one_line_now_and_then(said: list[str]) -> None:
    shown = Announcer(Display(), at_terminal=True)
    shown.progress("forecast", 1, 3)
    shown.progress("forecast", 2, 3)
    assert said == ["  forecast: 1 of 3"]


def test_work_that_is_soon_done_shows_nothing(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "QUIET_FOR", 2.0)
    Announcer(Display(), at_terminal=True).progress("forecast", 1, 2)
    assert said == []


def test_more_verbosity_brings_progress_into_a_log(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Display(), "verbosity", 1)
    Announcer(Display(), at_terminal=False).progress("forecast", 1, 2)
    assert said == ["  forecast: 1 of 2"]
