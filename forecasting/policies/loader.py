# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a policy catalogue: YAML to frozen policies, each with its version and its place in the file."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from pathlib import Path
from typing import Any

from ..contracts.durations import seconds
from .checks import check_catalogue, check_schema
from .model import AutoWhen, Catalogue, EventWindow, Guards, Lately, Limit, Network, Peer, Policy, Scope, What, When, While
from .source import Place, Source, read
from .templates import Templates

DEFAULTS: dict[str, Any] = {
    "mode": "shadow",
    "horizon": "14d",
    "min_confidence": 0.6,
    "lead_time": "1d",
    "hysteresis": 0.1,
    "min_dwell": "1d",
    "max_changes_per_week": 2,
}
IN_WHEN = ("horizon", "min_confidence")


def load(path: Path, templates: Templates) -> Catalogue:
    """Read the catalogue at `path` and check it against its schema, the `templates` and itself.

    Raises:
        PolicyError: naming the file, the line and the mend.
    """
    source = read(path)
    check_schema(source)
    defaults = {**DEFAULTS, **source.data.get("defaults", {})}
    policies = tuple(_policy(source, index, defaults) for index in range(len(source.data["policies"])))
    catalogue = Catalogue(policies, _guards(source), source.data.get("pools", {}), str(path))
    check_catalogue(source, catalogue, templates)
    return catalogue


def _policy(source: Source, index: int, defaults: dict[str, Any]) -> Policy:
    given = source.data["policies"][index]
    full = {**{key: value for key, value in defaults.items() if key not in IN_WHEN}, **given}
    asked = {**defaults.get("auto_when", {}), **given.get("auto_when", {})}
    full |= {"auto_when": asked} if asked else {}
    full["when"] = {**{key: defaults[key] for key in IN_WHEN}, **given["when"]}
    return Policy(
        name=full["name"],
        version=_version(full),
        when=_when(full["when"]),
        what=_what(full["what"]),
        severity=full["severity"],
        mode=full["mode"],
        lead_time_s=seconds(full["lead_time"]),
        hysteresis=float(full["hysteresis"]),
        min_dwell_s=seconds(full["min_dwell"]),
        max_changes_per_week=full["max_changes_per_week"],
        auto_when=AutoWhen(**{key: float(value) for key, value in asked.items()}),
        where=f"{source.path}:{source.line(('policies', index))}",
        description=full.get("description", ""),
    )


def _version(full: dict[str, Any]) -> str:
    """The same text for the same meaning: twelve hex digits over the policy with its defaults, its prose left out."""
    meaning = {key: value for key, value in full.items() if key != "description"}
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _when(given: dict[str, Any]) -> When:
    event = given.get("event")
    return When(
        metric=given["metric"],
        limit=_limit(given["limit"]),
        beyond=given.get("beyond", "above"),
        duration_s=seconds(given.get("duration", "0s")),
        min_confidence=float(given["min_confidence"]),
        horizon_s=seconds(given["horizon"]),
        scope=_scope(given.get("scope", {})),
        also=_while(given["while"]) if "while" in given else None,
        event=EventWindow(event["kind"], seconds(event.get("lead", "0s"))) if event else None,
        anomaly=_lately(given["anomaly"]) if "anomaly" in given else None,
    )


def _lately(given: dict[str, Any]) -> Lately:
    usual = Lately()
    within_s = seconds(given["within"]) if "within" in given else usual.within_s
    return Lately(tuple(given.get("kinds", ())), within_s, float(given.get("least", usual.least)))


def _what(given: dict[str, Any]) -> What:
    return What(
        template=given["template"],
        parameters=given["parameters"],
        device=given.get("device"),
        object=given.get("object"),
        device_role=given.get("device_role"),
        ttl_s=seconds(given["ttl"]) if "ttl" in given else None,
        until_event_end="until" in given,
    )


def _limit(given: dict[str, Any]) -> Limit:
    peer = given.get("ratio_to")
    return Limit(
        series=given.get("series"),
        share=float(given.get("share", 1.0)),
        value=None if given.get("value") is None else float(given["value"]),
        ratio_to=Peer(**peer) if peer else None,
        times=float(given.get("times", 1.0)),
    )


def _while(given: dict[str, Any]) -> While:
    if "below" in given:
        return While(Peer(**given["peer"]), _limit(given["below"]), "below")
    return While(Peer(**given["peer"]), _limit(given["above"]), "above")


def _scope(given: dict[str, Any]) -> Scope:
    names = {key: tuple(given.get(key, ())) for key in ("devices", "objects", "sites", "roles")}
    return Scope(**names, labels=dict(given.get("labels", {})))


def _guards(source: Source) -> Guards:
    given = source.data.get("guards", {})
    widest = given.get("widest_prefix", {})
    usual = Guards()
    return Guards(
        never_block=tuple(_network(source, ("guards", "never_block", index)) for index in range(len(given.get("never_block", [])))),
        widest_ipv4=widest.get("ipv4", usual.widest_ipv4),
        widest_ipv6=widest.get("ipv6", usual.widest_ipv6),
        longest_ttl_s=seconds(given["longest_ttl"]) if "longest_ttl" in given else usual.longest_ttl_s,
    )


def _network(source: Source, place: Place) -> Network:
    text = source.data["guards"]["never_block"][place[-1]]
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise source.error(place, f"never_block: {error}; write a network such as 192.0.2.0/24") from None
