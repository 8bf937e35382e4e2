# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe does inside a node, run there as ``python3 -I -S -c`` with this file's text.

``ping``, ``send``, ``sample`` and ``greet`` take one JSON argument each and print one JSON line.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

_ECHO_REQUEST, _ECHO_REPLY = 8, 0


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    words: int = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    words = (words >> 16) + (words & 0xFFFF)
    return ~(words + (words >> 16)) & 0xFFFF


def ping(destinations: list[str], seconds: float) -> dict[str, Any]:
    """Ask every destination for an echo, again and again for `seconds` or until all have answered."""
    missing, own = set(destinations), os.getpid() & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as link:
        end = time.monotonic() + seconds
        while missing and (now := time.monotonic()) < end:
            for address in missing:
                packet = struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, own, 1)
                packet = struct.pack("!BBHHH", _ECHO_REQUEST, 0, checksum(packet), own, 1)
                try:
                    link.sendto(packet, (address, 0))
                except OSError:  # no route: the same as no answer
                    continue
            pause = min(end, now + 0.3)
            while missing and (left := pause - time.monotonic()) > 0 and select.select([link], [], [], left)[0]:
                data, (source, _unused) = link.recvfrom(2048)
                header = (data[0] & 15) * 4
                kind, _unused, _unused, ident = struct.unpack_from("!BBHH", data, header)
                if kind == _ECHO_REPLY and ident == own:
                    missing.discard(source)
    return {"reached": sorted(set(destinations) - missing)}


def packet_of(flow: dict[str, Any]) -> bytes:
    """A whole IPv4 packet; the kernel fills in length and checksum of the header."""
    if flow["protocol"] == "tcp":
        number, payload = socket.IPPROTO_TCP, b"." * (int(flow["size"]) - 40)
        body = struct.pack("!HHIIBBHHH", 40000, flow["port"], 1, 0, 5 << 4, 2, 8192, 0, 0) + payload
    else:
        number, payload = socket.IPPROTO_UDP, b"." * (int(flow["size"]) - 28)
        body = struct.pack("!HHHH", 40000, flow["port"], 8 + len(payload), 0) + payload
    addresses = socket.inet_aton(flow["source"]) + socket.inet_aton(flow["destination"])
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, number, 0) + addresses + body


def send(flows: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Send every flow at its own rate (`packets_per_second`) for `seconds`; how many packets of each went out."""
    packets, sent = [packet_of(flow) for flow in flows], [0] * len(flows)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as link:
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            idle = True
            for index, flow in enumerate(flows):
                if sent[index] < passed * flow["packets_per_second"]:
                    link.sendto(packets[index], (flow["destination"], 0))
                    sent[index] += 1
                    idle = False
            if idle:
                time.sleep(0.0005)
    return {"sent": sent}


def counters(interfaces: list[str]) -> dict[str, Any]:
    """Bytes sent by each interface, and by each of its shaping classes, with the times when they were read."""
    seen: dict[str, Any] = {}
    for name in interfaces:
        with open(f"/sys/class/net/{name}/statistics/tx_bytes", encoding="ascii") as octets:
            seen[name] = {"bytes": int(octets.read()), "at": time.monotonic(), "classes": {}}
        shown = subprocess.run(["tc", "-s", "class", "show", "dev", name], capture_output=True, text=True, check=False).stdout
        seen[name]["classes_at"] = time.monotonic()
        for minor, sent in re.findall(r"class htb 1:([0-9a-f]+) [^\n]*\n Sent (\d+) bytes", shown):
            seen[name]["classes"][str(int(minor, 16))] = int(sent)
    return seen


def sample(interfaces: list[str], delay: float, seconds: float) -> dict[str, Any]:
    """What each interface sends in `seconds`, beginning after `delay`: by then the queues are full."""
    time.sleep(delay)
    before = counters(interfaces)
    time.sleep(seconds)
    after = counters(interfaces)
    passed: dict[str, Any] = {}
    for name in interfaces:
        old, new = before[name], after[name]
        span = new["classes_at"] - old["classes_at"]
        passed[name] = {
            "bits_per_second": 8 * (new["bytes"] - old["bytes"]) / (new["at"] - old["at"]),
            "classes": {minor: 8 * (sent - old["classes"].get(minor, 0)) / span for minor, sent in new["classes"].items()},
        }
    return passed


def greet(addresses: list[str], port: int, seconds: float) -> dict[str, Any]:
    """The first line that a server at each address says; empty where none does."""
    said: dict[str, str] = {}
    for address in addresses:
        try:
            with socket.create_connection((address, port), timeout=seconds) as link:
                said[address] = link.recv(256).decode("ascii", "replace").split("\r\n")[0]
        except OSError:
            said[address] = ""
    return said


if __name__ == "__main__":
    modes: dict[str, Callable[..., dict[str, Any]]] = {"ping": ping, "send": send, "sample": sample, "greet": greet}
    print(json.dumps(modes[sys.argv[1]](**json.loads(sys.argv[2]))), flush=True)
