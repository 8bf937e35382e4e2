# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry: it runs the migrations on the connection that schema.py hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
