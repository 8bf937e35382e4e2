# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is done to a queue, in whatever order: what must hold, holds."""

from __future__ import annotations

import collections
import contextlib
from datetime import timedelta
from functools import cache

from ansible_collections.forestage.network.forecasting.contracts import check
from ansible_collections.forestage.network.plugins.plugin_utils.queue import NotAllowed, QueueError, Store
from ansible_collections.forestage.network.plugins.plugin_utils.queue.states import DEVICE_SAYS, OPEN, STATES
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support import memory
from tests.support.queue_values import T0, Clock, candidate, capacity, forecast, recommendation, request, scope, verdict

DEVICES = st.sampled_from(["r1", "r2"])
OBJECTS = st.sampled_from(["eth1", "eth2"])
PEOPLE = st.sampled_from(["ann", "bea"])
WORKERS = st.sampled_from(["w1", "w2"])
MODES = st.sampled_from(["shadow", "approve", "auto"])


@cache
def _new_queue() -> bytes:
    with memory.folder() as folder:
        Store.open(f"{folder}/queue.db", create=True)
        return (folder / "queue.db").read_bytes()


class AnyOrder(RuleBasedStateMachine):
    """People, forecasts and workers at one small queue."""

    @initialize()
    def begin(self) -> None:
        self.end = contextlib.ExitStack()
        self.clock, self.round = Clock(), 0
        path = self.end.enter_context(memory.folder()) / "queue.db"
        path.write_bytes(_new_queue())
        self.store = Store.open(str(path), clock=self.clock)

    def teardown(self) -> None:
        if hasattr(self, "end"):
            self.end.close()

    @property
    def now(self):
        return T0 + timedelta(hours=self.round)

    def one_of(self, number: int) -> str | None:
        jobs = sorted(self.store.jobs(), key=lambda job: job["job_id"])
        return jobs[number % len(jobs)]["change_id"] if jobs else None

    @rule(devices=st.sets(st.tuples(DEVICES, OBJECTS)), mode=MODES, rate=st.integers(10, 12), temporary=st.booleans())
    def a_forecast_comes(self, devices, mode, rate, temporary) -> None:
        self.round += 1
        until = (self.now + timedelta(hours=4)).isoformat().replace("+00:00", "Z")
        lifetime = {"permanent": False, "revert_at": until} if temporary else {"permanent": True}
        entries = [
            recommendation(device, name, as_of=self.now, mode=mode, change=capacity(name, rate), lifetime=lifetime)
            for device, name in sorted(devices)
        ]
        scopes = [scope(device, name) for device in ("r1", "r2") for name in ("eth1", "eth2")]
        self.store.ingest(forecast(*entries, as_of=self.now, evaluated=scopes), actor="robot")

    @rule(device=DEVICES, name=OBJECTS, person=PEOPLE)
    def a_person_asks(self, device, name, person) -> None:
        with contextlib.suppress(QueueError):
            self.store.request(request(device, name), actor=person, now=self.now)

    @rule(worker=WORKERS, limit=st.integers(1, 3))
    def a_worker_claims(self, worker, limit) -> None:
        self.store.claim(worker, limit=limit, lease_s=60, states=("queued", "approved", "staged"), now=self.now)

    @rule(number=st.integers(0, 20), to=st.sampled_from(STATES), worker=WORKERS)
    def a_step_is_tried(self, number, to, worker) -> None:
        change = self.one_of(number)
        if change:
            papers = {"candidate": candidate(change, capacity()), "verdict": verdict(change)} if to == "staged" else None
            with contextlib.suppress(QueueError):
                self.store.transition(change, to, actor="robot", why="test", worker=worker, documents=papers, now=self.now)

    @rule(number=st.integers(0, 20), person=PEOPLE, agrees=st.booleans())
    def a_person_decides(self, number, person, agrees) -> None:
        change = self.one_of(number)
        if change:
            with contextlib.suppress(NotAllowed):
                (self.store.approve if agrees else self.store.reject)(change, actor=person, why="test", now=self.now)

    @rule(number=st.integers(0, 20), says=st.sampled_from(sorted(DEVICE_SAYS)), worker=WORKERS)
    def a_device_is_asked(self, number, says, worker) -> None:
        change = self.one_of(number)
        if change:
            with contextlib.suppress(NotAllowed):
                self.store.recover(change, says, actor="robot", worker=worker, why="test", lease_s=60, now=self.now)

    @rule(seconds=st.sampled_from([10, 100]))
    def time_passes(self, seconds) -> None:
        self.clock.advance(seconds)

    @invariant()
    def what_must_hold(self) -> None:
        if not hasattr(self, "store"):
            return
        jobs = self.store.jobs(now=self.now)
        for job in jobs:
            check("job", job)
        keys = [
            (job["device"], job["object"], job["change"]["template"]) for job in jobs if job["state"] in OPEN and job["origin"] != "inverse"
        ]
        assert not [key for key, count in collections.Counter(keys).items() if count > 1]
        leased = [job["device"] for job in jobs if job["lease"] and job["state"] in ("claimed", "deploying")]
        assert len(leased) == len(set(leased))
        assert not [job for job in jobs if job["approved_by"] == job["requester"]]
        assert self.store.verify_chain().intact


AnyOrder.TestCase.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
TestAnyOrder = AnyOrder.TestCase
