# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic, the lab's network, a staging host within a fabric."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric, FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.converge import wait_converged
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.traffic import Flow, run_flows, start_flows

Spec = dict[str, Any]


def sent_bytes(fabric: Fabric, node: str, interface: str) -> int:
    return int(fabric.exec(node, ["cat", f"/sys/class/net/{interface}/statistics/tx_bytes"]).stdout)


def test_what_fits_the_shaped_link_arrives_and_what_does_not_is_counted_as_lost(name: str, spec: Spec) -> None:
    fabric = Fabric.create(name, spec)
    wait_converged(fabric, 30)
    calm = run_flows(fabric, [Flow("host-left", "host-right", 1e6, 1), Flow("host-right", "host-left", 1e6, 1, protocol="tcp")])
    assert [report["loss"] for report in calm] == [0, 0]
    before = sent_bytes(fabric, "left", "eth1")
    [heavy] = run_flows(fabric, [Flow("host-left", "host-right", 25e6, 3)])
    assert heavy["loss"] > 0.3
    assert sent_bytes(fabric, "left", "eth1") - before >= heavy["received_bytes"]


def test_a_flow_that_is_filtered_is_reported_not_raised(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    rule = "table inet f { chain i { type filter hook input priority 0; meta l4proto { tcp, udp } drop; }; }"
    fabric.exec("two", ["nft", "-f", "-"], input=rule.encode())
    tcp, udp = run_flows(fabric, [Flow("one", "two", 1e5, 1, protocol="tcp"), Flow("one", "two", 1e5, 1)])
    assert tcp["loss"] == udp["loss"] == 1
    assert tcp["error"] == "timed out"


def test_flows_can_run_on_without_being_waited_for(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    start_flows(fabric, [Flow("one", "two", 1e6, 30)])
    listening = ["sh", "-c", "for i in $(seq 100); do ss -Hlun | grep -q 20001 && exit; sleep 0.1; done; exit 1"]
    assert fabric.exec("two", listening).returncode == 0


def test_a_flow_of_an_unknown_node_is_refused(name: str, hosts: Spec) -> None:
    fabric = Fabric.create(name, hosts)
    with pytest.raises(FabricError, match="no node three to send or receive"):
        run_flows(fabric, [Flow("one", "three", 1e6, 1)])


def test_the_lab_comes_up_with_exactly_the_configuration_in_its_file(name: str, root: Path) -> None:
    lab = yaml.safe_load((root / "inventories" / "lab" / "fabric.yml").read_text(encoding="utf-8"))
    fabric = Fabric.create(name, lab)
    wait_converged(fabric, 60)
    for node, value in lab["nodes"].items():
        if value["kind"] == "router":
            shown = fabric.exec(node, ["vtysh", "-c", "show running-config no-header"]).stdout.decode()
            assert significant(shown) == significant(value["config"]["frr"]), node


def significant(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() not in ("", "!", "end") and not line.startswith("frr version")]


BUILD_INSIDE = """
import sys, yaml
sys.path.insert(0, sys.argv[1])
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric
fabric = Fabric.create("inner", yaml.safe_load(open(sys.argv[2])))
print(fabric.exec("left", ["hostname"]).stdout.decode().strip())
fabric.destroy()
"""


def test_a_host_of_a_fabric_can_build_a_fabric_itself(name: str, root: Path, specification: Path) -> None:
    places = {str(root), sys.prefix, sys.base_prefix}
    hidden = [place for place in sorted(places) if place.startswith(("/root", "/home", "/tmp"))]
    stage = {"kind": "host", "mgmt": "192.0.2.50", "ssh": True, "shares": hidden}
    fabric = Fabric.create(name, {"nodes": {"stage": stage}})
    argv = [sys.executable, "-c", BUILD_INSIDE, str(root / ".cache" / "collections"), str(specification)]
    done = fabric.exec("stage", argv)
    assert done.stdout.decode().strip() == "left", done.stderr.decode()
