# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies as data: a YAML catalogue of *when* a forecast calls for a change, and *what* that change is."""

from __future__ import annotations

from .loader import load
from .model import Catalogue, Policy
from .source import PolicyError
from .templates import Template, Templates, read_templates

__all__ = ["Catalogue", "Policy", "PolicyError", "Template", "Templates", "load", "read_templates"]
