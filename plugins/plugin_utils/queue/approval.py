# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person has agreed to: this change, until this end, after this verdict. It covers nothing else and nothing worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forestage.network.forecasting.contracts import to_text

from .writer import Job

KIND = "approval"
"""The document that holds it."""

_WORSE_AND_WORSE = ("passed", "partial", "not_staged", "failed")


def given(job: Job, known: Mapping[str, Any], by: str) -> dict[str, Any]:
    """The approval of `job` by a person who has seen its documents `known`; who saw no verdict agreed to nothing untested."""
    return {"by": by, **_subject(job), "verdict": known.get("verdict", {}).get("result", _WORSE_AND_WORSE[0])}


def handed_on(job: Job, known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The documents of a job that takes an approved change back: the approval of a temporary change covers its end."""
    if job["approved_by"] is None or KIND not in known:
        return {}
    return {KIND: {**known[KIND], **_subject(job)}}


def flaw(job: Job, known: Mapping[str, Any]) -> str | None:
    """Why the approval that `job` carries does not cover what would be deployed, in words; None when it does."""
    paper = known.get(KIND)
    if paper is None or paper["by"] != job["approved_by"]:
        return "it is not on record"
    if {name: paper[name] for name in _subject(job)} != _subject(job):
        return "it was given for other values"
    result = known.get("verdict", {}).get("result")
    if result is not None and _WORSE_AND_WORSE.index(result) > _WORSE_AND_WORSE.index(paper["verdict"]):
        return f"it was given for the verdict {paper['verdict']} or better"
    return None


def _subject(job: Job) -> dict[str, Any]:
    end = job["revert_at"]
    return {"device": job["device"], "object": job["object"], "change": job["change"], "revert_at": None if end is None else to_text(end)}
