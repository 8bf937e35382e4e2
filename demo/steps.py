# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight steps of the demonstration; each checks that it has shown what it is there to show."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from sabotage import Sabotage
from terminal import Command, Stopped, Terminal
from world import ROOT, World

HERE = Path(__file__).resolve().parent
EXPECTED_KINDS = {"capacity", "routing", "qos", "security", "provision"}
SEED = "7"
REPLAYED = timedelta(weeks=2)
ASKS, AGREES = "nora", "olaf"  # the people whom the demonstration plays: elsewhere AWX, or the operating system, says who it is


class Steps:
    """The steps in their order, on one world."""

    def __init__(self, world: World, terminal: Terminal, *, own_history: bool) -> None:
        self.world = world
        self.terminal = terminal
        self.own_history = own_history
        self.deployed: list[dict[str, Any]] = []
        self._writing = ExitStack()  # the generator's first run, beside the lab's

    def lab(self) -> None:
        """Build the routers, while the generator writes its history."""
        if not self.own_history:
            simulate = _engine("simulate", "--out", str(self.world.history), "--seed", SEED)
            self._writing.enter_context(self._meanwhile((simulate, "2-history")))
        spec = ROOT / "inventories/lab/fabric.yml"
        self._playbook("lab", "-e", f"forestage_fabric_spec={spec}", log="1-lab")
        nodes = self.world.lab().facts()["nodes"]
        self._say(f"{len(nodes)} virtual devices are up: {', '.join(sorted(nodes))}.")

    def arrive(self) -> None:
        """Eight weeks of history, written by the generator or brought by the user."""
        if self.own_history:
            self._say(f"Your own history: {self.world.own['forestage_history']}, up to {self.world.as_of}")
        self._writing.close()

    def foresee(self) -> None:
        """The Provisioning Forecast, while traffic flows between the hosts."""
        flows = [
            {"sender": "host-a1", "receiver": "host-b1", "rate_bps": 8e6, "seconds": 2},
            {"sender": "host-a1", "receiver": "host-a2", "rate_bps": 6e6, "seconds": 2},
            {"sender": "host-b2", "receiver": "host-b1", "rate_bps": 4e6, "seconds": 2},
        ]
        arguments = json.dumps({"name": self.world.fabric, "state": "traffic", "flows": flows})
        traffic = self._module("fabric", arguments)
        with self._meanwhile((traffic, "3-traffic"), quiet=True):
            self._playbook("forecast", log="3-forecast")
        self._say("Meanwhile traffic flowed between the hosts.")
        kinds = {item["change"]["kind"] for item in self.world.forecast()["recommendations"]}
        if not self.own_history and kinds != EXPECTED_KINDS:
            raise Stopped(f"the forecast holds {sorted(kinds)}; one of each of {sorted(EXPECTED_KINDS)} was expected")

    def queue(self) -> None:
        """People's requests and another engine's forecast stand beside the recommendations."""
        given = {name: f"@{self._dated(f'{name}.yml')}" for name in ("wrong-blackhole", "unlucky-cost")}
        given["other"] = f"forestage_forecast_file={self._dated('other_engine.json')}"
        asked = [(self._play("request", *_as(ASKS), "-e", what), f"4-{name}") for name, what in given.items()]
        with self._meanwhile(*asked, quiet=True):
            pass
        self._run([_program("ansible-inventory"), "-i", "inventories/lab/queue.yml", "--graph"], log="4-graph")
        self._show_jobs()

    def _dated(self, name: str) -> Path:
        """A copy of one of the requests, with the times that it is about."""
        text = (HERE / "requests" / name).read_text(encoding="utf-8")
        text = text.replace("AS_OF", self.world.as_of).replace("A_WEEK_LATER", self._ahead(timedelta(weeks=1)))
        copy = self.world.folder / name
        copy.write_text(text, encoding="utf-8")
        return copy

    def rehearse(self) -> None:
        """Every claimed job on virtual copies of its devices; the mode ceiling is still `shadow`, so nothing is deployed."""
        self._playbook("provision", log="5-rehearse", quiet=True)
        self._show_jobs()
        stopped = [job for job in self.world.jobs(documents=True) if job["state"] == "failed_staging"]
        if not stopped:
            raise Stopped("the wrong change was not stopped in staging")
        for job in stopped:
            self._say(f"\nStopped here: {job['change']['template']} on {job['device']} {job['object']}, asked for by {job['requester']}:")
            for check in job["documents"].get("verdict", {}).get("checks", []):
                if check["status"] == "failed":
                    where = f"{check['category']}: {check['name']}" + (f" on {check['device']}" if check["device"] else "")
                    self._say(f"  {where}: expected {check['expected']}; seen {check['seen']}")

    def deploy(self) -> None:
        """What may go by itself goes; what waits is approved; what goes wrong takes itself back."""
        self._provision("6-deploy", runs=1)
        for job in self.world.jobs(states=["awaiting_approval"]):
            template = job["change"]["template"]
            reason = {"filter": "seen the attack in the logs myself", "te_cost": "the optics are old indeed"}[template]
            what = ("-e", f"forestage_change_id={job['change_id']}", "-e", f"forestage_reason={reason}")
            self._playbook("approve", *_as(AGREES), *what, log=f"6-approve-{template}", quiet=True)
            self._say(f"{AGREES} approves the {template} on {job['device']}, asked for by {job['requester']}: {reason}.")
        with Sabotage(self.world.lab(), device="leaf-b1", interface="eth1"):
            self._provision("6-approved")
        self._show_jobs()
        self._note_deployed()
        states = {job["state"] for job in self.world.jobs()}
        if "rolled_back" not in states or not states & {"deployed", "verified"}:
            raise Stopped(f"expected changes that hold and one that rolled itself back; the queue's states are {sorted(states)}")

    def learn(self) -> None:
        """The calendar moves on: the campaign's class comes and goes, predictions meet what came."""
        self._set_clock(timedelta(days=2, hours=21), "the eve of the campaign")
        self._provision("7-eve")
        self._note_deployed()
        self._set_clock(timedelta(days=4, hours=3), "a week after the forecast")
        self._live()
        asked = ("--history", str(self.world.history), "--policies", "inventories/lab/policies.yml", "--as-of", self.world.as_of)
        begin = ("--from", self._ahead(-REPLAYED))
        replay = _engine("replay", *asked, *begin, "--out", str(self.world.folder / "replay"))
        with self._meanwhile((replay, "7-replay")):
            self._playbook("feedback", log="7-feedback")
            self._provision("7-revert")
            self._note_deployed()
            self._show_jobs()

    def report(self) -> None:
        """One page for those who were not there."""
        page = self.world.folder / "report.html"
        asked = {"path": str(page), "history": str(self.world.history), "provisioning_forecast": str(self.world.forecast_file())}
        self._run(self._module("report", json.dumps(asked)), log="8-report", quiet=True)
        self._say(f"The report: {page} ({page.stat().st_size // 1024} KiB, opens in any browser, no network needed)")

    def _ahead(self, span: timedelta) -> str:
        from ansible_collections.forestage.network.forecasting.contracts import parse_time, to_text

        return to_text(parse_time(self.world.as_of) + span)

    def _set_clock(self, ahead: timedelta, where: str) -> None:
        self.world.as_of = self._ahead(ahead)
        self.world.write_variables()
        self._say(f"The analytics' clock moves to {self.world.as_of}, {where}.")

    def _live(self) -> None:
        """The generator goes on to the present, under what was deployed and when."""
        config = self.world.folder / "deployed.json"
        config.write_text(json.dumps({"schema": "forestage/simulation_config/1", "changes": self.deployed}, indent=1), encoding="utf-8")
        until = ("--append", "--until", self.world.as_of, "--config", str(config))
        self._run(_engine("simulate", "--out", str(self.world.history), *until), log="7-history", quiet=True)

    def _note_deployed(self) -> None:
        """What the devices confirmed since the last look; the generator answers to it from now on."""
        known = {(change["change_id"], change["state"]) for change in self.deployed}
        for job in self.world.jobs():
            state = {"deployed": "present", "verified": "present", "reverted": "absent"}.get(job["state"])
            if job["origin"] == "inverse":
                state = "absent" if state else None
            change_id = job["inverse_of"] or job["change_id"]
            if state and (change_id, state) not in known:
                change = {"ds": self.world.as_of, "device": job["device"], "change_id": change_id, "state": state}
                self.deployed.append({**change, "template": job["change"]["template"], "parameters": job["change"]["parameters"]})

    def _provision(self, log: str, runs: int = 4) -> None:
        """Runs until nothing is left to take: one run takes at most one job for each device."""
        for run in range(1, runs + 1):
            if not self._waiting():
                return
            before = {job["change_id"]: job["state"] for job in self.world.jobs()}
            self._playbook("provision", "-e", "forestage_mode_ceiling=auto", log=f"{log}-{run}", quiet=True)
            for job in self.world.jobs(documents=True):
                if before.get(job["change_id"]) != job["state"]:
                    why = job["documents"].get("deployment", {}).get("reason", "")
                    self._say(f"{self._change(job):<16} {job['device']:<8} {job['object']:<16} {job['state']:<18} {why}")

    def _waiting(self) -> bool:
        """Whether a run would find a job to take."""
        jobs = self.world.jobs(states=["queued", "approved", "staged"])
        due = [job for job in jobs if job["not_before"] is None or job["not_before"] <= self.world.as_of]
        return any(job["state"] != "staged" or job["mode"] != "shadow" for job in due)

    @staticmethod
    def _change(job: dict[str, Any]) -> str:
        return ("revert " if job["origin"] == "inverse" else "") + str(job["change"]["template"])

    def _show_jobs(self) -> None:
        self._say(f"{'priority':>8}  {'tier':<8}  {'state':<17}  {'device':<8}  {'object':<18}  {'change':<16}  {'mode':<7}  asked for by")
        for job in self.world.jobs():
            what = f"{job['device']:<8}  {job['object']:<18}  {self._change(job):<16}  {job['mode']:<7}  {job['requester']}"
            self._say(f"{job['priority']:>8.1f}  {job['tier']:<8}  {job['state']:<17}  {what}")

    def _say(self, text: str) -> None:
        self.terminal.say("   " + text.replace("\n", "\n   "))

    def _playbook(self, name: str, *more: str, log: str, quiet: bool = False) -> None:
        self._run(self._play(name, *more), log, quiet)

    def _play(self, name: str, *more: str) -> list[str]:
        shared = ("-i", "inventories/lab/hosts.yml", "-e", f"@{self.world.variables}")
        return [_program("ansible-playbook"), *shared, f"forestage.network.{name}", *more]

    def _module(self, name: str, arguments: str) -> list[str]:
        return [_program("ansible"), "localhost", "-m", f"forestage.network.{name}", "-a", arguments, "-e", f"@{self.world.variables}"]

    def _run(self, argv: Sequence[str], log: str, quiet: bool = False) -> None:
        self.terminal.run(argv, self.world.environment(), log=log, quiet=quiet)

    def _meanwhile(self, *commands: Command, quiet: bool = False) -> AbstractContextManager[None]:
        return self.terminal.meanwhile(*commands, env=self.world.environment(), quiet=quiet)


def _as(person: str) -> tuple[str, ...]:
    """The variables by which AWX names the person who has started a job."""
    return ("-e", f"awx_user_name={person} awx_job_launch_type=manual")


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _engine(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "forecasting", *arguments]
