# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the template catalogue raises."""

from __future__ import annotations


class TemplateError(ValueError):
    """A change that cannot be rendered; the text is one sentence that names the place and the mend."""
