# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole loop, as `make demo` runs it: real routers, real forecasts, and a report at the end."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.forestage.network.forecasting.contracts import errors_of
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

MOST_S = 1800
LATER = datetime(2027, 1, 1, tzinfo=UTC)
AGENT = "/usr/local/sbin/forestage-agent"


@dataclass(frozen=True)
class Demo:
    """What one run left behind."""

    code: int
    text: str
    folder: Path
    root: Path
    fabric: Fabric

    @property
    def store(self) -> Store:
        return Store.open(str(self.folder / "queue.db"))

    def play(self, name: str, *flags: str) -> str:
        """Run one of the collection's playbooks on the lab as it stands; what it said."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        given = ("-i", str(self.root / "inventories/lab/hosts.yml"), "-e", f"@{self.folder / 'vars.yml'}")
        env = {**os.environ, "FORESTAGE_QUEUE_URL": str(self.folder / "queue.db")}
        command = [program, *given, f"forestage.network.{name}", *flags]
        ran = subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, timeout=600, check=False)
        assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
        return ran.stdout

    def everything(self) -> dict[str, str]:
        """A digest of all that a playbook could change: the devices, the queue's rows, the files."""
        seen: dict[str, object] = {"jobs": self.store.jobs(documents=True, now=LATER), "ledger": list(self.store.ledger())}
        seen |= {f"history of {job['change_id']}": self.store.history(job["change_id"]) for job in self.store.jobs()}
        for node in self.fabric.nodes:
            if node.startswith(("core", "edge", "leaf")):
                seen[node] = self.fabric.exec(node, [AGENT], input=b'{"protocol": 1, "op": "running"}', timeout=60).stdout
        files = [path for folder in ("history", "work") for path in (self.folder / folder).rglob("*") if path.is_file()]
        digests = {name: hashlib.sha256(repr(value).encode()).hexdigest() for name, value in seen.items()}
        return digests | {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder, name = tmp_path_factory.mktemp("demo") / "run", f"demo{os.getpid()}"
    command = [sys.executable, str(root / "demo/run.py"), "--folder", str(folder), "--fabric", name, "--keep"]
    try:
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=MOST_S, check=False, stdin=subprocess.DEVNULL)
        yield Demo(ran.returncode, ran.stdout + ran.stderr, folder, root, Fabric.load(name))
    finally:
        Fabric.remove(name)


def test_every_step_shows_what_it_is_there_to_show(demo: Demo) -> None:
    assert demo.code == 0, demo.text[-4000:]


def test_changes_of_each_kind_are_recommended(demo: Demo) -> None:
    for file in (demo.folder / "work/forecasts").glob("*/provisioning_forecast.json"):
        forecast = json.loads(file.read_text(encoding="utf-8"))
        assert errors_of("provisioning_forecast", forecast) == []
        assert {item["change"]["kind"] for item in forecast["recommendations"]} == {"capacity", "routing", "qos", "security", "provision"}


EXPECTED_ENDS = {
    ("blackhole", "core-a2", "request"): "failed_staging",
    ("te_cost", "leaf-b1", "request"): "rolled_back",
    ("capacity", "edge-a1", "recommendation"): "verified",
    ("te_cost", "core-a1", "recommendation"): "verified",
    ("device_baseline", "leaf-b2", "recommendation"): "staged",
    ("capacity", "leaf-a1", "recommendation"): "queued",
}


def test_each_job_ends_as_it_should(demo: Demo) -> None:
    jobs = {(job["change"]["template"], job["device"], job["origin"]): job for job in demo.store.jobs(documents=True)}
    ends = {what: jobs[what]["state"] for what in EXPECTED_ENDS}
    astray = [jobs[what]["change_id"] for what, state in EXPECTED_ENDS.items() if ends[what] != state]
    assert ends == EXPECTED_ENDS, [[step["why"] for step in demo.store.history(change_id)] for change_id in astray]


def test_nobody_has_allowed_their_own_change(demo: Demo) -> None:
    jobs = {(job["change"]["template"], job["origin"]): job for job in demo.store.jobs()}
    unlucky = jobs["te_cost", "request"]
    assert (unlucky["mode"], unlucky["requester"], unlucky["approved_by"]) == ("approve", "nora", "olaf")
    assert not [job for job in jobs.values() if job["approved_by"] == job["requester"]]


def test_temporary_changes_are_taken_back_when_their_time_is_over(demo: Demo) -> None:
    ends = {(job["change"]["template"], job["origin"]): job["state"] for job in demo.store.jobs()}
    assert (ends["qos_event", "recommendation"], ends["qos_event", "inverse"]) == ("reverted", "verified")
    assert (ends["filter", "recommendation"], ends["filter", "inverse"]) == ("verified", "queued")


def test_the_history_of_the_queue_is_whole(demo: Demo) -> None:
    assert demo.store.verify_chain().intact


def test_the_report_needs_nothing_from_elsewhere(demo: Demo) -> None:
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", page)
    assert "<svg" in page


@pytest.mark.parametrize("name", ["feedback", "forecast", "provision"])
def test_a_dry_run_changes_nothing(demo: Demo, name: str) -> None:
    before = demo.everything()
    demo.play(name, "--check", "--diff")
    assert demo.everything() == before


def test_the_whole_round_is_one_playbook(demo: Demo) -> None:
    known = len(demo.store.jobs())
    demo.play("site")
    assert len(demo.store.jobs()) >= known
    assert demo.store.verify_chain().intact
