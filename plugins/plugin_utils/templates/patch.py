# SPDX-License-Identifier: GPL-3.0-or-later
"""What a template says (its YAML), and its place in a device's whole configuration."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from ..drivers.frr_config import merge
from .errors import TemplateError
from .ruleset import merge_tables

PARTS = {"frr": str, "nft": dict, "qos": dict}


def read_patch(text: str, path: Path) -> dict[str, Any]:
    """Read a rendered template: a YAML mapping of frr (snippet), nft (table → body or null), qos (interface → part or null)."""
    label = f"template {path.parent.name}/{path.name}"
    try:
        patch = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise TemplateError(f"{label} does not render to YAML: {' '.join(str(error).split())}") from None
    if not isinstance(patch, dict) or set(patch) - set(PARTS):
        raise TemplateError(f"{label} must render to a mapping of frr, nft and qos, and nothing else")
    wrong = [part for part, value in patch.items() if not isinstance(value, PARTS[part])]
    if wrong:
        raise TemplateError(f"{label}: {wrong[0]} must be a {'text' if wrong[0] == 'frr' else 'mapping'}")
    foreign = [name for name in patch.get("nft", {}) if not str(name).startswith("forestage_")]
    if foreign:
        raise TemplateError(f"{label}: the nftables table {foreign[0]!r} is not its own; name it forestage_…")
    return patch


def apply_patch(config: Mapping[str, Any], patch: Mapping[str, Any], device: str) -> dict[str, Any]:
    """The whole configuration of a device with the patch merged in; the input is left as it was."""
    try:
        return {
            "frr": merge(str(config["frr"]), patch.get("frr", "")),
            "nft": merge_tables(str(config["nft"]), patch.get("nft", {})),
            "qos": _merge_qos(config["qos"], patch.get("qos", {})),
        }
    except ValueError as error:
        raise TemplateError(f"{device}: {error}") from None


def _merge_qos(running: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = deepcopy(dict(running))
    for interface, part in patch.items():
        if part is None:
            result.pop(interface, None)
            continue
        entry = result.setdefault(interface, {})
        entry.update({key: value for key, value in part.items() if key != "classes"})
        if "classes" in part:
            entry["classes"] = _merge_classes(entry.get("classes", []), part["classes"])
        if not entry.get("classes"):
            entry.pop("classes", None)
    return result


def _merge_classes(running: list[dict[str, Any]], patch: Mapping[str, Any]) -> list[dict[str, Any]]:
    classes = {entry["name"]: entry for entry in running}
    for name, part in patch.items():
        if part is None:
            classes.pop(name, None)
        else:
            classes[name] = {"name": name, **classes.get(name, {}), **part}
    return sorted(classes.values(), key=lambda entry: int(entry["id"]))
