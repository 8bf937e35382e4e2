# SPDX-License-Identifier: GPL-3.0-or-later
"""A forecast round on its way into the queue: new jobs, newer values, what receded, what is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import ContractError, check, parse_time, to_text
from sqlalchemy import func, insert, select

from .chain import digest_of
from .errors import NotValid
from .gate import Gate
from .states import OPEN, PARKED
from .tables import jobs, rounds
from .values import capped, of_recommendation, refreshed
from .writer import Job, Writer

Key = tuple[str, str, str]
"""Device, object and template: what may have one open change only."""


OWN_ENGINE = "forestage"
"""Only what this engine's policies recommend may go by itself, and only when nobody brought it in."""


@dataclass
class IngestReport:
    """What a forecast round did to the queue: change_ids by outcome, and the recommendations that made no job."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    ignored: list[dict[str, str]] = field(default_factory=list)
    why_held: str | None = None


def checked(forecast: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """Refuse a forecast that breaks its schema, whoever wrote it."""
    try:
        check("provisioning_forecast", forecast, source)
    except ContractError as error:
        raise NotValid(str(error)) from None
    return forecast


def ingest(writer: Writer, forecast: Mapping[str, Any], brought_by: str | None, gate: Gate) -> IngestReport:
    """Bring a checked forecast into the queue; the same forecast again changes nothing."""
    writer.take_intake()
    seal = digest_of(forecast)
    if writer.connection.execute(select(rounds.c.round_id).where(rounds.c.digest == seal)).first():
        return IngestReport(unchanged=_known(writer, forecast))
    engine = forecast["engine"]["name"]
    own = brought_by is None and engine == OWN_ENGINE
    return _Round(writer, forecast, brought_by or f"engine:{engine}", own, _objection(writer, forecast, gate)).run(seal)


def _known(writer: Writer, forecast: Mapping[str, Any]) -> list[str]:
    wanted = {recommendation["recommendation_id"] for recommendation in forecast["recommendations"]}
    rows = writer.connection.execute(select(jobs.c.change_id, jobs.c.recommendation_id).order_by(jobs.c.job_id))
    return [row.change_id for row in rows if row.recommendation_id in wanted]


def _objection(writer: Writer, forecast: Mapping[str, Any], gate: Gate) -> str | None:
    past = select(rounds.c.recommendations, rounds.c.devices).where(rounds.c.engine == forecast["engine"]["name"], ~rounds.c.held)
    newest = writer.connection.execute(past.order_by(rounds.c.round_id.desc()).limit(gate.window))
    return gate.objection(*_counts(forecast), [(row.recommendations, row.devices) for row in newest])


def _counts(forecast: Mapping[str, Any]) -> tuple[int, int]:
    entries = forecast["recommendations"]
    return len(entries), len({entry["device"] for entry in entries})


def key_of(value: Mapping[str, Any]) -> Key:
    """What a recommendation or a job's row is about."""
    return value["device"], value["object"], value["change"]["template"]


@dataclass
class _Round:
    """One forecast being taken in, with what the queue held before."""

    writer: Writer
    forecast: Mapping[str, Any]
    requester: str
    own: bool
    objection: str | None
    report: IngestReport = field(default_factory=IngestReport)

    def __post_init__(self) -> None:
        self.report.why_held = self.objection
        self.open = {key_of(job): job for job in self.writer.jobs_where(jobs.c.state.in_(OPEN), jobs.c.origin != "inverse")}
        reversals = self.writer.jobs_where(jobs.c.state.in_(PARKED), jobs.c.origin == "inverse", jobs.c.lease_worker.is_(None))
        originals = self.writer.jobs_where(jobs.c.change_id.in_([job["inverse_of"] for job in reversals]))
        keys = {original["change_id"]: key_of(original) for original in originals}
        self.reversals = {keys[job["inverse_of"]]: job for job in reversals}
        self.ended = self._ended()

    def _ended(self) -> dict[Key, datetime]:
        """Per device, object and template, the newest forecast whose change has already ended."""
        columns = (jobs.c.device, jobs.c.object, jobs.c.template)
        query = select(*columns, func.max(jobs.c.as_of)).where(jobs.c.state.not_in(OPEN), jobs.c.as_of.is_not(None)).group_by(*columns)
        return {(row[0], row[1], row[2]): row[3] for row in self.writer.connection.execute(query)}

    def run(self, seal: str) -> IngestReport:
        """Take every recommendation in, the most urgent first, then withdraw what receded, then note the round."""
        for entry in sorted(self.forecast["recommendations"], key=lambda entry: (-entry["priority"], entry["recommendation_id"])):
            self._take(entry)
        if self.objection is None:
            self._withdraw()
        recommendations, devices = _counts(self.forecast)
        row = {"digest": seal, "engine": self.forecast["engine"]["name"], "as_of": parse_time(self.forecast["as_of"]), "at": self.writer.at}
        row.update(recommendations=recommendations, devices=devices, held=self.objection is not None)
        self.writer.connection.execute(insert(rounds), row)
        self.writer.wrote = True
        return self.report

    def _take(self, entry: Mapping[str, Any]) -> None:
        key, as_of = key_of(entry), parse_time(entry["as_of"])
        present = self.open.get(key)
        if present is not None:
            self._refresh(present, entry, as_of)
        elif parse_time(entry["expires"]) <= self.writer.as_of:
            self._ignore(entry, f"it expired at {entry['expires']}")
        elif key in self.ended and self.ended[key] >= as_of:
            self._ignore(entry, "a change from this or a newer forecast has already ended")
        elif not self._prolong(key, entry):
            self._add(key, entry)

    def _ignore(self, entry: Mapping[str, Any], why: str) -> None:
        self.report.ignored.append({"recommendation_id": entry["recommendation_id"], "why": why})

    def _add(self, key: Key, entry: Mapping[str, Any]) -> None:
        job = of_recommendation(self._allowed(entry), self.requester, self.writer.as_of)
        job["state"] = "queued" if self.objection is None else "held"
        self.writer.add(job, self.objection or job["reason"], {"recommendation": dict(entry)})
        self.open[key] = job
        (self.report.added if self.objection is None else self.report.held).append(job["change_id"])

    def _allowed(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recommendation in the mode that it may have."""
        return entry if self.own and entry.get("policy") else {**entry, "mode": capped(entry["mode"])}

    def _refresh(self, job: Job, entry: Mapping[str, Any], as_of: datetime) -> None:
        """Give an open recommendation its newer values; work in progress, approvals and people's requests stand."""
        busy = job["lease_worker"] is not None or job["state"] not in PARKED or job["approved_by"] is not None
        settled = job["origin"] == "request" or (job["as_of"] is not None and job["as_of"] >= as_of)
        distrusted = self.objection is not None and job["state"] != "held"
        if distrusted and not (busy or settled):
            self._hold_back(job, entry)
        if busy or settled or distrusted:
            if job["change_id"] not in (*self.report.added, *self.report.held, *self.report.updated):
                self.report.unchanged.append(job["change_id"])
            return
        values = {**refreshed(self._allowed(entry)), "requester": self.requester}
        why = f"newer forecast of {entry['as_of']}: confidence {job['confidence']:.2f} → {values['confidence']:.2f}"
        if values["change"] != job["change"]:
            why += f", parameters {job['change']['parameters']} → {values['change']['parameters']}"
            values["state"] = "held" if job["state"] == "held" else "queued"
        self.writer.change(job, why, {"recommendation": dict(entry)}, **values)
        (self.report.held if job["state"] == "held" else self.report.updated).append(job["change_id"])

    def _hold_back(self, job: Job, entry: Mapping[str, Any]) -> None:
        """A forecast that the gate distrusts gives nothing new, but a policy that has lost `auto` in it does not act meanwhile."""
        mode = self._allowed(entry)["mode"]
        if job["mode"] == "auto" and mode != "auto":
            self.writer.change(job, f"newer forecast of {entry['as_of']}: mode auto → {mode}", mode=mode)

    def _prolong(self, key: Key, entry: Mapping[str, Any]) -> bool:
        """A temporary change that is in place and still wanted stays: its taking back moves, no second job is made.

        Where the recommendation may not act by itself, a job of its own asks a person for the longer time.
        """
        reversal = self.reversals.get(key)
        if reversal is None or entry["lifetime"]["permanent"] or self._allowed(entry)["mode"] != "auto":
            return False
        original = self.writer.job(reversal["inverse_of"])
        if original["change"] != entry["change"]:
            return False
        until = parse_time(entry["lifetime"]["revert_at"])
        if until <= reversal["not_before"] or self.objection is not None:
            self.report.unchanged.append(reversal["change_id"])
            return True
        why = f"the forecast of {entry['as_of']} wants it until {to_text(until)}"
        self.writer.change(reversal, why, not_before=until, needed_by=until, waiting_since=until)
        self.writer.change(original, why, revert_at=until)
        self.report.updated.append(reversal["change_id"])
        return True

    def _withdraw(self) -> None:
        as_of = parse_time(self.forecast["as_of"])
        wanted = {key_of(entry) for entry in self.forecast["recommendations"]}
        scopes = {(scope["policy"], scope["device"], scope["object"], scope["template"]) for scope in self.forecast.get("evaluated", ())}
        for key, job in self.open.items():
            receded = (job["policy"], *key) in scopes and key not in wanted and job["as_of"] is not None and job["as_of"] < as_of
            if receded and job["origin"] == "recommendation" and job["state"] in PARKED and job["lease_worker"] is None:
                why = f"the forecast of {to_text(as_of)} looked again and no longer recommends it"
                self.writer.change(job, why, state="withdrawn", as_of=as_of)
                self.report.withdrawn.append(job["change_id"])
