# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices that jobs change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: affected_devices
short_description: The devices that jobs change
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description: The device of each job and the peers that its change names, each once and sorted.
options:
  _input:
    description: Jobs, as the schema C(job) has them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
devices: "{{ claimed.jobs | forestage.network.affected_devices }}"
"""

RETURN = r"""
_value:
  description: Inventory names.
  type: list
  elements: str
"""


def affected_devices(jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    from ansible_collections.forestage.network.plugins.plugin_utils.queue.writer import devices_of  # ansible-doc has no sqlalchemy

    return sorted({device for job in jobs for device in devices_of(dict(job))})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"affected_devices": affected_devices}
