# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies × series → the Provisioning Forecast, and a ledger entry for every pair that was looked at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .autonomy import Grant, grants
from .calibration import EMPTY, Calibration
from .contracts import check, errors_of, to_text
from .evaluate import Evaluation, LeftOut, Look, NoEvent, evaluate, plain_row
from .explain import Sureness
from .history.table import History
from .noticed import noticed, shown
from .outlook import Outlook
from .policies import Catalogue, Policy, Template, Templates
from .policies.expressions import ExpressionError, render
from .policies.facts import Facts, Network, base_facts
from .policies.guards import refusal
from .policies.scope import HostileLabel, labels_of, matches
from .policies.standing import Standing, Target
from .proposal import Proposal, recommendation, taken_back_at
from .result import ENGINE

IDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:forestage:recommendation")


@dataclass(frozen=True)
class Round:
    """All that one round of recommendations is made from.

    Attributes:
        as_of: nothing after it is looked at.
        history: what was measured before `as_of`.
        outlooks: the forecast that a policy works on (policies may ask for different sampling).
        running: device → facts of its running state.
        change_log: past jobs (see `policies.standing`).
        calibration: what matured predictions taught.
        past: the ledger with its outcomes; with the change log it decides which policies may act by themselves.
    """

    as_of: datetime
    catalogue: Catalogue
    templates: Templates
    history: History
    outlooks: Callable[[Policy], Outlook]
    running: Mapping[str, Any] = field(default_factory=dict)
    change_log: Sequence[Mapping[str, Any]] = ()
    calibration: Calibration = EMPTY
    past: Sequence[Mapping[str, Any]] = ()


@dataclass
class Result:
    """The Provisioning Forecast (schema provisioning_forecast) and the new ledger entries (schema ledger_entry)."""

    forecast: dict[str, Any]
    ledger: list[dict[str, Any]]


@dataclass
class _State:
    standing: Standing
    network: Network
    granted: Mapping[str, Grant]
    chosen: dict[Target, dict[str, Any]] = field(default_factory=dict)
    evaluated: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def recommend(given: Round, step: Callable[[int, int], None] = lambda done, total: None) -> Result:
    """Evaluate every policy on every series in its scope. `step` hears how many policies are done."""
    names = set(given.history.series["device"].astype(str))
    granted = grants(given.catalogue.policies, given.past, given.change_log, given.as_of)
    state = _State(Standing.of(given.change_log, given.as_of), Network(given.running, given.catalogue.pools, names), granted)
    state.left_out += list(given.history.left_out)
    policies = given.catalogue.policies
    for done, policy in enumerate(policies, 1):
        outlook = given.outlooks(policy)
        rows = given.history.demand_series
        wanted = rows[rows["metric"] == policy.when.metric].to_dict("records")
        inside = [_series(given, state, policy, plain_row(row), outlook) for row in wanted]
        if not any(inside):
            state.warnings.append(_looks_at_nothing(policy, len(wanted)))
        step(done, len(policies))
    for item in state.chosen.values():
        item["evidence"]["anomalies"] = shown(given.history.row(item["evidence"]["series"][0]), given.history, given.as_of)
    ranked = sorted(state.chosen.values(), key=lambda item: (-item["priority"], item["needed_by"], item["recommendation_id"]))
    forecast = {
        "schema": "forestage/provisioning_forecast/1",
        "as_of": to_text(given.as_of),
        "horizon_s": max(policy.when.horizon_s for policy in policies),
        "engine": ENGINE,
        "recommendations": ranked,
        "evaluated": [state.evaluated[key] for key in sorted(state.evaluated)],
        "autonomy": [granted[name].as_dict() for name in sorted(granted)],
        "left_out": _unique(state.left_out),
        "warnings": [*given.history.warnings, *state.warnings],
    }
    check("provisioning_forecast", forecast, "the Provisioning Forecast")
    return Result(forecast, state.ledger)


def _looks_at_nothing(policy: Policy, of_metric: int) -> str:
    """What to say of a policy that has no series: a wrong name, or a role that the history does not know, looks like peace."""
    about = f"{policy.where}: policy {policy.name} looks at"
    if not of_metric:
        return f"{about} {policy.when.metric}, of which the history has no series"
    return f"{about} none of the {of_metric} series of {policy.when.metric}; compare its scope with their devices, roles, sites and labels"


def _series(given: Round, state: _State, policy: Policy, row: dict[str, Any], outlook: Outlook) -> bool:
    """One pair; whatever cannot be evaluated is listed with its reason, never dropped in silence. False: outside the policy's scope."""
    try:
        labels = labels_of(row)
        if not matches(policy.when.scope, row, labels):
            return False
        _pair(given, state, Look(policy, row, base_facts(row, labels, state.network), given.history, outlook, given.as_of))
    except (HostileLabel, LeftOut) as error:
        state.left_out.append({"unique_id": str(row["unique_id"]), "reason": f"policy {policy.name}: {error}"})
    return True


def _pair(given: Round, state: _State, look: Look) -> None:
    """Evaluate, decide, and enter the pair into scope and ledger. Without a coming event only the scope hears of it."""
    policy, facts = look.policy, dict(look.facts)
    try:
        found = evaluate(look)
    except NoEvent:
        _looked_at(state, policy, _target(policy, look.row, facts))
        return
    group = str(look.row.get("role") or "any")
    sure = given.calibration.judge(policy.name, group, found.crossing.probability)
    facts |= _forecast_facts(found, sure)
    target = _target(policy, look.row, facts)
    _looked_at(state, policy, target)
    chosen = _choose(given, state, found, sure, facts, target)
    state.ledger.append(_entry(given, found, sure, target, group, chosen))


def _looked_at(state: _State, policy: Policy, target: Target) -> None:
    scope = {"policy": policy.name, "device": target.device, "object": target.object, "template": target.template}
    state.evaluated[(policy.name, *target.key)] = scope


def _choose(given: Round, state: _State, found: Evaluation, sure: Sureness, facts: Facts, target: Target) -> str | None:
    """The id of the recommendation that answers this pair, or None."""
    policy = found.policy
    if not state.standing.decide(policy, target, sure.confidence).recommend:
        return None
    if policy.when.anomaly and not noticed(policy.when.anomaly, found.row, given.history, given.as_of):
        return None
    template = given.templates[policy.what.template]
    try:
        parameters = _parameters(given, state, template, policy, facts)
    except LeftOut as error:
        state.left_out.append({"unique_id": str(found.row["unique_id"]), "reason": f"policy {policy.name}: {error}"})
        return None
    if not state.standing.again(policy, target, parameters, taken_back_at(found, given.as_of)).recommend:
        return None
    name = _id(given.as_of, policy.name, *target.key)
    granted = state.granted.get(policy.name)
    proposal = Proposal(name, found, sure, target, template.kind, parameters, given.history, given.as_of, granted)
    fresh = recommendation(proposal) | {"engine": ENGINE, "p_helps": given.calibration.helps.probability(policy.name, template.name)}
    other = state.chosen.get(target)
    if other is not None and other["priority"] >= fresh["priority"]:
        other["evidence"]["series"].append(str(found.row["unique_id"]))
        return str(other["recommendation_id"])
    if other is not None:
        fresh["evidence"]["series"] += other["evidence"]["series"]
        for entry in state.ledger:
            entry["recommendation_id"] = name if entry["recommendation_id"] == other["recommendation_id"] else entry["recommendation_id"]
    state.chosen[target] = fresh
    state.network.reserve(target.device, parameters)
    return name


def _parameters(given: Round, state: _State, template: Template, policy: Policy, facts: Facts) -> dict[str, Any]:
    """Rendered, checked against the template's schema, and let through by the guards."""
    try:
        parameters: dict[str, Any] = render(dict(policy.what.parameters), facts)
    except ExpressionError as error:
        raise LeftOut(f"its parameters cannot be filled in: {error}") from None
    wrong = template.errors(parameters)
    if wrong:
        raise LeftOut(f"template {template.name} refuses its parameters ({wrong[0]})")
    refused = refusal(given.catalogue.guards, template.blocks, parameters, state.network.protected())
    if refused:
        raise LeftOut(refused)
    return parameters


def _target(policy: Policy, row: Mapping[str, Any], facts: Facts) -> Target:
    try:
        device = render(policy.what.device or row["device"], facts) if policy.what.device else row["device"]
        name = render(policy.what.object, facts) if policy.what.object else row["object"]
    except ExpressionError as error:
        raise LeftOut(f"its target cannot be named: {error}") from None
    wrong = errors_of("checked_text", {"device": device, "object": name})
    if wrong:
        raise LeftOut(f"its target is no device and object ({wrong[0]})")
    return Target(str(device), str(name), policy.what.template)


def _forecast_facts(found: Evaluation, sure: Sureness) -> Facts:
    """What expressions may ask of the forecast."""
    event, peer = found.event, found.peer
    return {
        "limit": found.limit,
        "peak": found.crossing.peak,
        "peak_q90": found.crossing.peak_q90,
        "confidence": sure.confidence,
        "crossing": dict(zip(("q10", "q50", "q90"), (found.at(step) for step in found.crossing.first), strict=True)),
        "event": {"name": event.name, "kind": event.kind, "start": event.start, "end": event.end, "magnitude": event.magnitude}
        if event
        else {},
        "peer": {"device": peer.row["device"], "object": peer.row["object"], "limit": peer.limit, "peak": peer.peak} if peer else {},
    }


def _entry(given: Round, found: Evaluation, sure: Sureness, target: Target, group: str, chosen: str | None) -> dict[str, Any]:
    unique_id = str(found.row["unique_id"])
    return {
        "schema": "forestage/ledger_entry/1",
        "entry_id": _id(given.as_of, found.policy.name, *target.key, unique_id),
        "as_of": to_text(given.as_of),
        "policy": found.policy.name,
        "template": target.template,
        "device": str(found.row["device"]),
        "object": str(found.row["object"]),
        "unique_id": unique_id,
        "group": group,
        "limit": found.limit,
        "duration_s": found.policy.when.duration_s,
        "horizon_s": (found.end - given.as_of).total_seconds(),
        "interval_s": found.outlook.interval_s,
        "window_start": to_text(found.start),
        "beyond": found.policy.when.beyond,
        "p_raw": round(found.crossing.probability, 6),
        "p_calibrated": round(sure.confidence, 6),
        "forecast_peak": found.crossing.peak,
        "recommendation_id": chosen,
        "estimator": given.templates[target.template].estimator,
        "matures_at": to_text(found.end),
        "outcome": None,
    }


def _id(as_of: datetime, *parts: str) -> str:
    return str(uuid.uuid5(IDS, "|".join((to_text(as_of), *parts))))


def _unique(left_out: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({(item["unique_id"], item["reason"]): item for item in left_out}.values())
