# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the artifact, and that it works where it cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

EXAMPLES = "tests/unit/boundaries/examples"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - forestage.network.queue_migrate: {state: present}
    - forestage.network.job_request: {forecast: "{{ file }}"}
    - forestage.network.job_request:
        device: edge-a1
        object: eth3
        change: {template: capacity, kind: capacity, parameters: {interface: eth3, rate_mbit: 40}}
        reason: The new office moves in on Monday.
    - forestage.network.job_info: {}
      register: found
    - ansible.builtin.assert: {that: found.jobs | length == 2}
"""


@pytest.fixture
def env(installed_collection: Path, tmp_path: Path) -> dict[str, str]:
    given = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHONPATH"))}
    own = {"ANSIBLE_COLLECTIONS_PATH": str(installed_collection), "ANSIBLE_HOME": str(tmp_path / "ansible"), "HOME": str(tmp_path)}
    return {**given, **own, "ANSIBLE_LOCALHOST_WARNING": "false", "FORESTAGE_QUEUE_URL": str(tmp_path / "queue.db")}


def run(command: list[str], env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def test_the_artifact_holds_the_collection_and_nothing_of_the_workshop(collection_tarball: Path) -> None:
    with tarfile.open(collection_tarball) as tar:
        names = tar.getnames()
    wanted = {"forecasting/__main__.py", "plugins/plugin_utils/engine.py", "playbooks/provision.yml", "meta/execution-environment.yml"}
    assert wanted <= set(names)
    unwanted = (".venv", ".cache", ".git/", ".ci", "tools/", "tests/output", "build/", "pyproject.toml")
    assert [name for name in names if name.startswith(unwanted) or "__pycache__" in name or name.endswith(".pyc")] == []


def test_a_forecast_and_a_request_enter_the_queue_from_the_installed_collection(env: dict[str, str], tmp_path: Path, root: Path) -> None:
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    given = {"file": str(root / EXAMPLES / "provisioning_forecast.json"), "forestage_as_of": "2026-03-02T00:00:00Z"}
    done = run(["ansible-playbook", "play.yml", "-e", json.dumps(given)], env, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["forecast", "provision", "feedback", "site", "queue_migrate"])
def test_every_playbook_is_found_by_its_full_name(env: dict[str, str], tmp_path: Path, name: str) -> None:
    done = run(["ansible-playbook", "--syntax-check", f"forestage.network.{name}"], env, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_playbook_without_its_variables_says_which(env: dict[str, str], tmp_path: Path) -> None:
    done = run(["ansible-playbook", "forestage.network.forecast", "-e", "forestage_history=nowhere"], env, tmp_path)
    assert done.returncode != 0
    assert "missing required arguments: forestage_policies" in done.stdout + done.stderr
    assert not (tmp_path / "queue.db").exists()
