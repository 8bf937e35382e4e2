# SPDX-License-Identifier: GPL-3.0-or-later
"""Both back-ends, each with a fresh queue for every test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import memory, postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The socket folder of a server that lives as long as the session."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL's server is not installed")
    with postgres.server() as folder:
        yield folder


@pytest.fixture
def postgres_url(postgres_server: Path) -> str:
    return postgres.new_database(postgres_server, f"queue_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def queue_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a queue that is not there yet; an SQLite file lies in memory where that is possible, for speed."""
    if request.param == "postgresql":
        yield str(request.getfixturevalue("postgres_url"))
        return
    with memory.folder() as folder:
        yield str(folder / "queue.db")
