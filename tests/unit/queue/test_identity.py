# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody chooses the name under which they act: not with an extra variable, not in a namespace where they play root."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.identity import TRUST, acting_user

ME = pwd.getpwuid(os.getuid()).pw_name
AWX = {"JOB_ID": "17", "AWX_HOST": "https://awx.example.com"}
BEA = {"awx_user_name": "bea", "awx_job_launch_type": "manual"}


@pytest.mark.parametrize(
    "environment", [{}, AWX, {**AWX, TRUST: ""}, {**AWX, TRUST: "false"}, {TRUST: "true"}, {TRUST: "true", "JOB_ID": "1"}]
)
def test_without_the_administrators_word_an_extra_variable_names_nobody(environment: dict) -> None:
    assert acting_user({**BEA, TRUST: "true", "forestage_trust_awx_user": True}, environment) == ME


def test_with_the_administrators_word_it_is_the_user_whom_awx_has_logged_in() -> None:
    assert acting_user(BEA, {**AWX, TRUST: "true"}) == "bea"
    assert acting_user({**BEA, "awx_job_launch_type": "workflow"}, {**AWX, TRUST: "true"}) == "bea"


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {**BEA, "awx_job_launch_type": "scheduled"},
        {**BEA, "awx_job_launch_type": "webhook"},
        {**BEA, "awx_job_launch_type": "workflow", "awx_parent_job_schedule_id": 3},
        {"awx_user_name": "bea"},
        {"tower_user_name": "bea", "awx_job_launch_type": "manual"},
    ],
)
def test_a_job_that_no_person_started_is_nobodys(variables: dict) -> None:
    """For such jobs AWX sets no name, so one that is there comes from the job's own variables."""
    assert acting_user(variables, {**AWX, TRUST: "true"}) == ME


@pytest.mark.parametrize(("user_map", "sudo"), [("0 0 4294967295", True), ("0 1000 1", False), ("0 0 1", False), (None, False)])
def test_sudo_is_believed_only_where_root_is_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_map: str | None, sudo: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    file = tmp_path / "uid_map"
    if user_map is not None:
        file.write_text(f"  {user_map}\n", encoding="ascii")
    assert acting_user({}, {"SUDO_USER": "bea"}, file) == ("bea" if sudo else ME)
