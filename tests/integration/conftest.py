# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user gets it: built into a tarball, installed from it, and not writable."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def tree_hash(folder: Path) -> str:
    """One digest over the names and contents of every file below `folder`, but for the bytecode that Python leaves when root runs it."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@pytest.fixture(scope="session")
def collection_tarball(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact, built from the checkout."""
    folder = tmp_path_factory.mktemp("tarball")
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", str(folder), str(root)], check=True, capture_output=True)
    return next(folder.glob("forestage-network-*.tar.gz"))


@pytest.fixture(scope="session")
def installed_collection(collection_tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A collections path that holds nothing but the artifact, without permission to write; nothing in it may change."""
    folder = tmp_path_factory.mktemp("installed")
    command = ["ansible-galaxy", "collection", "install", "--offline", "--collections-path", str(folder), str(collection_tarball)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)})
    before = tree_hash(folder)
    _writable(folder, False)
    yield folder
    after = tree_hash(folder)
    _writable(folder, True)
    assert after == before, "a run wrote into the installed collection"


def _writable(folder: Path, yes: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        path.chmod(mode | stat.S_IWUSR if yes else mode & ~0o222)
