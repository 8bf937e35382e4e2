# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between two device configurations, fit for people: secrets are masked."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..drivers.frr_config import parse, render

SECRET = re.compile(
    r"((?:^|\s)(?:password|secret|authentication-key|key-string|message-digest-key \d+ md5|md5)\s+(?:\d+\s+(?=\S))?)\S+", re.IGNORECASE
)


def mask(text: str) -> str:
    """The text with every secret that FRR writes in clear replaced by asterisks."""
    return SECRET.sub(r"\1********", text)


def as_text(config: Mapping[str, Any]) -> str:
    """A device configuration as one text in three parts, FRR's in one layout however it came."""
    qos = json.dumps(config["qos"], indent=1, sort_keys=True) if config["qos"] else ""
    return "\n".join(("# frr", render(parse(str(config["frr"]))).rstrip(), "# nft", str(config["nft"]).rstrip(), "# qos", qos, ""))


def config_diff(before: Mapping[str, Any], after: Mapping[str, Any], device: str) -> str:
    """Unified diff, running to candidate; empty when they are alike.

    Lines are compared unmasked, so that a changed secret shows as a change of asterisks.
    """
    lines = difflib.unified_diff(
        as_text(before).splitlines(), as_text(after).splitlines(), f"{device} running", f"{device} candidate", lineterm="", n=2
    )
    return "".join(f"{mask(line)}\n" for line in lines)
