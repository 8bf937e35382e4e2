# SPDX-License-Identifier: GPL-3.0-or-later
"""Run flows of real packets through a fabric and report what arrived."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import IO, Any, cast

from .errors import FabricError
from .inside import flow as flow_program
from .inside.device import ENVIRONMENT
from .inside.plan import Node, Plan
from .live import Fabric

_FIRST_PORT = 20001
_SLACK_SECONDS = 30.0


@dataclass(frozen=True)
class Flow:
    """One flow: payload rate in bit/s, duration in seconds, datagram or write size in bytes.

    `source` and `address` are addresses of the two nodes; by default their first address, or a router's loopback.
    A TCP flow that cannot connect is reported with its error and nothing received.
    """

    sender: str
    receiver: str
    rate_bps: float
    seconds: float
    protocol: str = "udp"
    port: int = 0
    source: str = ""
    address: str = ""
    size: int = 1200
    name: str = ""

    def __post_init__(self) -> None:
        if self.rate_bps <= 0 or self.seconds <= 0 or not 16 <= self.size <= 60000 or not 0 <= self.port <= 65535:
            raise FabricError(
                f"the flow from {self.sender} to {self.receiver} needs a rate and seconds above 0, a size of 16 to 60000 bytes and a port"
            )


@dataclass(frozen=True)
class _Ends:
    sink: list[str]
    send: list[str]


def run_flows(fabric: Fabric, flows: Sequence[Flow]) -> list[dict[str, Any]]:
    """Run all flows at once, wait for their end and report each, in order.

    A report has name, sent_packets, sent_bytes, received_packets, received_bytes, loss (ratio of packets for UDP, of
    bytes for TCP; 1 when nothing could be sent), mean_delay_ms and max_delay_ms (one way, UDP), rate_bps (received), error.
    """
    ends = [_ends(fabric, flow, position, attached=True) for position, flow in enumerate(flows)]
    with ExitStack() as stack:
        sinks = [stack.enter_context(_started(end.sink)) for end in ends]
        for flow, one in zip(flows, sinks, strict=True):
            _expect_ready(flow, one)
        senders = [stack.enter_context(_started(end.send)) for end in ends]
        sent = [_result(flow, one, flow.seconds) for flow, one in zip(flows, senders, strict=True)]
        received = [_result(flow, one, 5.0) for flow, one in zip(flows, sinks, strict=True)]
    return [_report(flow, out, back) for flow, out, back in zip(flows, sent, received, strict=True)]


def start_flows(fabric: Fabric, flows: Sequence[Flow]) -> None:
    """Start all flows and return; each ends by itself after its seconds. Only the devices' counters tell of them."""
    ends = [_ends(fabric, flow, position, attached=False) for position, flow in enumerate(flows)]
    for argv in [end.sink for end in ends] + [end.send for end in ends]:
        subprocess.Popen(argv, env=ENVIRONMENT, cwd="/", start_new_session=True, **_NOWHERE)


_NOWHERE: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _ends(fabric: Fabric, flow: Flow, position: int, *, attached: bool) -> _Ends:
    nodes = Plan.of(fabric.spec).by_name
    for name in (flow.sender, flow.receiver):
        if name not in nodes:
            raise FabricError(f"fabric {fabric.name} has no node {name} to send or receive; it has {', '.join(nodes)}")
    port = str(flow.port or _FIRST_PORT + position)
    source = flow.source or _address(nodes[flow.sender])
    target = flow.address or _address(nodes[flow.receiver])
    program = ["python3", "-I", "-c", Path(flow_program.__file__).read_text(encoding="utf-8")]
    sink = ["sink", flow.protocol, target, port, f"{flow.seconds + _SLACK_SECONDS:g}", "1" if attached else "0"]
    send = ["send", flow.protocol, source, target, port, f"{flow.rate_bps:.0f}", f"{flow.seconds:g}", str(flow.size)]
    return _Ends(fabric.command(flow.receiver, [*program, *sink]), fabric.command(flow.sender, [*program, *send]))


def _address(node: Node) -> str:
    text = next((address for held in node.addresses.values() for address in held), node.loopback)
    if text is None:
        raise FabricError(f"node {node.name} has no address for traffic; give the flow one")
    return str(IPv4Interface(text).ip)


@contextmanager
def _started(argv: list[str]) -> Iterator[subprocess.Popen[str]]:
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(argv, text=True, env=ENVIRONMENT, cwd="/", **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def _expect_ready(flow: Flow, sink: subprocess.Popen[str]) -> None:
    if cast(IO[str], sink.stdout).readline() != "ready\n":
        said = cast(IO[str], sink.stderr).read().strip().splitlines()[-1:]
        raise FabricError(f"node {flow.receiver} cannot receive the flow {flow.name or flow.port}: {' '.join(said)}")


def _result(flow: Flow, process: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
    """What one end printed; closing its standard input tells a sink that all was sent."""
    try:
        out, said = process.communicate(timeout=seconds + _SLACK_SECONDS)
    except subprocess.TimeoutExpired:
        raise FabricError(f"the flow from {flow.sender} to {flow.receiver} did not end in time") from None
    if process.returncode != 0:
        raise FabricError(f"the flow from {flow.sender} to {flow.receiver} failed: {' '.join(said.strip().splitlines()[-1:])}")
    value: dict[str, Any] = json.loads(out.splitlines()[-1])
    return value


def _report(flow: Flow, sent: dict[str, Any], received: dict[str, Any]) -> dict[str, Any]:
    unit = "packets" if flow.protocol == "udp" else "bytes"
    offered = sent[f"sent_{unit}"]
    return {
        "name": flow.name or f"{flow.sender} to {flow.receiver}", **sent, **received,
        "loss": round(max(0.0, 1 - received[f"received_{unit}"] / offered), 6) if offered else 1.0,
        "rate_bps": round(received["received_bytes"] * 8 / sent["seconds"]) if sent["seconds"] else 0,
    }  # fmt: skip
