# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules, as a playbook uses them."""

from __future__ import annotations

import getpass
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from tests.support import memory
from tests.support import queue_values as values
from tests.support.queue_work import fingerprint, finish, put, stage, step


def play(folder: Path, *tasks: dict[str, Any], options: tuple[str, ...] = (), **variables: Any) -> list[dict[str, Any]]:
    """Run tasks on the controller; what each returned, failed or not."""
    numbered = [{**task, "register": f"result_{number}", "ignore_errors": True} for number, task in enumerate(tasks)]
    keep = {"ansible.builtin.copy": {"content": "{{ results }}", "dest": str(folder / "results.json")}, "check_mode": False, "diff": False}
    results = "[" + ", ".join(f"result_{number}" for number in range(len(tasks))) + "]"
    keep["vars"] = {"results": "{{ " + results + " | ansible.builtin.to_json }}"}
    settings = {
        "forestage_queue_url": str(folder / "queue.db"),
        "forestage_worker": "w1",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        **variables,
    }
    book = [{"hosts": "localhost", "gather_facts": False, "vars": settings, "tasks": [*numbered, keep]}]
    (folder / "play.yml").write_text(yaml.safe_dump(book, sort_keys=False))
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,core-a1,r1,r2,r3,r4", str(folder / "play.yml"), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return list(json.loads((folder / "results.json").read_text()))


def task(module: str, **arguments: Any) -> dict[str, Any]:
    return {f"forestage.network.{module}": arguments}


@pytest.fixture
def folder():
    with memory.folder() as path:
        yield path


BLACKHOLE = {"template": "blackhole", "kind": "security", "parameters": {"prefix": "203.0.113.0/24"}}
WISH = {
    "device": "core-a1",
    "object": "eth3",
    "change": values.capacity("eth3", 40),
    "reason": "A new customer starts on Monday {{ 'now' }}.",
}


def test_a_persons_request_goes_its_way(folder: Path) -> None:
    found = play(
        folder,
        task("queue_migrate", state="present"),
        task("queue_migrate", state="present"),
        task("job_request", **WISH),
        task("job_request", **WISH),
        task("job_claim", limit=1),
        task("job_update", change_id="{{ result_2.job.change_id }}", state="staged", documents={"verdict": "{{ paper }}"}),
        task("job_update", change_id="{{ result_2.job.change_id }}", state="awaiting_approval"),
        task("job_update", change_id="{{ result_2.job.change_id }}", state="approved"),
        task("job_update", change_id="no-such-change", state="withdrawn"),
        task("job_info", gather=["jobs", "history", "chain", "stopped", "unfinished", "change_log"], documents=True),
        paper="{{ " + json.dumps(values.verdict("CHANGE")) + " | combine({'change_id': result_2.job.change_id}) }}",
    )
    assert [result["changed"] for result in found[:7]] == [True, False, True, False, True, True, True]
    assert found[4]["jobs"][0]["lease"]["worker"] == "w1"
    assert "someone else must" in found[7]["msg"]
    assert found[7]["failed"]
    assert "no change no-such-change" in found[8]["msg"]
    info = found[9]
    assert info["jobs"][0]["requester"] == getpass.getuser()
    assert info["jobs"][0]["documents"]["verdict"]["result"] == "passed"
    assert info["chain"]["intact"]
    assert info["stopped"] is None
    assert [row["to_state"] for row in info["history"][info["jobs"][0]["change_id"]]] == [
        "queued",
        "claimed",
        "staged",
        "awaiting_approval",
    ]


def test_check_mode_reports_and_changes_no_row(folder: Path) -> None:
    store = Store.open(str(folder / "queue.db"), create=True)
    waiting, other = put(store, values.recommendation("r1", mode="approve"), values.recommendation("r2"))
    stage(store, waiting)
    step(store, waiting, "awaiting_approval")
    (folder / "forecast.json").write_text(json.dumps(values.forecast(values.recommendation("r3"), engine="other")))
    before = fingerprint(folder / "queue.db")
    found = play(
        folder,
        task("queue_migrate", state="latest"),
        task("job_request", **WISH),
        task("job_request", forecast=str(folder / "forecast.json")),
        task("job_claim", limit=5),
        task("job_update", change_id=other, state="staged", lease_s=60),
        task("job_update", change_id=other, put_down=True),
        task("job_update", change_id=waiting, state="approved"),
        task("job_update", change_id=other, device_says="confirmed"),
        task("job_update", release_held=True),
        task("queue_stop", why="test"),
        task("job_info"),
        options=("--check", "--diff"),
        forestage_as_of="2026-03-02T08:00:00Z",
    )
    assert [result.get("msg") for result in found if result["failed"]] == []
    assert [job["change_id"] for job in found[3]["jobs"]] == [other]
    assert found[4]["diff"] == {"before": {"state": "queued"}, "after": {"state": "staged"}}
    assert len(found[2]["report"]["added"]) == 1
    assert [found[number]["changed"] for number in (0, 1, 2, 3, 4, 6, 7, 9)] == [False, True, True, True, True, True, True, True]
    assert fingerprint(folder / "queue.db") == before


@pytest.mark.parametrize("trusted", [False, True])
def test_an_extra_variable_names_nobody_unless_the_administrator_says_that_awx_sets_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    for name, value in {"JOB_ID": "1", "AWX_HOST": "x", **({"FORESTAGE_TRUST_AWX_USER": "true"} if trusted else {})}.items():
        monkeypatch.setenv(name, value)
    store = Store.open(str(folder / "queue.db"), create=True)
    found = play(
        folder,
        task("job_request", **WISH, mode="auto"),
        task("job_info"),
        options=("-e", "awx_user_name=bea awx_job_launch_type=manual FORESTAGE_TRUST_AWX_USER=true"),
    )
    (job,) = store.jobs()
    assert job["requester"] == ("bea" if trusted else getpass.getuser())
    assert job["mode"] == "approve"
    assert "Nobody allows their own change" in found[0]["warnings"][0]


def test_what_is_overdue_is_listed_and_warned_of(folder: Path) -> None:
    store = Store.open(str(folder / "queue.db"), create=True)
    lifetime = {"permanent": False, "revert_at": "2026-03-03T08:00:00Z"}
    (change,) = put(store, values.recommendation("r1", lifetime=lifetime))
    finish(store, change, inverse=values.capacity(rate=20))
    found = play(folder, task("job_info", gather=["overdue"], as_of="2026-03-04T08:00:00Z"), task("job_info", gather=["overdue"]))
    for result in found:
        assert [line["change_id"] for line in result["overdue"]] == [change]
        assert "should have been taken back at 2026-03-03T08:00:00Z" in result["warnings"][0]


def test_nothing_is_claimed_from_a_queue_that_was_altered(folder: Path) -> None:
    put(Store.open(str(folder / "queue.db"), create=True), values.recommendation("r1"))
    with sqlite3.connect(folder / "queue.db") as connection:
        connection.execute("UPDATE forestage_job SET approved_by = 'boss'")
    connection.close()
    claimed, audit = play(folder, task("job_claim"), task("job_info", gather=["chain"]))
    assert claimed["failed"]
    assert "was altered outside the queue; nothing is taken from it before it is restored" in claimed["msg"]
    assert not audit["chain"]["intact"]


def test_bad_input_gets_one_sentence(folder: Path) -> None:
    (folder / "empty.db").touch()
    (folder / "list.json").write_text("[1]")
    (folder / "broken.json").write_text("{")
    Store.open(str(folder / "queue.db"), create=True)
    found = play(
        folder,
        task("job_info", queue_url=str(folder / "missing.db")),
        task("job_info", queue_url=str(folder / "empty.db")),
        task("job_info", queue_url="postgresql://planner:hunter2@127.0.0.1:9/forestage"),
        task("job_info", as_of="yesterday"),
        task("job_request", forecast=str(folder / "missing.json")),
        task("job_request", forecast=str(folder / "list.json")),
        task("job_request", forecast=str(folder / "broken.json")),
        task("job_request", **{**WISH, "object": "eth0; reboot"}),
        task("job_request", **{**WISH, "change": {**WISH["change"], "template": "capcity"}}),
        task("job_request", **{**WISH, "change": {**WISH["change"], "kind": "qos"}}),
        task("job_request", **{**WISH, "change": values.capacity("eth3", "30; reboot")}),
        task("job_request", **{**WISH, "device": "core-a9"}),
        task("job_request", **{**WISH, "change": BLACKHOLE}),
        task("job_request", **{**WISH, "change": BLACKHOLE, "revert_at": "2099-01-01T00:00:00Z"}),
        task("job_request", **WISH, policies=str(folder / "list.json")),
        task("job_claim", worker=""),
        forestage_worker="",
    )
    said = [
        "there is no queue",
        "is empty (0 bytes)",
        "planner:***@",
        "is not a time",
        "cannot be read",
        f"the forecast {folder}/list.json: the value: [1] is not",
        "is not JSON",
    ]
    said += ["object: 'eth0; reboot'", "no change template 'capcity'", "makes changes of kind capacity", "parameter rate_mbit"]
    said += ["core-a9 is not in the inventory", "a blackhole must have an end", "more than 7 days after its start"]
    said += [f"{folder}/list.json: the value: [1] is not", "name of the worker"]
    for result, sentence in zip(found, said, strict=True):
        assert result["failed"]
        assert sentence in result["msg"]
        assert "\n" not in result["msg"]
        assert "Traceback" not in json.dumps(result)
    assert not (folder / "missing.db").exists()


@pytest.mark.parametrize("name", ["job_request", "job_claim", "job_update", "job_info", "queue_migrate", "queue_stop"])
def test_every_option_of_a_module_is_documented_and_the_other_way_round(name: str) -> None:
    import importlib

    base = "ansible_collections.forestage.network.plugins"
    shared = importlib.import_module(f"{base}.plugin_utils.queue_action").QUEUE_ARGUMENTS
    fragment = yaml.safe_load(importlib.import_module(f"{base}.doc_fragments.queue").ModuleDocFragment.DOCUMENTATION)["options"]
    action = importlib.import_module(f"{base}.action.{name}").ActionModule
    documented = yaml.safe_load(importlib.import_module(f"{base}.modules.{name}").DOCUMENTATION).get("options", {})
    _same({**shared, **action.ARGUMENTS}, {**fragment, **documented})


def _same(arguments: dict[str, Any], documented: dict[str, Any]) -> None:
    assert set(arguments) == set(documented)
    for name, argument in arguments.items():
        text = documented[name]
        for key in ("type", "choices", "default", "elements", "required"):
            assert argument.get(key) == text.get(key), (name, key)
        if "options" in argument:
            _same(argument["options"], text["suboptions"])
