# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine lacks is said in one sentence with the mend."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import FabricError, check_spec, preflight
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.inside import userns

ROUTER = {"kind": "router", "mgmt": "192.0.2.1", "config": {"frr": "hostname r1\n", "nft": "", "qos": {}}}
SPEC: dict[str, Any] = {"nodes": {"r1": ROUTER, "h1": {"kind": "host"}}}
PACKAGES = {"vtysh": "frr", "nft": "nftables", "sshd": "openssh-server", "sudo": "sudo", "newuidmap": "uidmap", "ip": "iproute2"}


@pytest.mark.parametrize(("program", "package"), PACKAGES.items())
def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, program: str, package: str) -> None:
    monkeypatch.setattr(preflight.shutil, "which", lambda name, path: None if name == program else f"/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(FabricError, match=f"the program {program} is missing; install the package {package} "):
        preflight.check_machine(check_spec(SPEC))


def test_hosts_alone_need_no_router_software(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "which", lambda name, path: None if name in ("vtysh", "sshd", "nft") else f"/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    host = {"kind": "host"}
    assert list(preflight.missing(check_spec({"nodes": {"one": host, "two": host}}))) == []


def test_a_shared_folder_that_is_not_there_is_named() -> None:
    plan = check_spec({"nodes": {"h1": {"kind": "host", "shares": ["/nowhere/at/all"]}}})
    assert any("node h1 shares /nowhere/at/all, which is no folder here" in lack for lack in preflight.missing(plan))


@pytest.mark.parametrize("line", ["{user}:100000:65536", "{uid}:100000:65535", "other:1:9\n{user}:5:10\n{user}:200000:70000"])
def test_a_range_that_is_wide_enough_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "subuid"
    file.write_text(line.format(user=getpass.getuser(), uid=os.getuid()) + "\n", encoding="utf-8")
    first, count = userns.subordinate_range(str(file))
    assert first in (100000, 200000)
    assert count == 65535


@pytest.mark.parametrize("text", [None, "", "other:100000:65536\n", "{user}:100000:1000\n", "{user}:x:y\n", "{user}\n"])
def test_without_such_a_range_the_command_to_get_one_is_given(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "subuid"
    if text is not None:
        file.write_text(text.format(user=getpass.getuser()), encoding="utf-8")
    with pytest.raises(OSError, match="65535 are needed; give a range, for example: sudo usermod --add-subuids"):
        userns.subordinate_range(str(file))
