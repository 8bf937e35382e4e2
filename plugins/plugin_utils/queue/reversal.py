# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a temporary change: queued when it deploys, tried again when it fails, named when it is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text
from sqlalchemy import Connection, or_, select

from . import approval, papers
from .states import PARKED
from .tables import jobs
from .values import Stored, of_inverse, tried_again
from .writer import Job, Writer

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=1)
"""A reversal that failed waits so long before it is tried again: doubled each time, never longer than the second."""

FAILED = ("failed_staging", "rolled_back")
IN_PLACE = ("deployed", "verified", "reverting")


def plan(writer: Writer, job: Job, known: Mapping[str, Any]) -> None:
    """Queue the taking back of a temporary change. A change that replaces an earlier temporary one inherits its way back."""
    earlier = _waiting(writer, job)
    back = earlier[0]["change"] if earlier else known.get("candidate", {}).get("inverse")
    for reversal in earlier:
        writer.change(reversal, f"the change {job['change_id']} took the place of {reversal['inverse_of']}", state="superseded")
    if job["revert_at"] is not None and back:
        reversal = of_inverse(job, back)
        writer.add(reversal, reversal["reason"], approval.handed_on(reversal, known))


def _waiting(writer: Writer, job: Job) -> list[Job]:
    """Reversals that would undo what `job` has just put in place: of the same template, or of a change of the same template."""
    place = (jobs.c.device == job["device"], jobs.c.object == job["object"])
    same = select(jobs.c.change_id).where(*place, jobs.c.template == job["template"])
    about = or_(jobs.c.template == job["template"], jobs.c.inverse_of.in_(same))
    return writer.jobs_where(*place, about, jobs.c.origin == "inverse", jobs.c.state.in_(PARKED), jobs.c.lease_worker.is_(None))


def follow(writer: Writer, reversal: Job, before: str) -> None:
    """Keep the temporary change's own state in step with the job that takes it back, and try again what failed."""
    original = writer.job(reversal["inverse_of"])
    why = f"its reversal {reversal['change_id']} is {reversal['state']}"
    if reversal["state"] in ("deploying", "deployed") and original["state"] in ("deployed", "verified"):
        writer.change(original, why, state="reverting")
    if reversal["state"] == "deployed" and original["state"] == "reverting":
        writer.change(original, why, state="reverted")
    elif before == "deploying" and reversal["state"] != "deployed" and original["state"] == "reverting":
        writer.change(original, why, state="verified")
    if reversal["state"] in FAILED and original["state"] in (*IN_PLACE, "reverted"):
        if original["state"] == "reverted":
            writer.change(original, why, state="verified")
        _again(writer, reversal)


def _again(writer: Writer, failed: Job) -> None:
    """Queue a failed reversal anew under its own change_id: the devices know the old one as ended."""
    tries = len(writer.jobs_where(jobs.c.inverse_of == failed["inverse_of"], jobs.c.state.in_(FAILED)))
    begin = max(writer.as_of, failed["not_before"]) + min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
    why = f"the reversal {failed['change_id']} is {failed['state']}; try {tries + 1} begins at {to_text(begin)} or later"
    again = tried_again(failed, begin)
    writer.add(again, why, approval.handed_on(again, papers.of_change(writer.connection, failed["change_id"])))


def overdue(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """Temporary changes that are still in place past their end, the longest overdue first, each with a sentence that says so."""
    late = (jobs.c.origin != "inverse", jobs.c.state.in_(IN_PLACE), jobs.c.revert_at <= now)
    found = []
    for job in connection.execute(select(jobs).where(*late).order_by(jobs.c.revert_at, jobs.c.job_id)).mappings().all():
        query = select(jobs).where(jobs.c.inverse_of == job["change_id"]).order_by(jobs.c.job_id)
        reversals = connection.execute(query).mappings().all()
        last = reversals[-1] if reversals else None
        if (last is not None and last["state"] == "superseded") or _replaced(connection, job):
            continue
        failures = sum(reversal["state"] in FAILED for reversal in reversals)
        entry = {name: job[name] for name in ("change_id", "device", "object", "template")}
        sentence = (
            f"The temporary {job['template']} of {job['object']} on {job['device']} ({job['change_id']}) should have been taken back at "
            f"{to_text(job['revert_at'])}; {_whereabouts(last, failures, now)}."
        )
        entry.update(revert_at=to_text(job["revert_at"]), reversal=None if last is None else last["change_id"])
        found.append({**entry, "reversal_state": None if last is None else last["state"], "failures": failures, "sentence": sentence})
    return found


def _replaced(connection: Connection, job: Stored) -> bool:
    """Whether a later change of the same kind is in place there, so that this one is not."""
    same = (jobs.c[name] == job[name] for name in ("device", "object", "template"))
    later = (jobs.c.job_id > job["job_id"], jobs.c.origin != "inverse", jobs.c.state.in_(IN_PLACE))
    return connection.execute(select(jobs.c.job_id).where(*same, *later).limit(1)).first() is not None


def _whereabouts(reversal: Stored | None, failures: int, now: datetime) -> str:
    """What has become of the job that should take a change back."""
    if reversal is None:
        return "no job takes it back, so do it by hand"
    failed = f", after {failures} that failed" if failures else ""
    state, name = reversal["state"], f"its reversal {reversal['change_id']}"
    if reversal["lease_worker"] is not None:
        return f"{name} is in the hands of {reversal['lease_worker']}{failed}"
    if state == "queued" and reversal["not_before"] > now:
        return f"{name} begins at {to_text(reversal['not_before'])} or later{failed}"
    words = {
        "staged": "was rehearsed and waits for a run whose mode ceiling lets it deploy",
        "awaiting_approval": "waits for a person's approval",
        "rollback_blocked": "was stopped by a manual edit on the device, which a person must look at",
    }
    return f"{name} {words.get(state, f'is {state}')}{failed}"
