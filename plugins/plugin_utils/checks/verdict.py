# SPDX-License-Identifier: GPL-3.0-or-later
"""From evidence to a verdict, and the verdict as JUnit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from ansible_collections.forestage.network.forecasting.contracts import check, to_text

from . import compliance, performance, routing, security
from .evidence import Check, Evidence
from .golden import Rule


def judge(evidence: Evidence, rules: Sequence[Rule]) -> list[Check]:
    """Every check of the four categories. A candidate that was refused has nothing else to be judged by."""
    others = [] if evidence.refused else [*security.checks(evidence), *routing.checks(evidence), *performance.checks(evidence)]
    return [*others, *compliance.checks(evidence, rules)]


def verdict_of(
    change_id: str, found: Sequence[Check], rehearsed: Mapping[str, Any], untested: Sequence[str], topology: Mapping[str, Any]
) -> dict[str, Any]:
    """The verdict (schema verdict): failed by any failed check, partial where something could not be tried, else passed.

    Args:
        change_id: of the change.
        found: the checks.
        rehearsed: `started_at`, `finished_at` and `canonical` of the rehearsal.
        untested: lines of the running configuration that the virtual devices did not take, and measurements that could not be made.
        topology: what was copied, for the record.
    """
    failed = [one for one in found if one.status == "failed"]
    result = "failed" if failed else "partial" if untested else "passed"
    verdict = {
        "schema": "forestage/verdict/1", "change_id": change_id, "result": result, "checks": [asdict(one) for one in found],
        "untested": list(untested), "canonical": dict(rehearsed.get("canonical", {})), "topology": dict(topology),
        "started_at": rehearsed["started_at"], "finished_at": rehearsed["finished_at"], "reason": _reason(failed, untested),
    }  # fmt: skip
    check("verdict", verdict, f"verdict of change {change_id}")
    return verdict


def not_staged(change_id: str, why: str) -> dict[str, Any]:
    """The verdict of a change that could not be rehearsed."""
    now = to_text(datetime.now(UTC))
    verdict = {"schema": "forestage/verdict/1", "change_id": change_id, "result": "not_staged", "checks": [], "reason": why}
    return {**verdict, "started_at": now, "finished_at": now}


def _reason(failed: Sequence[Check], untested: Sequence[str]) -> str:
    if failed:
        first = failed[0]
        where = f" on {first.device}" if first.device else ""
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"{first.category}: {first.name}{where}: expected {first.expected}; seen {first.seen}{more}"
    if untested:
        more = f" (and {len(untested) - 1} more)" if len(untested) > 1 else ""
        return f"this could not be tried on virtual devices: {untested[0]}{more}"
    return "every check passed"


def junit(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts as JUnit XML: a suite for each change, a case for each check."""
    root = ElementTree.Element("testsuites")
    for verdict in verdicts:
        checks = verdict["checks"]
        count = {status: str(sum(one["status"] == status for one in checks)) for status in ("failed", "skipped")}
        suite = ElementTree.SubElement(
            root, "testsuite", name=verdict["change_id"], tests=str(len(checks)), failures=count["failed"], skipped=count["skipped"],
            errors="1" if verdict["result"] == "not_staged" else "0", timestamp=verdict["started_at"],
        )  # fmt: skip
        for one in checks:
            name = f"{one['name']} ({one['device']})" if one["device"] else one["name"]
            case = ElementTree.SubElement(suite, "testcase", classname=one["category"], name=name)
            if one["status"] == "failed":
                ElementTree.SubElement(case, "failure", message=one["seen"]).text = f"expected: {one['expected']}\nseen: {one['seen']}"
            if one["status"] == "skipped":
                ElementTree.SubElement(case, "skipped", message=one["seen"])
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
