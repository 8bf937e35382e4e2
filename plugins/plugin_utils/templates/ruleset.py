# SPDX-License-Identifier: GPL-3.0-or-later
"""An nftables ruleset as whole tables: a change owns its table and leaves the others alone."""

from __future__ import annotations

from collections.abc import Mapping

from ..drivers.agent_file import agent
from .errors import TemplateError


def tables(text: str) -> dict[str, str]:
    """Split ``nft -s list ruleset`` into tables: ``"inet filter"`` → its text, braces included."""
    try:
        return dict(agent().nft_tables(text))
    except agent().Refused as refused:
        raise TemplateError(str(refused)) from None


def merge_tables(running: str, patch: Mapping[str, str | None]) -> str:
    """Replace, add (text between the braces) or remove (None) ``table inet NAME`` for each NAME of the patch."""
    result = tables(running)
    for name, body in patch.items():
        table = f"inet {name}"
        if body is None:
            result.pop(table, None)
        else:
            result[table] = f"table {table} {{\n{body.rstrip()}\n}}\n"
    return "".join(result[name] for name in sorted(result))
