# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions as Jinja filters: plain values in and out, one sentence when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function JSON's own values instead of Ansible's tagged ones, and turn its refusals into filter errors."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        values, keywords = json.loads(json.dumps([given, named], default=_text))
        try:
            return function(*values, **keywords)
        except ValueError as error:
            raise AnsibleFilterError(str(error)) from None

    return called


def _text(value: Any) -> str:
    """A date or time, which YAML makes of an unquoted 2026-12-24, as the text that was written."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no plain value")
