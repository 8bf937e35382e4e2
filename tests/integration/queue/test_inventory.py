# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue as an inventory: devices in groups, in their order, beside the user's own hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from tests.support import memory
from tests.support import queue_values as values

OWN = {"all": {"hosts": {"core-a1": {"ansible_host": "192.0.2.1"}, "idle": {}}, "children": {"routers": {"hosts": {"core-a1": {}}}}}}


@pytest.fixture
def folder():
    with memory.folder() as path:
        yield path


def fill(folder: Path, **settings) -> None:
    """Three jobs on two devices, and the files of two inventories."""
    store = Store.open(str(folder / "queue.db"), create=True)
    qos = {"template": "qos_event", "kind": "qos", "parameters": {"interface": "eth1"}}
    entries = [
        values.recommendation("core-a1", "eth1", severity="critical"),
        values.recommendation("core-a1", "eth2", change=qos, confidence=0.2),
        values.recommendation("edge-b1", site="b 2/x"),
    ]
    store.ingest(values.forecast(*entries), actor="robot")
    wish = values.request("leaf-a1", reason="{{ lookup('pipe', 'id') }} for the customer.")
    store.request(wish, actor="ann", now=values.T0)
    source = {"plugin": "forestage.network.queue", "queue_url": str(folder / "queue.db"), "as_of": "2026-03-02T08:00:00Z", **settings}
    (folder / "queue.yml").write_text(yaml.safe_dump(source))
    (folder / "hosts.yml").write_text(yaml.safe_dump(OWN))


def inventory(folder: Path, *options: str, sources: tuple[str, ...] = ("queue.yml",)) -> subprocess.CompletedProcess[str]:
    command = ["ansible-inventory", *(part for source in sources for part in ("-i", str(folder / source))), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def plain(value):
    """Undo the marks that say: not to be templated."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def test_devices_carry_their_jobs_and_merge_with_the_users_own_hosts(folder: Path) -> None:
    fill(folder, fields=["change_id", "object", "priority", "reason"])
    done = inventory(folder, "--list", sources=("hosts.yml", "queue.yml"))
    assert done.returncode == 0, done.stderr
    raw = json.loads(done.stdout)
    found = plain(raw)
    hosts = found["_meta"]["hostvars"]
    assert hosts["core-a1"]["ansible_host"] == "192.0.2.1"
    assert [job["object"] for job in hosts["core-a1"]["forestage_jobs"]] == ["eth1", "eth2"]
    assert hosts["core-a1"]["forestage_rank"] == 1
    assert sorted(job["rank"] for host in hosts.values() for job in host.get("forestage_jobs", [])) == [1, 2, 3, 4]
    assert found["routers"]["hosts"] == ["core-a1"]
    assert found["forestage_queue"]["hosts"][0] == "core-a1"
    assert "idle" not in found["forestage_queue"]["hosts"]
    members = {name: found[name]["hosts"] for name in ("change_capacity", "change_qos_event", "site_b_2_x", "priority_critical")}
    assert sorted(members["change_capacity"]) == ["core-a1", "edge-b1", "leaf-a1"]
    assert members["change_qos_event"] == members["priority_critical"] == ["core-a1"]
    assert members["site_b_2_x"] == ["edge-b1"]
    wish = raw["_meta"]["hostvars"]["leaf-a1"]["forestage_jobs"][0]["reason"]
    assert wish == {"__ansible_unsafe": "{{ lookup('pipe', 'id') }} for the customer."}


def test_what_comes_from_the_queue_is_never_run_as_a_template(folder: Path) -> None:
    fill(folder, fields=["reason"])
    show = {"hosts": "leaf-a1", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "{{ forestage_jobs[0].reason }}"}}]}
    (folder / "play.yml").write_text(yaml.safe_dump([show]))
    command = ["ansible-playbook", "-i", str(folder / "queue.yml"), "-c", "local", str(folder / "play.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "{{ lookup('pipe', 'id') }} for the customer." in done.stdout
    assert "uid=" not in done.stdout


def test_only_the_states_that_are_asked_for(folder: Path) -> None:
    fill(folder, states=["awaiting_approval"])
    done = inventory(folder, "--graph")
    assert "core-a1" not in done.stdout
    assert "@forestage_queue:" in done.stdout


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"queue_url": "nowhere/queue.db"}, "there is no queue at"),
        ({"fields": ["secret"]}, "no field secret"),
        ({"as_of": "soon"}, "is not a time"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_sentence(folder: Path, settings: dict, sentence: str) -> None:
    fill(folder, **settings)
    done = inventory(folder, "--graph")
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_inventory_imports_no_analytics(root: Path) -> None:
    check = (
        "import sys; from ansible.plugins.loader import init_plugin_loader, inventory_loader; "
        f"init_plugin_loader(['{root}/.cache/collections']); assert inventory_loader.get('forestage.network.queue'); "
        "print([name for name in ('pandas', 'numpy', 'sklearn', 'statsmodels', 'lightgbm', 'alembic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
