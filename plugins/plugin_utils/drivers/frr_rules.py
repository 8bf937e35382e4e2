# SPDX-License-Identifier: GPL-3.0-or-later
"""Which FRR commands set one value, so that a second one replaces the first."""

from __future__ import annotations

import re

# The text that matches is the thing that is set; what follows it is the value. A line that matches
# nothing stands beside its like (addresses, networks, neighbours, permits).
SINGLE_VALUED = tuple(
    re.compile(pattern)
    for pattern in (
        r"frr (version|defaults)\b",
        r"(no )?(ip|ipv6) forwarding$",
        r"hostname\b",
        r"description\b",
        r"bandwidth\b",
        r"ip ospf (area|cost|priority|network|hello-interval|dead-interval|retransmit-interval|transmit-delay|authentication-key)\b",
        r"ipv6 ospf6 (area|cost|priority|network)\b",
        r"(ospf|bgp|ospf6) router-id\b",
        r"auto-cost reference-bandwidth\b",
        r"maximum-paths\b",
        r"max-metric router-lsa (administrative|on-startup|on-shutdown)\b",
        r"timers (bgp|throttle spf)\b",
        r"default-metric\b",
        r"(no )?bgp (default ipv4-unicast|ebgp-requires-policy|network import-check)$",
        r"neighbor \S+ (remote-as|description|password|update-source|weight|maximum-prefix|ebgp-multihop|timers)\b",
        r"neighbor \S+ (route-map|prefix-list|filter-list|distribute-list) \S+ in$",
        r"neighbor \S+ (route-map|prefix-list|filter-list|distribute-list) \S+ out$",
        r"(ip|ipv6) prefix-list \S+ seq \d+\b",
        r"(match|set) (ip address|ip next-hop|metric|local-preference|community|as-path prepend)\b",
        r"password\b",
        r"log (syslog|stdout)\b",
    )
)


def key_of(line: str) -> str | None:
    """What the line sets, or None where several such lines may stand together."""
    for pattern in SINGLE_VALUED:
        found = pattern.match(line)
        if found:
            return re.sub(r"^no ", "", _without_value(found.group(0)))
    return None


def _without_value(text: str) -> str:
    """Leave out the name in ``neighbor X prefix-list NAME in``: a neighbour has one list a direction."""
    return re.sub(r"^(neighbor \S+ (?:route-map|prefix-list|filter-list|distribute-list)) \S+ (in|out)$", r"\1 \2", text)
