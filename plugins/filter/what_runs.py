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
  - Collects C(forestage_gathered), the registered result of M(forestage.network.device_config) with the state V(gathered), from the
    hosts' variables.
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
        answer = (hostvars[name].get("forestage_gathered") or {}).get("device") or {}
        if "observe" in answer:
            found[name] = {"config": answer["config"], "digest": answer["digest"], "observe": answer["observe"]}
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"what_runs": what_runs}
