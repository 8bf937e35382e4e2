# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a change waits for the next run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_wait
short_description: Why a change waits for the next run
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - The first change of its sort in a run is the canary of the others. When it is rolled back, or nobody knows how it ended, the
    changes of the same template or at the same site that have not begun wait for the next run.
positional: earlier, rule
options:
  _input:
    description: The next change, its C(template) and the C(sites) of its devices.
    type: dict
    required: true
  earlier:
    description: The changes that this run has deployed, the same of each, with its C(device), C(object) and C(result).
    type: list
    elements: dict
    required: true
  rule:
    description: Which changes wait after a failure. V(similar) means the same template or the same site.
    type: str
    choices: [similar, all, none]
    default: similar
"""

EXAMPLES = r"""
why: >-
  {{ {'template': 'capacity', 'sites': ['a']}
     | forestage.network.deploy_wait([{'template': 'capacity', 'sites': ['b'], 'device': 'edge-b1', 'object': 'eth3',
                                       'result': 'rolled_back'}]) }}
"""

RETURN = r"""
_value:
  description: One sentence; empty when the change may go on.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment import waits
from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"deploy_wait": plain(waits)}
