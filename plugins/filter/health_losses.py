# SPDX-License-Identifier: GPL-3.0-or-later
"""What devices lost by a change."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_losses
short_description: What devices lost by a change
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Compares what devices saw before and after a change. Lists the OSPF neighbours, BGP peers and routes that are gone, the
    routes that became blackholes, and the devices that no longer answer, in words. What the change is there to take away is no loss.
options:
  _input:
    description: What M(forestage.network.device_config) returned for V(observed) before the change, by device.
    type: dict
    required: true
  after:
    description: The same after the change.
    type: dict
    required: true
  change:
    description: The change, as in the schema C(job).
    type: dict
    required: true
  allowed:
    description: Further prefixes, neighbours and interfaces that may go.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
losses: "{{ {'core-a1': before} | forestage.network.health_losses({'core-a1': after}, job.change, allowed=['198.51.100.0/24']) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each loss.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import losses_of
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"health_losses": plain(losses_of)}
