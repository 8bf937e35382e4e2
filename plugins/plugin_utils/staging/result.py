# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the rehearsals gathered to one verdict for each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..checks.evidence import Check, Evidence
from ..checks.golden import Rule
from ..checks.verdict import judge, not_staged, verdict_of
from .plan import Plan
from .untested import put_back


def evidence_of(plan: Plan, base: Mapping[str, Any], rehearsed: Mapping[str, Any]) -> Evidence:
    """The evidence of one rehearsal in the form that the checks take."""
    change = plan.changes[rehearsed["change_id"]]
    return Evidence(
        template=change["template"],
        device=change["device"],
        parameters=change["parameters"],
        allowed=change["allowed"],
        before=base["observed"],
        after=rehearsed.get("observed", {}),
        base=base["configs"],
        canonical=rehearsed.get("canonical", {}),
        reached_before=base["reached"],
        reached_after=rehearsed.get("reached", {}),
        management_before=base["management"],
        management_after=rehearsed.get("management", {}),
        known_prefixes=plan.known_prefixes,
        traffic=rehearsed["traffic"],
        refused=rehearsed.get("refused", ""),
        restored=rehearsed["restored"],
        sessions=plan.copy().sessions,
    )


def verdicts_of(plan: Plan, base: Mapping[str, Any], rehearsed: Mapping[str, Mapping[str, Any]], rules: Sequence[Rule]) -> dict[str, Any]:
    """change_id → verdict, for every change of the plan; one without a rehearsal was not staged."""
    verdicts = {change_id: not_staged(change_id, why) for change_id, why in plan.not_staged.items()}
    untested = [f"{device}: {line}" for device, text in base["untested"].items() for line in _lines(text)]
    for change_id in plan.changes:
        if change_id not in rehearsed:
            verdicts[change_id] = not_staged(change_id, "the rehearsal did not come to an end")
            continue
        hindrance = rehearsed[change_id].get("stopped") or _not_copied(plan, base, plan.changes[change_id]["devices"])
        if hindrance:
            verdicts[change_id] = not_staged(change_id, hindrance)
            continue
        found: list[Check] = judge(evidence_of(plan, base, rehearsed[change_id]), rules)
        canonical = {device: _whole(plan, base, device, config) for device, config in rehearsed[change_id].get("canonical", {}).items()}
        unmeasured = [f"{one['what']}: {one['skipped']}" for one in rehearsed[change_id]["traffic"] if one.get("untested")]
        tested = {**rehearsed[change_id], "canonical": canonical}
        verdicts[change_id] = verdict_of(change_id, found, tested, untested + unmeasured, _topology(plan))
    return verdicts


def _not_copied(plan: Plan, base: Mapping[str, Any], devices: Iterable[str]) -> str:
    """Why a rehearsal on these devices means nothing: filters or shaping of production that their copies do not have."""
    for device in devices:
        for part, name in (("nft", "nftables rules"), ("qos", "shaping")):
            if device in plan.running and plan.running[device][part] != base["configs"][device][part]:
                return f"the virtual {device} does not take the {name} that run on {device}; see which kernel feature this machine lacks"
    return ""


def _whole(plan: Plan, base: Mapping[str, Any], device: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration read back from a virtual device, with the lines that it could not be given."""
    kept_out = [tuple(path) for path in base["withheld"].get(device, [])]
    return {**config, "frr": put_back(config["frr"], plan.running[device]["frr"], kept_out)} if kept_out else dict(config)


def _lines(diff: str) -> list[str]:
    """The changed lines of a unified diff, without its headers."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def _topology(plan: Plan) -> dict[str, Any]:
    copy = plan.copy()
    return {"devices": sorted(copy.nodes), "stubs": copy.stubs, "links": copy.spec["links"]}
