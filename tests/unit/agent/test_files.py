# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent is root, and FRR's folder is not root's: no link there leads it elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import agent


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "shadow"
    file.write_text("root:x", encoding="utf-8")
    return file


def test_a_link_in_the_place_of_the_draft_is_not_written_through(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "frr.conf.new").symlink_to(secret)
    agent().put(tmp_path / "frr.conf", "hostname r1\n")
    assert secret.read_text(encoding="utf-8") == "root:x"
    assert (tmp_path / "frr.conf").read_text(encoding="utf-8") == "hostname r1\n"
    assert not (tmp_path / "frr.conf").is_symlink()
    assert not (tmp_path / "frr.conf.new").exists()


def test_a_link_in_the_place_of_the_file_is_not_read(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "frr.conf").symlink_to(secret)
    with pytest.raises(agent().Refused, match=r"frr\.conf is a symbolic link; put the file itself there"):
        agent().text_of(tmp_path / "frr.conf")
    assert agent().text_of(tmp_path / "none") is None


def test_the_owner_and_mode_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "frr.conf"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    agent().put(file, "new", like=file)
    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o7777) == ("new", 0o640)
