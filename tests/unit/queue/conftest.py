# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh queue in a file, and a clock that is set by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

from tests.support import memory
from tests.support.queue_values import Clock


@pytest.fixture(scope="session")
def empty_queue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One new queue, to copy from."""
    path = tmp_path_factory.mktemp("queue") / "queue.db"
    Store.open(str(path), create=True)
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue_file(empty_queue: Path) -> Iterator[Path]:
    with memory.folder() as folder:
        yield Path(shutil.copy(empty_queue, folder / "queue.db"))


@pytest.fixture
def store(queue_file: Path, clock: Clock) -> Store:
    return Store.open(str(queue_file), clock=clock)
