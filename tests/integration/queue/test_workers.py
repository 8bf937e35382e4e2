# SPDX-License-Identifier: GPL-3.0-or-later
"""Many workers, killed at random, lose no job and do none twice."""

from __future__ import annotations

import collections
import multiprocessing
import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from ansible_collections.forestage.network.forecasting.contracts import parse_time
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Gate, NotAllowed, Store

from tests.support import queue_values as values

JOBS, DEVICES, WORKERS, KILLS = 1000, 250, 8, 40
LEASE_S = 15
PATIENCE_S = 1200
IN_WORK = frozenset({"claimed", "staged", "deploying", "deployed"})


def _applied(log: Path, change_id: str) -> bool:
    """What the device says: whether the change was applied."""
    return change_id in log.read_text()


def _apply(log: Path, change_id: str) -> None:
    with log.open("a") as handle:
        handle.write(f"{change_id}\n")


def _work(store: Store, worker: str, job: dict, log: Path) -> None:
    change_id = job["change_id"]
    step = {"actor": worker, "why": "test", "worker": worker}
    store.transition(change_id, "staged", documents={"verdict": values.verdict(change_id)}, **step)
    lease = store.transition(change_id, "deploying", **step)["lease"]
    if parse_time(lease["until"]).timestamp() <= time.time():
        return  # it overslept: whoever recovers the job asks the device
    _apply(log, change_id)
    store.transition(change_id, "deployed", **step)
    store.transition(change_id, "verified", **step)


def _recover(store: Store, worker: str, log: Path) -> None:
    for job in store.unfinished():
        change_id = job["change_id"]
        says = "confirmed" if _applied(log, change_id) else "not_applied"
        found = store.recover(change_id, says, actor=worker, worker=worker, why="its worker has vanished", lease_s=LEASE_S)
        if found["state"] == "deployed":
            store.transition(change_id, "verified", actor=worker, why="test", worker=worker)


def _live(url: str, name: str, log: Path) -> None:
    """A worker's life: claim, work, and look after those who have died."""
    store = Store.open(url)
    chance = random.Random(name)
    busy = True
    while busy:
        try:
            jobs = store.claim(name, limit=chance.randint(1, 4), lease_s=LEASE_S, now=values.T0)
            for job in jobs:
                _work(store, name, job, log)
            if not jobs:
                time.sleep(0.5)
                _recover(store, name, log)
                busy = bool(store.jobs(states=sorted(IN_WORK | {"queued"})))
        except NotAllowed:
            continue  # its lease ran out, or another was quicker: the queue said no, and the worker goes on


def _kill_at_random(url: str, log: Path) -> None:
    """Keep eight workers alive, killing one now and then, until nothing is left to do."""
    context = multiprocessing.get_context("fork")
    chance, names = random.Random(1), iter(f"worker-{number}" for number in range(10_000))

    def start() -> BaseProcess:
        process = context.Process(target=_live, args=(url, next(names), log))
        process.start()
        return process

    crew = [start() for _unused in range(WORKERS)]
    killed, deadline = 0, time.monotonic() + PATIENCE_S
    try:
        while any(process.is_alive() for process in crew):
            assert time.monotonic() < deadline, "the workers did not finish"
            time.sleep(chance.uniform(0.05, 0.3))
            victim = chance.randrange(WORKERS)
            if killed < KILLS and crew[victim].is_alive():
                os.kill(crew[victim].pid, signal.SIGKILL)
                crew[victim].join()
                crew[victim] = start()
                killed += 1
    finally:
        for process in crew:
            process.kill()
            process.join()
    assert killed >= KILLS // 2


def _one_claim_per_device(store: Store) -> bool:
    """Walk the whole history: at no time were two jobs of one device in work."""
    device_of = {job["change_id"]: job["device"] for job in store.jobs()}
    steps = sorted(
        (step for change_id in device_of for step in [{**row, "change": change_id} for row in store.history(change_id)]),
        key=lambda row: row["seq"],
    )
    busy: dict[str, str] = {}
    for step in steps:
        change, device = step["change"], device_of[step["change"]]
        if step["to_state"] in IN_WORK:
            if busy.setdefault(device, change) != change:
                return False
        elif busy.get(device) == change:
            del busy[device]
    return True


def test_killed_workers_lose_nothing_and_do_nothing_twice(queue_url: str, tmp_path: Path) -> None:
    log = tmp_path / "device.log"
    log.touch()
    store = Store.open(queue_url, create=True)
    entries = [values.recommendation(f"r{number % DEVICES}", f"eth{number // DEVICES}") for number in range(JOBS)]
    assert (
        len(store.ingest(values.forecast(*entries), actor="test", gate=Gate(minimum_recommendations=JOBS, minimum_devices=JOBS)).added)
        == JOBS
    )

    _kill_at_random(queue_url, log)

    jobs = store.jobs()
    done = collections.Counter(log.read_text().split())
    assert collections.Counter(job["state"] for job in jobs) == {"verified": JOBS}
    assert set(done) == {job["change_id"] for job in jobs}
    assert set(done.values()) == {1}
    assert _one_claim_per_device(store)
    assert store.verify_chain().intact
