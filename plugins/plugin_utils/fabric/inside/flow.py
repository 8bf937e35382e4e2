# SPDX-License-Identifier: GPL-3.0-or-later
"""Real traffic between two nodes: one end of one flow, run in a node as ``python3 -c`` with this file's text.

``sink PROTOCOL ADDRESS PORT SECONDS ATTACHED`` says ``ready``, then counts; it ends after SECONDS, or sooner: when it
is attached (1) and its standard input has been closed and nothing has come for a while.
``send PROTOCOL FROM TO PORT BITS_PER_SECOND SECONDS SIZE`` sends at a steady rate. Each prints one JSON line.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator

_HEADER = struct.Struct("!d")
_SILENCE = 0.8  # seconds; a full queue of a shaped link drains in less
_CONNECT_SECONDS = 3.0


def sink(protocol: str, address: str, port: str, seconds: str, attached: str) -> dict[str, float]:
    """Count what arrives; delays in ms are one way (all nodes share one clock), of UDP only."""
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        listener.bind((address, int(port)))
        if protocol == "tcp":
            listener.listen()
        print("ready", flush=True)
        return _count(listener, protocol == "udp", time.monotonic() + float(seconds), attached == "1")


def _count(listener: socket.socket, is_udp: bool, end: float, attached: bool) -> dict[str, float]:
    packets = size = 0
    delays = longest = 0.0
    last, sources = time.monotonic(), [listener]
    watched = [sys.stdin.fileno()] if attached else []
    while (now := time.monotonic()) < end and (watched or not attached or now - last < _SILENCE):
        ready = select.select([*sources, *watched], [], [], 0.1)[0]
        if watched and watched[0] in ready and not os.read(watched[0], 4096):
            watched, last = [], now
        for source in (one for one in sources if one in ready):
            if source is listener and not is_udp:
                sources.append(listener.accept()[0])
                continue
            data = source.recv(65536)
            if not data:
                sources.remove(source)
                source.close()
                continue
            packets, size, last = packets + 1, size + len(data), time.monotonic()
            if is_udp:
                delay = last - _HEADER.unpack_from(data)[0]
                delays, longest = delays + delay, max(longest, delay)
    return {
        "received_packets": packets, "received_bytes": size,
        "mean_delay_ms": round(1000 * delays / packets, 3) if packets and is_udp else 0.0, "max_delay_ms": round(1000 * longest, 3),
    }  # fmt: skip


def send(protocol: str, source: str, address: str, port: str, rate: str, seconds: str, size: str) -> dict[str, object]:
    """Send at `rate` bit/s (payload) for `seconds`; `error` says why nothing could be sent."""
    packets, sent, error = 0, 0, ""
    start = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM) as link:
        link.settimeout(_CONNECT_SECONDS)
        try:
            link.bind((source, 0))
            link.connect((address, int(port)))
            start = time.monotonic()
            for data in _paced(float(rate), float(seconds), int(size)):
                sent += _offer(link, data)
                packets += 1
        except OSError as failure:
            error = str(failure)
    return {"sent_packets": packets, "sent_bytes": sent, "seconds": round(time.monotonic() - start, 3), "error": error}


def _paced(rate: float, seconds: float, size: int) -> Iterator[bytes]:
    start, due = time.monotonic(), 0.0
    while (now := time.monotonic() - start) < seconds:
        if due > now:
            time.sleep(min(due - now, 0.05))
        else:
            yield _HEADER.pack(time.monotonic()).ljust(size, b".")
            due += size * 8 / rate


def _offer(link: socket.socket, data: bytes) -> int:
    """Send once; a datagram that the far end has refused or a filter here drops is sent all the same."""
    try:
        return link.send(data)
    except (ConnectionRefusedError, PermissionError):
        if link.type == socket.SOCK_STREAM:
            raise
        return len(data)


if __name__ == "__main__":
    print(json.dumps({"sink": sink, "send": send}[sys.argv[1]](*sys.argv[2:])), flush=True)  # type: ignore[operator]
