# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a deployment."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deployment
short_description: The record of a deployment
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description: Puts together what each device says, works out how the deployment ended, and checks it against the schema C(deployment).
options:
  _input:
    description: For each device, by name, its C(state), and its C(diff) and C(message) where known.
    type: dict
    required: true
  change_id:
    description: Which change.
    type: str
    required: true
  started_at:
    description: When it began, RFC 3339 UTC.
    type: str
    required: true
  finished_at:
    description: When it ended.
    type: str
    required: true
  reason:
    description: Why it ended so.
    type: str
    default: ''
  before:
    description: What M(forestage.network.device_config) returned for V(observed) before the change, by device.
    type: dict
    default: {}
  after:
    description: The same after it.
    type: dict
    default: {}
"""

EXAMPLES = r"""
record: >-
  {{ {'core-a1': {'state': 'confirmed'}}
     | forestage.network.deployment(change_id=job.change_id, started_at='2026-06-01T10:00:00Z', finished_at='2026-06-01T10:00:09Z') }}
"""

RETURN = r"""
_value:
  description: A value of schema C(deployment).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import document
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"deployment": plain(document)}
