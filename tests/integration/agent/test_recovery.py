# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is killed, cut or edited meanwhile: the router is whole, and the agent tells the truth about it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.drivers import DeviceError

from .conftest import AGENT, Router, cost

RELOAD = "/usr/lib/frr/frr-reload.py"


def kill_while(router: Router, state: str) -> None:
    """Kill the agent (SIGKILL) as soon as its transaction is in a state."""
    script = (
        "import json, os, signal, time\n"
        "while True:\n"
        "    try: record = json.load(open('/var/lib/forestage/pending.json'))\n"
        "    except (OSError, ValueError): time.sleep(0.002); continue\n"
        f"    if record['state'] == {state!r}: time.sleep(0.15); os.kill(record['pid'], signal.SIGKILL); break\n"
    )
    router.shell("timeout", "30", "python3", "-c", script)


def start_apply(router: Router, change: str, seconds: float) -> subprocess.Popen[bytes]:
    """Start an apply and leave it running."""
    answer = router.driver.running()
    cost(71)(answer["config"])
    request = {
        "protocol": 1, "op": "apply", "change_id": change, "config": answer["config"], "base_digest": answer["digest"],
        "deadline_s": seconds, "identity": {"hostname": "r1"},
    }  # fmt: skip
    applying = subprocess.Popen(router.fabric.command("r1", [AGENT]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert applying.stdin is not None
    applying.stdin.write(json.dumps(request).encode())
    applying.stdin.close()
    return applying


def test_an_agent_killed_half_way_is_finished_by_the_watchdog(router: Router) -> None:
    before, startup = router.driver.running()["config"], router.startup()
    applying = start_apply(router, "killed-half-way", 60)
    kill_while(router, "applying")
    assert applying.wait(30) != 0
    assert router.wait("killed-half-way", "rolled_back") == "rolled_back"
    assert router.driver.running()["config"] == before
    assert router.startup() == startup


def test_a_reboot_while_pending_brings_the_old_configuration_back(router: Router) -> None:
    before, startup = router.driver.running()["config"], router.startup()
    change = router.apply(cost(72))
    router.fabric.reboot("r1")
    assert router.state(change) == "rolled_back"
    assert router.driver.running()["config"] == before
    assert router.startup() == startup


def test_a_reboot_half_way_through_an_apply_brings_the_old_configuration_back(router: Router) -> None:
    before = router.driver.running()["config"]
    applying = start_apply(router, "cut-half-way", 60)
    until = time.monotonic() + 20
    while (
        "applying" not in router.fabric.exec("r1", ["cat", "/var/lib/forestage/pending.json"]).stdout.decode() and time.monotonic() < until
    ):
        time.sleep(0.02)
    router.fabric.reboot("r1")
    applying.wait(30)
    assert router.state("cut-half-way") == "rolled_back"
    assert router.driver.running()["config"] == before


def test_a_killed_watchdog_is_replaced_by_the_next_request(router: Router) -> None:
    before = router.driver.running()["config"]
    change = router.apply(cost(73), seconds=15)
    router.shell("pkill", "-KILL", "-f", f"watch {change}")
    assert router.state(change) == "pending"
    router.shell("pgrep", "-f", f"watch {change}")
    assert router.wait(change, "rolled_back") == "rolled_back"
    assert router.driver.running()["config"] == before


def test_a_hand_edit_is_never_erased(router: Router) -> None:
    change = router.apply(cost(74), seconds=15)
    router.configure("ip route 198.51.100.0/24 blackhole")
    edited = router.driver.running()["config"]
    assert router.wait(change, "rollback_blocked") == "rollback_blocked"
    assert router.driver.running()["config"] == edited
    with pytest.raises(DeviceError) as refused:
        router.apply(cost(75))
    assert refused.value.code == "rollback_blocked"
    router.configure("no ip route 198.51.100.0/24 blackhole")
    assert router.driver.rollback(change)["change"]["state"] == "rolled_back"


def test_an_edit_of_a_table_of_ours_is_a_hand_edit(router: Router) -> None:
    change = router.apply(lambda config: config.update(nft=config["nft"] + "table inet forestage_t {\n\tchain c {\n\t}\n}\n"))
    router.shell("nft", "add rule inet forestage_t c ip saddr 192.0.2.9 counter drop")
    assert router.driver.rollback(change)["change"]["state"] == "rollback_blocked"
    assert "192.0.2.9" in router.driver.running()["config"]["nft"]
    router.shell("nft", "flush chain inet forestage_t c")
    assert router.driver.rollback(change)["change"]["state"] == "rolled_back"


def fail_to_roll_back(router: Router, value: int) -> str:
    """A change of which the first rollback has failed."""
    change = router.apply(cost(value), seconds=1000)
    router.shell("mount", "--bind", "/bin/false", RELOAD)
    assert router.driver.rollback(change)["change"]["state"] == "rolling_back"
    return change


@pytest.fixture
def reload_is_mended(router: Router) -> Iterator[None]:
    yield
    router.fabric.exec("r1", ["umount", RELOAD])


@pytest.mark.usefixtures("reload_is_mended")
def test_a_rollback_that_failed_is_tried_again(router: Router) -> None:
    before = router.driver.running()["config"]
    change = fail_to_roll_back(router, 80)
    assert router.state(change) == "rolling_back"
    router.shell("umount", RELOAD)
    assert router.wait(change, "rolled_back") == "rolled_back"
    assert router.driver.running()["config"] == before


@pytest.mark.usefixtures("reload_is_mended")
def test_a_router_repaired_between_two_rollbacks_is_left_alone(router: Router) -> None:
    change = fail_to_roll_back(router, 81)
    repair = f"vtysh -c 'configure terminal' -c 'interface eth1' -c 'ip ospf cost 99' && umount {RELOAD}"
    router.shell("flock", "/var/lib/forestage/lock", "sh", "-c", repair)  # between two attempts, not during one
    assert router.wait(change, "rollback_blocked", "rolled_back", seconds=60) == "rollback_blocked"
    assert " ip ospf cost 99\n" in router.driver.running()["config"]["frr"]
    router.configure("interface eth1", "ip ospf cost 81")
    assert router.driver.rollback(change)["change"]["state"] == "rolled_back"


def test_what_a_person_decides_to_keep_is_confirmed(router: Router) -> None:
    change = router.apply(cost(76))
    router.configure("ip route 198.51.100.0/24 blackhole")
    assert router.driver.rollback(change)["change"]["state"] == "rollback_blocked"
    assert "edited by hand" in router.driver.confirm(change)["change"]["why"]
    assert "198.51.100.0/24" in router.startup()
    router.configure("no ip route 198.51.100.0/24 blackhole")


def test_a_saved_hand_edit_is_not_erased_by_a_reboot(router: Router) -> None:
    change = router.apply(cost(77), seconds=60)
    router.configure("ip route 198.51.100.0/24 blackhole", "do write")
    router.fabric.reboot("r1")
    assert router.state(change) == "rollback_blocked"
    assert "198.51.100.0/24" in router.startup()
    router.configure("no ip route 198.51.100.0/24 blackhole", "do write")
    assert router.driver.rollback(change)["change"]["state"] == "rolled_back"


def test_a_saved_but_unedited_change_is_taken_back_by_a_reboot(router: Router) -> None:
    before = router.driver.running()["config"]
    change = router.apply(cost(78))
    router.configure("do write")
    router.fabric.reboot("r1")
    assert router.state(change) == "rolled_back"
    assert router.driver.running()["config"] == before
