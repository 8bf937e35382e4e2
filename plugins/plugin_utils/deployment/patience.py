# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a silent neighbour can go unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drivers.frr_config import parse

LEAST = 5.0
MARGIN = 1.0  # seconds between the loss of a neighbour and its showing
OSPF_HELLO = 10.0  # FRR's default; RFC 2328, appendix C.3, gives it as an example
DEAD, HELLO = "ip ospf dead-interval", "ip ospf hello-interval"
HELLOS_IN_DEAD = 4  # RFC 2328, appendix C.3


def patience(candidate: Mapping[str, Any]) -> float:
    """Seconds after which every OSPF neighbour that a change has silenced is seen to be gone.

    Args:
        candidate: A value of the schema `candidate`; the longest dead interval on its devices counts. A device without
            OSPF, or of a platform whose configuration is not read here, asks for the least, 5 s.
    """
    texts = [str(entry["config"].get("frr", "")) for entry in candidate["devices"].values()]
    return max([LEAST, *(dead + MARGIN for text in texts for dead in _dead_intervals(text))])


def _dead_intervals(text: str) -> list[float]:
    """The OSPF dead interval of each interface on which a neighbour may be, in seconds."""
    sections = {node.text: [child.text for child in node.children] for node in parse(text).children}
    networks = any(line.startswith("network ") for line in sections.get("router ospf", []))
    ports = [lines for name, lines in sections.items() if name.startswith("interface ")]
    speaking = [lines for lines in ports if networks or any(line.startswith("ip ospf area ") for line in lines)]
    return [_dead_interval(lines) for lines in speaking if not any(line.startswith("ip ospf passive") for line in lines)]


def _dead_interval(lines: list[str]) -> float:
    words = {command: line[len(command) :].split()[0] for line in lines for command in (DEAD, HELLO) if line.startswith(f"{command} ")}
    if DEAD in words:
        return 1.0 if words[DEAD] == "minimal" else float(words[DEAD])
    return HELLOS_IN_DEAD * float(words.get(HELLO, OSPF_HELLO))
