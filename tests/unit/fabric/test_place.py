# SPDX-License-Identifier: GPL-3.0-or-later
"""Where fabrics keep their secrets, and who may make or remove one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.inside import register
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.inside.kernel import started_at
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.place import folder_of, locked, state_root


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_state_lies_in_the_users_runtime_folder(runtime: Path) -> None:
    assert state_root().is_relative_to(runtime)


def test_a_runtime_folder_that_is_not_there_is_passed_over(monkeypatch: pytest.MonkeyPatch, runtime: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / "gone"))
    assert state_root().parts[1] in ("dev", "tmp")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-x", "Lab", "x" * 49, "x\n", "{{ x }}"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(FabricError, match="is no name for a fabric"):
        folder_of(name)


def test_a_folder_open_to_others_is_refused() -> None:
    state_root().parent.mkdir(mode=0o777)
    state_root().parent.chmod(0o777)
    with pytest.raises(FabricError, match="is not a private folder of this user; remove it"), locked("lab"):
        pass


def test_a_link_in_place_of_the_folder_is_refused(runtime: Path) -> None:
    (runtime / "elsewhere").mkdir(mode=0o700)
    state_root().parent.symlink_to(runtime / "elsewhere")
    with pytest.raises(FabricError, match="is not a private folder"), locked("lab"):
        pass


def test_one_process_at_a_time_and_no_lock_file_stays(runtime: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with locked("lab"):
            order.append("second")

    with locked("lab"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert list(state_root().iterdir()) == []


def test_a_register_of_a_holder_that_has_gone_counts_for_nothing(runtime: Path) -> None:
    folder = folder_of("lab")
    folder.mkdir(parents=True)
    register.write(folder, "up", False, {"nodes": {}}, "0" * 64, {})
    assert Fabric.load("lab").name == "lab"
    file = folder / register.FILE
    file.write_text(file.read_text(encoding="utf-8").replace('"holder_started": ', '"holder_started": 1'), encoding="utf-8")
    assert register.read(folder) is None
    with pytest.raises(FabricError, match="no fabric lab is up for this user; create it first"):
        Fabric.load("lab")


def test_removing_what_is_not_there_does_nothing() -> None:
    assert not Fabric.remove("lab")


def test_a_process_that_has_ended_has_no_start() -> None:
    assert started_at(2**22 + 1) is None
    assert isinstance(started_at(1), int)
