# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a device."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_troubles
short_description: What is wrong with a device
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description: Lists the OSPF neighbours that are not full and the BGP peers that are not established, in words.
options:
  _input:
    description: What M(forestage.network.device_config) returned for V(observed).
    type: dict
    required: true
  ignored:
    description: Router ids and addresses of neighbours not to count.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
troubles: "{{ observed.device | forestage.network.health_troubles(ignored=['192.0.2.9']) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each trouble.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import troubles
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"health_troubles": plain(troubles)}
