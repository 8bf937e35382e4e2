# SPDX-License-Identifier: GPL-3.0-or-later
"""The durable queue of changes: each method is one transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import parse_time
from sqlalchemy import Connection, Engine, select

from . import chain, claims, groups, predictions, reading, reversal, schema, steps, stop
from .address import Address
from .chain import ChainReport
from .connection import engine_of, transaction
from .errors import NotAllowed
from .gate import Gate
from .ingest import IngestReport, checked, ingest
from .request import request as put_request
from .states import UNSURE
from .tables import jobs, rounds
from .writer import Job, Writer

RECENT = 20_000
"""How many of the newest rows of history are checked before anything is claimed; the check of all is for the operator."""


def wall_clock() -> datetime:
    """The time by which leases run."""
    return datetime.now(UTC)


class Store:
    """A queue in SQLite or PostgreSQL.

    Two clocks: leases and history run by the wall clock; priority, `not_before`, `revert_at` and expiry by
    the analytics' clock, the argument `now` (by default the wall clock). With `dry_run` every method
    reports what it would do, and its transaction is rolled back. `changed` says whether the last writing
    method changed anything.
    """

    def __init__(self, address: Address, *, dry_run: bool = False, clock: Callable[[], datetime] = wall_clock) -> None:
        self.address = address
        self.dry_run = dry_run
        self.changed = False
        self._clock = clock
        self._own_engine = engine_of(address)
        self._process = os.getpid()

    @classmethod
    def open(cls, url: str, *, create: bool = False, dry_run: bool = False, clock: Callable[[], datetime] = wall_clock) -> Store:
        """Open the queue at `url` (a file's path or a SQLAlchemy URL); `create` makes it where there is none.

        Raises:
            StoreError: It is missing, unreachable, no queue, or of another schema than this release.
        """
        address = Address.parse(url)
        if create:
            schema.create(address)
        address.require_file()
        store = cls(address, dry_run=dry_run, clock=clock)
        with store._reading() as connection:
            schema.require_current(connection, address)
        return store

    @property
    def _engine(self) -> Engine:
        """The engine; its connections are not taken over from the process that this one was forked from."""
        if self._process != os.getpid():
            self._own_engine.dispose(close=False)
            self._process = os.getpid()
        return self._own_engine

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with transaction(self._engine, self.address, writes=False) as connection:
            yield connection

    @contextmanager
    def _writing(self, actor: str, now: datetime | None = None) -> Iterator[Writer]:
        self.changed = False
        at = self._clock()
        with transaction(self._engine, self.address, writes=True, keep=not self.dry_run) as connection:
            writer = Writer(connection, actor, at, now or at)
            yield writer
            writer.flush()
        self.changed = writer.wrote

    def migrate(self) -> tuple[str, str]:
        """Bring the tables to this release's schema; the versions before and after."""
        return schema.migrate(self.address, keep=not self.dry_run)

    def ingest(
        self,
        forecast: Mapping[str, Any],
        *,
        actor: str,
        requester: str | None = None,
        source: str = "the forecast",
        gate: Gate | None = None,
        now: datetime | None = None,
    ) -> IngestReport:
        """Take a Provisioning Forecast in, from this engine or another.

        Args:
            forecast: A value of the schema `provisioning_forecast`.
            actor: Who runs this.
            source: What to call it in a message, such as its file.
            requester: Who counts as having asked for the changes, and so cannot approve them; by default the engine. A
                forecast that somebody brings, or that another engine made, allows nothing by itself: its mode is at most approve.
            gate: When the round is held; by default `Gate()`.
            now: The analytics' clock, by default the forecast's own `as_of`.
        """
        checked(forecast, source)
        with self._writing(actor, now or parse_time(forecast["as_of"])) as writer:
            return ingest(writer, forecast, requester, gate or Gate())

    def request(self, request: Mapping[str, Any], *, actor: str, now: datetime | None = None) -> Job:
        """Put a person's own request in (schema `request`); the same request again is the same job."""
        with self._writing(actor, now) as writer:
            change_id = put_request(writer, request)
            writer.flush()
            return reading.one(writer.connection, change_id, writer.as_of)

    def claim(
        self,
        worker: str,
        *,
        limit: int,
        lease_s: float,
        states: Sequence[str] = ("queued",),
        now: datetime | None = None,
        devices: Collection[str] | None = None,
        actor: str | None = None,
    ) -> list[Job]:
        """Take the next jobs in the order of their priority as of `now`; none while the stop switch is set.

        It first expires what is past its time and queues again what a vanished worker held before it touched a
        device. At most one live claim per device. `actor` is who runs the worker, by default the worker.
        """
        with self._writing(actor or worker, now) as writer:
            if stop.current(writer.connection) is not None:
                return []
            taken = claims.claim(writer, worker, limit, lease_s, states, devices)
            writer.flush()
            return reading.public(writer.connection, taken, writer.as_of, with_documents=True)

    def renew(self, change_id: str, worker: str, lease_s: float) -> Job:
        """Prolong a lease to `lease_s` seconds from now."""
        return self._on(change_id, worker, None, lambda writer, job: None if self.dry_run else claims.renew(writer, job, worker, lease_s))

    def hold(self, change_id: str, worker: str, names: Collection[str]) -> Job:
        """Keep other changes out of redundancy groups while the lease of this one lasts; refused where another holds one."""
        return self._on(change_id, worker, None, lambda writer, job: None if self.dry_run else groups.hold(writer, job, worker, names))

    def drop_lease(self, change_id: str, worker: str, *, now: datetime | None = None) -> Job:
        """Put a staged job down where this run may go no further; it stays staged."""
        return self._on(change_id, worker, now, lambda writer, job: None if self.dry_run else claims.drop(writer, job, worker))

    def transition(
        self,
        change_id: str,
        to: str,
        *,
        actor: str,
        why: str,
        worker: str | None = None,
        documents: Mapping[str, Any] | None = None,
        attempted: bool = True,
        now: datetime | None = None,
    ) -> Job:
        """Take one step to the state `to`, with documents by kind (candidate, verdict, deployment, outcome).

        A job that is claimed `claims.ATTEMPTS` times without reaching a verdict ends as `failed_staging`. With `attempted`
        false, a claimed job that goes back to the queue does not count: nobody could get to work on it.
        """
        how = {"attempted": attempted, "rehearse": self.dry_run}
        return self._on(change_id, actor, now, lambda writer, job: steps.move(writer, job, to, why, worker, documents, **how))

    def approve(self, change_id: str, *, actor: str, why: str, now: datetime | None = None) -> Job:
        """Approve a job that awaits it; the approver is not the requester."""
        return self._on(change_id, actor, now, lambda writer, job: steps.decide(writer, job, "approved", why, rehearse=self.dry_run))

    def reject(self, change_id: str, *, actor: str, why: str, now: datetime | None = None) -> Job:
        """Reject a job that nobody works on."""
        return self._on(change_id, actor, now, lambda writer, job: steps.decide(writer, job, "rejected", why, rehearse=self.dry_run))

    def attach(
        self, change_id: str, documents: Mapping[str, Any], *, actor: str, why: str, worker: str | None = None, now: datetime | None = None
    ) -> Job:
        """Add documents to a job without a step; a candidate or a verdict only as the worker who holds the job."""
        return self._on(change_id, actor, now, lambda writer, job: steps.attach(writer, job, why, documents, worker, rehearse=self.dry_run))

    def recover(
        self,
        change_id: str,
        device_says: str,
        *,
        actor: str,
        worker: str,
        why: str,
        lease_s: float = 600,
        documents: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> Job:
        """Put a job where the device says it is: confirmed, rolled_back, rollback_blocked, pending or not_applied."""
        return self._on(change_id, actor, now, lambda writer, job: steps.recover(writer, job, device_says, why, worker, lease_s, documents))

    def _on(self, change_id: str, actor: str, now: datetime | None, act: Callable[[Writer, Job], None]) -> Job:
        with self._writing(actor, now) as writer:
            act(writer, writer.job(change_id))
            writer.flush()
            return reading.one(writer.connection, change_id, writer.as_of)

    def release_held(self, *, actor: str, why: str, change_ids: Collection[str] | None = None, now: datetime | None = None) -> list[str]:
        """Queue jobs that the batch gate holds, by default all; only then do their rounds count as usual."""
        with self._writing(actor, now) as writer:
            held = writer.jobs_where(jobs.c.state == "held")
            chosen = [job for job in held if change_ids is None or job["change_id"] in change_ids]
            for job in chosen:
                writer.change(job, why, state="queued")
            if chosen and len(chosen) == len(held):
                writer.connection.execute(rounds.update().values(held=False))
            return [job["change_id"] for job in chosen]

    def jobs(
        self,
        states: Collection[str] | None = None,
        devices: Collection[str] | None = None,
        change_ids: Collection[str] | None = None,
        documents: bool = False,
        now: datetime | None = None,
    ) -> list[Job]:
        """Jobs (schema `job`) by priority as of `now`, the most urgent first."""
        conditions = [
            column.in_(wanted)
            for column, wanted in ((jobs.c.state, states), (jobs.c.device, devices), (jobs.c.change_id, change_ids))
            if wanted is not None
        ]
        with self._reading() as connection:
            rows = connection.execute(select(jobs).where(*conditions)).mappings().all()
            return reading.public(connection, rows, now or self._clock(), with_documents=documents)

    def overview(self, states: Sequence[str], fields: Sequence[str], now: datetime | None = None) -> list[Job]:
        """Jobs by priority as of `now` with a few fields each, quick for long queues."""
        with self._reading() as connection:
            return reading.overview(connection, states, fields, now or self._clock())

    def history(self, change_id: str) -> list[dict[str, Any]]:
        """Every step of a change, the oldest first: who, when, why."""
        with self._reading() as connection:
            return reading.history(connection, change_id)

    def change_log(self) -> list[dict[str, Any]]:
        """Where every change stands and since when by the analytics' clock, for the policies' dwell and weekly limits."""
        with self._reading() as connection:
            return reading.change_log(connection)

    def unfinished(self, now: datetime | None = None) -> list[Job]:
        """Jobs about which their devices must be asked: deploying or deployed by a worker vanished by `now` (wall clock), or blocked."""
        moment = now or self._clock()
        vanished = jobs.c.state.in_(UNSURE) & (jobs.c.lease_until <= moment)
        with self._reading() as connection:
            rows = connection.execute(select(jobs).where(vanished | (jobs.c.state == "rollback_blocked"))).mappings().all()
            return reading.public(connection, rows, moment, with_documents=True)

    def overdue(self, now: datetime | None = None) -> list[dict[str, Any]]:
        """Temporary changes that are in place past their end by the analytics' clock, with a sentence each."""
        with self._reading() as connection:
            return reversal.overdue(connection, now or self._clock())

    def verify_chain(self) -> ChainReport:
        """Check the history's hashes, and every job and document against it."""
        with self._reading() as connection:
            return chain.verify(connection)

    def require_intact(self) -> None:
        """Refuse to go on (`NotAllowed`) where the newest rows of the history, or what they are about, were altered."""
        with self._reading() as connection:
            breaches = chain.verify(connection, RECENT).breaches
        if breaches:
            more = f", and {len(breaches) - 1} more" if len(breaches) > 1 else ""
            raise NotAllowed(
                f"the queue {self.address} was altered behind its back: {breaches[0]}{more}; nothing is taken from it "
                "before it is restored from a backup (job_info with gather=chain lists every breach)"
            )

    def set_stop(self, actor: str, why: str) -> None:
        """Stop everything: no claims, no new deployments."""
        with self._writing(actor) as writer:
            stop.turn(writer, stop.SET, why)

    def clear_stop(self, actor: str, why: str = "cleared") -> None:
        """Let work go on."""
        with self._writing(actor) as writer:
            stop.turn(writer, stop.CLEARED, why)

    def stopped(self) -> dict[str, Any] | None:
        """Who set the stop switch, why and when (actor, why, at), or None."""
        with self._reading() as connection:
            return stop.current(connection)

    def ledger_add(self, entries: Iterable[Mapping[str, Any]]) -> int:
        """Enter predictions (schema `ledger_entry`); the number of new ones."""
        with self._writing("ledger") as writer:
            return predictions.add(writer, entries)

    def ledger_outcomes(self, outcomes: Iterable[Mapping[str, Any]]) -> int:
        """Enter outcomes (schema `outcome`) of known predictions; the number that changed something."""
        with self._writing("ledger") as writer:
            return predictions.add_outcomes(writer, outcomes)

    def ledger(
        self, *, policy: str | None = None, matured_by: datetime | None = None, since: datetime | None = None, decided: bool | None = None
    ) -> list[dict[str, Any]]:
        """Predictions with their outcomes, in the order of their forecasts; `decided` keeps those with or without one."""
        with self._reading() as connection:
            return predictions.read(connection, policy, matured_by, since, decided)
