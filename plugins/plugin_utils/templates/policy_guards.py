# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy file says that no change may block."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import yaml
from ansible_collections.forestage.network.forecasting.contracts import check


def policy_guards(text: str, source: str = "the policy file") -> dict[str, Any]:
    """The guards of a policy file, checked: `never_block`; `widest_ipv4`, `widest_ipv6` and `longest_ttl` where it gives them.

    Raises:
        ValueError: it is no policy file, or one of the prefixes is none; names the place.
    """
    try:
        policies = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{source} is not YAML: {' '.join(str(error).split())}") from None
    check("policy", policies, source)
    guards = policies.get("guards", {})
    for prefix in guards.get("never_block", []):
        try:
            ip_network(prefix)
        except ValueError as error:
            raise ValueError(f"{source}, guards, never_block: {error}; write a network such as 192.0.2.0/24") from None
    widest = {f"widest_{version}": length for version, length in guards.get("widest_prefix", {}).items()}
    longest = {name: guards[name] for name in ("longest_ttl",) if name in guards}
    return {"never_block": list(guards.get("never_block", [])), **widest, **longest}
