# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of a flow agree on what was sent and what came."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from ansible_collections.forestage.network.plugins.plugin_utils.fabric import FabricError
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.inside import flow
from ansible_collections.forestage.network.plugins.plugin_utils.fabric.traffic import Flow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_what_is_sent_on_the_loopback_arrives(protocol: str) -> None:
    port = str(free_port())
    argv = [sys.executable, "-I", flow.__file__, "sink", protocol, "127.0.0.1", port, "20", "1"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None and sink.stdout.readline() == "ready\n"
        sent = flow.send(protocol, "127.0.0.1", "127.0.0.1", port, "400000", "0.5", "500")
        received = json.loads(sink.communicate(timeout=20)[0])
    assert sent["error"] == ""
    assert received["received_bytes"] == sent["sent_bytes"] > 0
    assert sent["sent_bytes"] <= 400000 / 8 * 0.5 + 500


def test_a_connection_that_is_refused_is_reported() -> None:
    sent = flow.send("tcp", "127.0.0.1", "127.0.0.1", str(free_port()), "1000", "0.1", "100")
    assert "refused" in str(sent["error"])
    assert sent["sent_packets"] == 0


def test_datagrams_that_nobody_takes_are_sent_all_the_same() -> None:
    sent = flow.send("udp", "127.0.0.1", "127.0.0.1", str(free_port()), "800000", "0.2", "500")
    assert sent["error"] == ""
    assert int(str(sent["sent_packets"])) > 10


@pytest.mark.parametrize("wrong", [{"rate_bps": 0}, {"seconds": -1}, {"size": 8}, {"size": 70000}, {"port": 70000}])
def test_a_flow_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(FabricError, match="the flow from a to b needs a rate and seconds above 0"):
        Flow(**{"sender": "a", "receiver": "b", "rate_bps": 1e6, "seconds": 1, **wrong})  # type: ignore[arg-type]
