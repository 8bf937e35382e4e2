# SPDX-License-Identifier: GPL-3.0-or-later
"""Which series a policy looks at, and which of their labels can be trusted to be what they seem."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..contracts import errors_of
from .model import Scope

LABEL_NAME = "name"
COLUMNS = (("devices", "device"), ("objects", "object"), ("sites", "site"), ("roles", "role"))


class HostileLabel(ValueError):
    """A label from telemetry does not look like a label; the text is one sentence."""


def labels_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a series row, each checked against the schema.

    Raises:
        HostileLabel: for text that is no JSON object, or a name or value that no label may have.
    """
    text = row.get("labels")
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise HostileLabel("its labels are no JSON object; export them as one")
    for name, value in found.items():
        if not _is("name", name) or not _is("label", value):
            raise HostileLabel(
                f"its label {name[:40]!r} has the value {str(value)[:60]!r}, which no label may have; correct it at the source"
            )
    return found


def _is(definition: str, value: Any) -> bool:
    return not errors_of("checked_text", {definition: value})


def matches(scope: Scope, row: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """True when the series lies in the scope."""
    for key, column in COLUMNS:
        patterns = getattr(scope, key)
        if patterns and not any(fnmatchcase(str(row.get(column) or ""), pattern) for pattern in patterns):
            return False
    return all(name in labels and fnmatchcase(labels[name], pattern) for name, pattern in scope.labels.items())
