# SPDX-License-Identifier: GPL-3.0-or-later
"""A candidate in the form that staging read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: as_tested
short_description: A candidate in the form that staging read back
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Puts the canonical configurations of a verdict in the place of those that were rendered.
  - So what is deployed is what was tested.
positional: verdict
options:
  _input:
    description: A candidate, as the schema C(candidate) has it.
    type: dict
    required: true
  verdict:
    description: Its verdict, as the schema C(verdict) has it.
    type: dict
    required: true
"""

EXAMPLES = r"""
deploy_candidate: "{{ candidate | forestage.network.as_tested(verdict) }}"
"""

RETURN = r"""
_value:
  description: The candidate.
  type: dict
"""


def as_tested(candidate: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    canonical = verdict.get("canonical") or {}
    devices = {name: {**entry, "config": canonical.get(name, entry["config"])} for name, entry in candidate["devices"].items()}
    return {**candidate, "devices": devices}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"as_tested": as_tested}
