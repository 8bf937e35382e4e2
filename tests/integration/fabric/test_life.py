# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every fabric, built by root or by an ordinary user."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Seen = dict[str, Any]


@pytest.fixture(scope="module", params=["whoever runs the tests", "an ordinary user"])
def seen(request: pytest.FixtureRequest, root: Path, specification: Path) -> Seen:
    arguments = [str(Path(__file__).parent / "life.py"), str(root / ".cache" / "collections"), f"life-{uuid.uuid4().hex[:8]}"]
    arguments.append(str(specification))
    if request.param == "an ordinary user":
        run: Callable[[list[str]], subprocess.CompletedProcess[str]] = request.getfixturevalue("as_ordinary_user")
        done = run(arguments)
    else:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value: Seen = json.loads(done.stdout.splitlines()[-1])
    if request.param == "an ordinary user":
        assert value["userns"]
    return value


def test_routers_are_up_and_know_their_routes(seen: Seen) -> None:
    assert seen["hostname"] == "left"
    assert seen["converged"] == [True, True]
    assert seen["ping"] == 0
    assert seen["shaped"]


def test_creating_it_again_changes_nothing(seen: Seen) -> None:
    assert seen["again_is_the_same"]


def test_the_machines_own_network_is_left_alone(seen: Seen) -> None:
    assert seen["outside_unchanged"]


def test_two_fabrics_with_the_same_addresses_are_both_reached_over_ssh(seen: Seen) -> None:
    assert seen["ssh"] == [0, "left"]
    assert seen["twin_by_ssh"] == [0, "left"]


def test_ssh_refuses_a_device_with_another_host_key(seen: Seen) -> None:
    assert seen["ssh_with_the_twins_host_keys"] == 255


def test_sudo_allows_what_sudoers_allows_and_nothing_else(seen: Seen) -> None:
    assert seen["sudo"] == [0, "forestage\nroot\nrefused"]


def test_a_routers_files_are_its_own(seen: Seen) -> None:
    assert seen["mine"] == "mine"
    assert seen["seen_elsewhere"] == [False, False, False]
    assert not seen["machine_written"]
    assert not seen["machines_passwords"]
    assert not seen["processes_of_others"]


def test_a_restart_keeps_the_disk_and_loses_what_the_kernel_knew(seen: Seen) -> None:
    assert seen["other_init"]
    assert seen["lost"][:2] == ["", ""]
    assert "No such file" in seen["lost"][2]
    assert seen["kept"] == ["mine", "/root/kept"]
    assert seen["neighbour_keeps_interface"]
    assert seen["converged_again"]


def test_secrets_are_for_their_owner_only(seen: Seen) -> None:
    assert sorted(seen["modes"].values()) == [0o600, 0o600, 0o700]


def test_removal_leaves_nothing_and_touches_no_other_fabric(seen: Seen) -> None:
    assert seen["left_over"] == []
    assert seen["twin_lives"] == "right"
