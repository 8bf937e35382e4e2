# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before the health of changed devices says something."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_patience
short_description: How long to wait before the health of changed devices says something
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - An OSPF neighbour that a change has silenced is missed only when its dead interval has passed. This reads the intervals from
    the configurations of a candidate. FRR's own default is 40 seconds.
  - BGP's hold time is left out; a change that may silence a BGP peer needs a longer wait, by C(deploy_bake).
options:
  _input:
    description: The candidate, a value of schema C(candidate).
    type: dict
    required: true
"""

EXAMPLES = r"""
seconds: "{{ candidate | forestage.network.deploy_patience }}"
"""

RETURN = r"""
_value:
  description: The longest dead interval and a second more; at least 5 seconds.
  type: float
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import patience
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"deploy_patience": plain(patience)}
