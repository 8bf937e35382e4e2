# SPDX-License-Identifier: GPL-3.0-or-later
"""What every part agrees on: the schemas of the values and the priority formula.

The only package that both the analytics and the Ansible plugins import. It needs nothing
beyond the standard library and jsonschema, and must stay that light: the inventory plugin
loads it.
"""

from __future__ import annotations

from .clock import parse_time, to_text
from .priority import Factors, Priority, tier_of
from .validation import ContractError, check, errors_of, field_test, schema_of

__all__ = ["ContractError", "Factors", "Priority", "check", "errors_of", "field_test", "parse_time", "schema_of", "tier_of", "to_text"]
