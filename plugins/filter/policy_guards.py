# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy file says that no change may block."""

from __future__ import annotations

DOCUMENTATION = r"""
name: policy_guards
short_description: What a policy file says that no change may block
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description: Checks a policy file and takes its C(guards) out, for the role P(forestage.network.render#role).
positional: source
options:
  _input:
    description: The text of the policy file.
    type: str
    required: true
  source:
    description: What to call it in a message.
    type: str
    default: the policy file
"""

EXAMPLES = r"""
render_guards: "{{ lookup('ansible.builtin.file', 'policies.yml') | forestage.network.policy_guards('policies.yml') }}"
"""

RETURN = r"""
_value:
  description: C(never_block); C(widest_ipv4), C(widest_ipv6) and C(longest_ttl) where the file gives them.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.forestage.network.plugins.plugin_utils.deployment.filters import plain
from ansible_collections.forestage.network.plugins.plugin_utils.templates.policy_guards import policy_guards


class FilterModule:
    """Gives the filter its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"policy_guards": plain(policy_guards)}
