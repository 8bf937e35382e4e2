# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent is installed whole or not at all, and a second time nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.agent_install import COMMAND, InstallError, answer, request

from .conftest import AGENT, Router, cost

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGe5F1yA9dHn3WuH2N1lT1mKx1m2ZrQ1hV0c3T8b5xYz controller of the test"
KEPT = f"{AGENT}.kept"
SEE = ("/home/forestage/.ssh", "/home/forestage/.ssh/authorized_keys", "/etc/sudoers.d/forestage", AGENT)


def install(router: Router, *, check: bool = False, hostname: str = "", user: str = "forestage") -> dict[str, Any]:
    done = router.fabric.exec(router.name, COMMAND.split(), input=request(KEY, user, hostname or router.name, check=check), timeout=60)
    return answer(done.stdout.decode(), done.stderr.decode())


def seen(router: Router) -> str:
    """Whatever an installation may touch: its bytes, owners and modes."""
    found = router.fabric.exec(router.name, ["stat", "-c", "%n %U %a", *SEE]).stdout.decode()
    texts = [router.fabric.exec(router.name, ["cat", path]).stdout.decode() for path in (*SEE[1:], "/etc/passwd", "/etc/shadow")]
    return found + "".join(texts)


def become_version(router: Router, version: str, protocol: int = 1) -> None:
    router.shell("sed", "-i", f's/^VERSION = .*/VERSION = "{version}"/; s/^PROTOCOL = .*/PROTOCOL = {protocol}/', AGENT)


@pytest.fixture
def spare(neighbour: Router) -> Iterator[Router]:
    """Router r2, which gets its own agent back."""
    neighbour.shell("cp", "-p", AGENT, KEPT)
    yield neighbour
    neighbour.shell("mv", KEPT, AGENT)


def test_an_installation_is_foretold_done_once_and_mended(spare: Router) -> None:
    spare.shell("rm", AGENT)
    before = seen(spare)
    foretold = install(spare, check=True)
    assert (foretold["changed"], foretold["agent"]) == (True, {})
    assert seen(spare) == before
    done = install(spare)
    assert done["changed"]
    assert done["diff"] == foretold["diff"]
    assert done["agent"]["hostname"] == "r2"
    assert "/etc/sudoers.d/forestage root 440\n" in seen(spare)
    assert f'restrict,command="sudo -n {AGENT}" {KEY}\n' in seen(spare)
    after = seen(spare)
    assert install(spare) == {"changed": False, "agent": done["agent"], "diff": []}
    spare.shell("chown", "forestage", "/home/forestage/.ssh", "/home/forestage/.ssh/authorized_keys")
    spare.shell("usermod", "-s", "/bin/false", "forestage")
    spare.shell("sed", "-i", "s/^restrict,//", "/home/forestage/.ssh/authorized_keys")
    mended = install(spare)
    assert [entry.get("prepared", entry.get("after_header", "")).split("\n")[0] for entry in mended["diff"]] == [
        "user forestage gets home /home/forestage, shell /bin/sh and no password",
        "/home/forestage/.ssh becomes a folder of root's, mode 755",
        "/home/forestage/.ssh/authorized_keys",
    ]
    assert seen(spare) == after


def test_what_must_not_be_touched_is_left_alone(spare: Router) -> None:
    become_version(spare, "99.0.0")
    before = seen(spare)
    with pytest.raises(InstallError, match="has agent 99.0.0, which is newer than"):
        install(spare)
    become_version(spare, "99.0.0", protocol=2)
    with pytest.raises(InstallError, match="has agent 99.0.0, which is newer than"):
        install(spare)
    become_version(spare, "99.0.0")
    with pytest.raises(InstallError, match="calls itself r2, but r9 was expected; check the inventory"):
        install(spare, hostname="r9")
    with pytest.raises(InstallError, match="has toor as a name of root"):
        spare.shell("useradd", "-o", "-u", "0", "-M", "toor")
        try:
            become_version(spare, "0.1.0")
            install(spare, user="toor")
        finally:
            become_version(spare, "99.0.0")
            spare.shell("sed", "-i", "/^toor:/d", "/etc/passwd", "/etc/shadow")
    assert seen(spare) == before


def test_an_agent_with_an_unfinished_change_is_replaced_only_afterwards(router: Router) -> None:
    become_version(router, "0.1.0")
    change = router.apply(cost(31))
    for protocol in (2, 1):
        become_version(router, "0.1.0", protocol)
        with pytest.raises(InstallError, match="has an unfinished change; confirm it or roll it back"):
            install(router)
    router.driver.rollback(change)
    assert install(router)["agent"]["version"] != "0.1.0"


def test_what_is_no_answer_becomes_one_sentence() -> None:
    with pytest.raises(InstallError, match=r"could not run the installation: sh: 1: /usr/bin/python3: not found\."):
        answer("", "sh: 1: /usr/bin/python3: not found\n")


@pytest.mark.parametrize("key", ["", "ssh-ed25519", f"{KEY}\n{KEY}", f'command="id" {KEY}', "ssh-ed25519 AAAA\nssh-rsa BBBB x"])
def test_one_key_is_wanted_and_nothing_beside_it(key: str) -> None:
    with pytest.raises(InstallError, match="must be one public ssh key"):
        request(key, "forestage", "r1", check=True)


@pytest.mark.parametrize("user", ["", "a b", "../x", "x\nALL ALL=(ALL) NOPASSWD: ALL #", "-x"])
def test_a_user_has_a_plain_name(user: str) -> None:
    with pytest.raises(InstallError, match="is no name for a user"):
        request(KEY, user, "r1", check=True)
