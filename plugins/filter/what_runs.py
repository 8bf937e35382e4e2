# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: what_runs
short_description: What runs on devices, from what their hosts have registered
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Gathers C(forestage_running) and C(forestage_observed), the registered results of M(forestage.network.device_config) with the
    states V(running) and V(observed), from the hosts' variables.
  - Devices that did not answer are left out.
positional: hostvars
options:
  _input:
    description: Inventory names of the devices.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
render_running: "{{ ['core-a1', 'core-b1'] | forestage.network.what_runs(hostvars) }}"
"""

RETURN = r"""
_value:
  description: For each device its C(config), C(digest) and C(observe).
  type: dict
"""


def what_runs(names: Iterable[str], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name in names:
        running = _answer(hostvars[name], "forestage_running")
        if "digest" in running:
            observed = _answer(hostvars[name], "forestage_observed")
            found[name] = {"config": running["config"], "digest": running["digest"], "observe": observed}
    return found


def _answer(variables: Mapping[str, Any], registered: str) -> Mapping[str, Any]:
    return (variables.get(registered) or {}).get("device") or {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"what_runs": what_runs}
