# SPDX-License-Identifier: GPL-3.0-or-later
"""Small networks for the tests of the fabric, and an ordinary user to build one as."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric


@pytest.fixture(scope="session")
def specification(root: Path) -> Path:
    """The file of two routers with a shaped link between them, and a host behind each."""
    return root / "molecule/default/files/fabric.yml"


@pytest.fixture(scope="session")
def spec(specification: Path) -> dict[str, Any]:
    """What is in that file."""
    value: dict[str, Any] = yaml.safe_load(specification.read_text(encoding="utf-8"))
    return value


@pytest.fixture
def name() -> Iterator[str]:
    """A name for a fabric, which is removed afterwards whatever became of it."""
    chosen = f"test-{uuid.uuid4().hex[:8]}"
    yield chosen
    Fabric.remove(chosen)


def host(address: str, peer: str) -> dict[str, Any]:
    """A traffic host of a specification."""
    return {"kind": "host", "addresses": {"eth1": [f"{address}/24"]}, "gateway": peer}


@pytest.fixture
def hosts() -> dict[str, Any]:
    """The quickest fabric: two hosts and a cable."""
    return {
        "nodes": {"one": host("10.9.0.1", "10.9.0.2"), "two": host("10.9.0.2", "10.9.0.1")},
        "links": [{"a": "one:eth1", "b": "two:eth1"}],
    }


def ordinary_user() -> str | None:
    """A user other than root who has a subordinate range."""
    owners = [line.split(":")[0] for line in Path("/etc/subuid").read_text(encoding="utf-8").splitlines()]
    known = {user.pw_name for user in pwd.getpwall() if user.pw_uid > 0}
    return next((owner for owner in owners if owner in known), None)


@pytest.fixture(scope="session")
def as_ordinary_user() -> Callable[[list[str]], subprocess.CompletedProcess[str]]:
    """Runs a Python program as an ordinary user, with an interpreter that this user may run."""
    if os.geteuid() != 0:
        return lambda argv: subprocess.run([sys.executable, *argv], capture_output=True, text=True, check=False, cwd="/")
    user = ordinary_user() if Path("/etc/subuid").exists() else None
    if user is None:
        pytest.skip("root runs the tests and no ordinary user has a range in /etc/subuid")
    packages = str(Path(yaml.__file__).parent.parent)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    enter = ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--init-groups", "env", "-i",
             f"PATH={os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin", f"HOME=/home/{user}", f"PYTHONPATH={packages}"]  # fmt: skip
    for python in (sys.executable, f"/usr/bin/{version}"):
        argv = [*enter, python]
        if subprocess.run([*argv, "-c", "import yaml, jsonschema"], capture_output=True, check=False, cwd="/").returncode == 0:
            return lambda program, argv=argv: subprocess.run([*argv, *program], capture_output=True, text=True, check=False, cwd="/")
    pytest.skip(f"user {user} can run neither {sys.executable} nor /usr/bin/{version} with the packages needed")
