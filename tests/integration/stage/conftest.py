# SPDX-License-Identifier: GPL-3.0-or-later
"""A small production network as configurations, changes to it, and ways to run the role stage on them."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.drivers.agent_file import digest
from ansible_collections.forestage.network.plugins.plugin_utils.templates import Catalogue, Guard, make_candidate

TIMERS = " ip ospf area 0\n ip ospf cost 10\n ip ospf dead-interval 4\n ip ospf hello-interval 1\n ip ospf network point-to-point\n"
THROTTLE = " timers throttle spf 0 50 500\n timers throttle lsa all 100\n timers lsa min-arrival 0\n"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: forestage.network.stage
      vars:
        stage_items: "{{ lookup('ansible.builtin.file', items_file) | from_json }}"
    - ansible.builtin.copy:
        content: "{{ stage_verdicts | to_json }}"
        dest: "{{ verdicts_file }}"
        mode: "0600"
"""
CATALOGUE = Catalogue()
Verdicts = dict[str, dict[str, Any]]


def router(name: str, number: int, ports: Mapping[str, str], users: str = "") -> dict[str, Any]:
    """A router of OSPF area 0 with links, and perhaps a network of users on eth9."""
    links = "".join(f"interface {port}\n ip address {address}\n{TIMERS}exit\n" for port, address in ports.items())
    users = f"interface eth9\n ip address {users}\n ip ospf area 0\n ip ospf passive\nexit\n" if users else ""
    loopback = f"interface lo\n ip address 10.255.0.{number}/32\n ip ospf area 0\n ip ospf passive\nexit\n"
    head = f"frr defaults traditional\nhostname {name}\nservice integrated-vtysh-config\n"
    frr = f"{head}{links}{users}{loopback}router ospf\n ospf router-id 10.255.0.{number}\n{THROTTLE}exit\n"
    return {"frr": frr, "nft": "", "qos": {"eth1": {"rate_kbit": 10000}}}


# a ring of four: left and right have users, the links over bottom cost more
NETWORK = {
    "left": router("left", 1, {"eth1": "10.0.0.0/31", "eth2": "10.0.3.1/31"}, "10.1.0.1/24"),
    "top": router("top", 2, {"eth1": "10.0.1.0/31", "eth2": "10.0.0.1/31"}),
    "right": router("right", 3, {"eth1": "10.0.2.0/31", "eth2": "10.0.1.1/31"}, "10.2.0.1/24"),
    "bottom": router("bottom", 4, {"eth1": "10.0.3.0/31", "eth2": "10.0.2.1/31"}),
}


def item(change_id: str, device: str, template: str, *, demand: float = 0, network: Any = None, **parameters: Any) -> dict[str, Any]:
    """A change as role stage takes it, rendered against a network (`NETWORK` by default)."""
    network = network or NETWORK
    job: dict[str, Any] = {"change_id": change_id, "device": device}
    job["change"] = {"template": template, "kind": CATALOGUE[template].kind, "parameters": parameters}
    if demand:
        job["documents"] = {"recommendation": {"evidence": {"forecast_peak": demand, "unit": "bit/s"}}}
    running = {name: {"config": config, "digest": digest(config)} for name, config in network.items()}
    return {"job": job, "candidate": make_candidate(job, running, CATALOGUE, Guard()), "running": dict(network)}


@dataclass
class Stage:
    """Runs the role from a folder of its own; `python` and `collections` as who runs it has them."""

    folder: Path
    python: Path
    collections: Path
    prefix: tuple[str, ...] = ()

    def start(self, items: list[dict[str, Any]], inventory: Path | None = None, **variables: Any) -> subprocess.Popen[str]:
        """Begin a run; `verdicts` waits for it."""
        (self.folder / "items.json").write_text(json.dumps(items), encoding="utf-8")
        (self.folder / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
        given = {"items_file": f"{self.folder}/items.json", "verdicts_file": f"{self.folder}/verdicts.json", **variables}
        given["forestage_workdir"] = str(self.folder / "work")
        bare = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MOLECULE_"))}
        env = {
            **bare,
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.runtime()),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        playbook = [str(self.python), str(self.python.parent / "ansible-playbook"), "play.yml", "-e", json.dumps(given)]
        argv = [*self.prefix, *playbook, *(["-i", str(inventory)] if inventory else [])]
        return subprocess.Popen(
            argv, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def runtime(self) -> Path:
        """Where the runs keep what must not outlive them: in memory, and of this test alone."""
        folder = Path("/dev/shm", f"test-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}")
        if not folder.exists():
            folder.mkdir(mode=0o700)
            owner = self.folder.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
        return folder

    def left_over(self) -> list[str]:
        """Clear up, and tell what the runs left; the empty folder of fabrics and the locks of their names may stay."""
        patterns = ("forestage-stage-*", "forestage-*/fabrics/stage-*")
        found = [str(path) for pattern in patterns for path in self.runtime().glob(pattern)]
        shutil.rmtree(self.runtime())
        return found

    def verdicts(self, run: subprocess.Popen[str]) -> Verdicts:
        """Wait for a run and return its verdicts by change_id."""
        said, _unused = run.communicate(timeout=900)
        assert run.returncode == 0, said[-4000:]
        value: Verdicts = json.loads((self.folder / "verdicts.json").read_text(encoding="utf-8"))
        return value


def from_the_checkout(folder: Path) -> Stage:
    """As whoever runs the tests."""
    return Stage(folder, Path(sys.executable), Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    own = from_the_checkout(tmp_path)
    yield own
    own.left_over()


@pytest.fixture
def ordinary_stage(installed_collection: Path) -> Iterator[Stage]:
    """From the installed, read-only collection; as an ordinary user where root runs the tests."""
    user = _ordinary_user()
    if user is None:
        pytest.skip("root runs the tests and no ordinary user has a range in /etc/subuid")
    # not below pytest's own folder, which is closed to other users
    folder = Path(tempfile.mkdtemp(prefix="forestage-test-"))
    try:
        folder.chmod(0o755)
        shutil.copytree(installed_collection, folder / "collections", symlinks=True)
        (folder / "collections").chmod(0o555)
        home = folder / "home"
        home.mkdir()
        os.chown(home, user.pw_uid, user.pw_gid)
        if os.geteuid() != 0:
            own = Stage(home, Path(sys.executable), folder / "collections")
        else:
            enter = ("setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--init-groups", "--")
            own = Stage(home, _python_for_all(folder / "python"), folder / "collections", enter)
        yield own
        own.left_over()
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
        shutil.rmtree(folder)


def _ordinary_user() -> pwd.struct_passwd | None:
    """Whoever runs the tests, unless that is root: then somebody with a subordinate range."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    ranges = Path("/etc/subuid").read_text(encoding="utf-8").splitlines() if Path("/etc/subuid").exists() else []
    owners = {line.split(":")[0] for line in ranges}
    return next((user for user in pwd.getpwall() if user.pw_uid > 0 and user.pw_name in owners), None)


def _python_for_all(folder: Path) -> Path:
    """The system's interpreter with the packages of this one: ours may lie in a home that is closed to others."""
    base = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path(base).exists():
        pytest.skip(f"there is no {base} that an ordinary user could run")
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "tested.pth").write_text(f"{Path(yaml.__file__).parent.parent}\n", encoding="utf-8")
    for program, module in {"ansible-playbook": "ansible.cli.playbook", "ansible-config": "ansible.cli.config"}.items():
        script = folder / "bin" / program
        script.write_text(f"#!{folder}/bin/python\nfrom {module} import main\nmain()\n", encoding="utf-8")
        script.chmod(0o755)
    return folder / "bin" / "python"
