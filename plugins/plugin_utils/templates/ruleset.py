# SPDX-License-Identifier: GPL-3.0-or-later
"""An nftables ruleset as a mapping of whole tables: a change owns its table and leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

MEND = "give it as `nft -s list ruleset` prints it"
HEAD = re.compile(r"^table (\S+) (\S+) \{$")


class RulesetError(ValueError):
    """A ruleset that cannot be read; the text names the line."""


def tables(text: str) -> dict[str, str]:
    """Split ``nft -s list ruleset`` into tables: ``"inet filter"`` → its text, braces included."""
    found: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        head = HEAD.match(line)
        if head and not name:
            name = f"{head[1]} {head[2]}"
            found[name] = [line]
        elif name:
            found[name].append(line)
            name = "" if line == "}" else name
        elif line.strip() and not line.startswith("#"):
            raise RulesetError(f"line {number} of the nftables ruleset: {line!r} stands outside a table; {MEND}")
    if name:
        raise RulesetError(f"the nftables table {name} has no closing brace in the first column; {MEND}")
    return {table: "".join(f"{line}\n" for line in lines) for table, lines in found.items()}


def merge_tables(running: str, patch: Mapping[str, str | None]) -> str:
    """Replace, add (text between the braces) or remove (None) ``table inet NAME`` for each NAME of the patch."""
    result = tables(running)
    for name, body in patch.items():
        table = f"inet {name}"
        if body is None:
            result.pop(table, None)
        else:
            result[table] = f"table {table} {{\n{body.rstrip()}\n}}\n"
    return "".join(result.values())
