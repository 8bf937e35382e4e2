# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be read: the jobs wait in the queue, with the reason."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

BROKEN = """\
all:
  hosts:
    silent: {{ansible_host: 127.0.0.1, ansible_port: {port}, ansible_ssh_timeout: 5}}
    nowhere: {{ansible_ssh_private_key_file: "{{{{ lookup('forestage.network.fabric', 'no-such-fabric') }}}}"}}
"""
REQUEST = """\
forestage_request:
  device: {device}
  object: eth1
  change: {{template: capacity, kind: capacity, parameters: {{interface: eth1, rate_mbit: 40}}}}
  reason: It fills up.
  severity: major
"""


def play(folder: Path, name: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run one of the collection's playbooks from the folder."""
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    given = ("-i", str(folder / "hosts.yml"), "-e", f"forestage_workdir={folder / 'work'}")
    env = {**os.environ, "FORESTAGE_QUEUE_URL": str(folder / "queue.db")}
    command = [program, *given, f"forestage.network.{name}", *flags]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("device", ["silent", "nowhere"])
def test_the_job_of_a_device_that_cannot_be_read_waits_with_the_reason(device: str, tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        (tmp_path / "hosts.yml").write_text(BROKEN.format(port=closed.getsockname()[1]), encoding="utf-8")
        (tmp_path / "request.yml").write_text(REQUEST.format(device=device), encoding="utf-8")
        assert play(tmp_path, "request", "-e", f"@{tmp_path / 'request.yml'}").returncode == 0
        play(tmp_path, "provision", "-e", "forestage_mode_ceiling=auto")
    store = Store.open(str(tmp_path / "queue.db"))
    (job,) = store.jobs()
    last = store.history(job["change_id"])[-1]
    assert job["state"] == "queued"
    assert last["why"].startswith(f"{device} did not say what runs there (")
    assert ("no-such-fabric" if device == "nowhere" else "onnect") in last["why"]


def test_a_policy_file_that_cannot_be_read_ends_the_run_before_a_job_is_taken(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(BROKEN.format(port=1), encoding="utf-8")
    (tmp_path / "request.yml").write_text(REQUEST.format(device="silent"), encoding="utf-8")
    (tmp_path / "policies.yml").write_text("version: 1\n", encoding="utf-8")
    assert play(tmp_path, "request", "-e", f"@{tmp_path / 'request.yml'}").returncode == 0
    run = play(tmp_path, "provision", "-e", "forestage_policies=policies.yml")
    assert run.returncode != 0
    assert "policies.yml: the value: 'policies' is a required property" in run.stdout + run.stderr
    (job,) = Store.open(str(tmp_path / "queue.db")).jobs()
    assert (job["state"], job.get("lease")) == ("queued", None)
