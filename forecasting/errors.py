# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that a user can mend."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input. The text is one sentence that names the file, line, series or device, and the mend."""
