# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the fabric raises towards its users."""

from __future__ import annotations


class FabricError(RuntimeError):
    """The fabric cannot do what was asked; the text is one sentence fit for a user."""
