# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of change templates and what is made with it."""

from __future__ import annotations

from .candidate import Scope, known_interfaces, make_candidate
from .catalogue import FOLDER, Catalogue, Template, check_change
from .errors import TemplateError
from .guard import Guard

__all__ = ["FOLDER", "Catalogue", "Guard", "Scope", "Template", "TemplateError", "check_change", "known_interfaces", "make_candidate"]
