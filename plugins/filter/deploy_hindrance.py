# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nothing may be deployed now."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_hindrance
short_description: Why nothing may be deployed now
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description: Compares the clock with a change window and a freeze.
options:
  _input:
    description:
      - The change window. C(start) and C(end) as HH:MM, C(days) on which it starts, C(timezone). Empty for none.
    type: dict
    required: true
  freeze_until:
    description: Time or date (UTC) before which nothing is deployed. Empty for none.
    type: str
"""

EXAMPLES = r"""
why_not: >-
  {{ {'start': '22:00', 'end': '05:00', 'days': ['mon', 'tue'], 'timezone': 'Europe/Berlin'}
     | forestage.network.deploy_hindrance('2026-12-24') }}
"""

RETURN = r"""
_value:
  description: One sentence; empty when changes may be deployed.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import hindrance
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"deploy_hindrance": plain(hindrance)}
