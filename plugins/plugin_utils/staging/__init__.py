# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearse changes on virtual copies of the routers that they touch."""
