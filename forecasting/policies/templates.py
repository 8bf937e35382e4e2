# SPDX-License-Identifier: GPL-3.0-or-later
"""What the analytics knows of the change templates: kind, outcome estimator and parameter schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import check
from ..contracts.validation import validator_of
from ..errors import InputError
from .source import read

FOLDER = Path(__file__).resolve().parents[2] / "roles" / "render" / "templates"
STATE = {"enum": ["present", "absent"]}


@dataclass(frozen=True)
class Template:
    """One folder of the template catalogue. `blocks` names the parameters whose prefixes lose traffic."""

    name: str
    kind: str
    estimator: str
    schema: Mapping[str, Any]
    blocks: tuple[str, ...] = ()

    def errors(self, parameters: Mapping[str, Any]) -> list[str]:
        """Every way in which `parameters` break the template's schema, as ``name: what``."""
        found = validator_of("template_meta").evolve(schema=self.schema).iter_errors(parameters)
        return sorted(f"{'.'.join(map(str, error.absolute_path)) or 'parameters'}: {error.message[:200]}" for error in found)


Templates = Mapping[str, Template]


def read_templates(folder: Path = FOLDER) -> Templates:
    """Every ``<template>/meta.yml`` under `folder`, by name.

    Raises:
        InputError: when there is none, or one is not as its schema asks.
    """
    found = {file.parent.name: _template(file) for file in sorted(folder.glob("*/meta.yml"))}
    if not found:
        raise InputError(f"{folder} holds no template (no <name>/meta.yml); give the folder of the template catalogue")
    return found


def _template(file: Path) -> Template:
    meta = read(file).data
    check("template_meta", meta, str(file))
    given = meta["parameters"]
    schema = {**given, "type": "object", "additionalProperties": False, "properties": {**given["properties"], "state": STATE}}
    return Template(meta["template"], meta["kind"], meta["estimator"], schema, tuple(meta.get("blocks", ())))
