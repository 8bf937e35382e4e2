# SPDX-License-Identifier: GPL-3.0-or-later
"""An ssh ProxyCommand into a fabric: ``python -m inside.proxy FOLDER ADDRESS PORT``.

Enters the fabric's management namespace (through its user namespace when it has one), connects there and relays
standard input and output. It ends with the fabric, so that no ssh connection outlives it.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from pathlib import Path

from . import kernel, register

_CONNECT_SECONDS = 20


def enter(folder: Path) -> int:
    """Move this process into the management namespace; returns a pidfd of the fabric's holder."""
    fabric = register.read(folder)
    if fabric is None:
        raise OSError(f"the fabric {folder.name} is not up")
    holder = os.pidfd_open(fabric["holder_pid"])
    if kernel.started_at(fabric["holder_pid"]) != fabric["holder_started"]:
        raise OSError(f"the fabric {folder.name} has just ended")
    kernel.setns(holder, kernel.CLONE_NEWNET | (kernel.CLONE_NEWUSER if fabric["userns"] else 0))
    return holder


def relay(connection: socket.socket, holder: int) -> None:
    """Copy both ways until the device closes, or the fabric ends."""
    waiting = [sys.stdin.fileno(), connection.fileno(), holder]
    while True:
        ready = select.select(waiting, [], [])[0]
        if holder in ready:
            return
        if connection.fileno() in ready:
            data = connection.recv(65536)
            if not data:
                return
            while data:
                data = data[os.write(sys.stdout.fileno(), data) :]
        if sys.stdin.fileno() in ready:
            data = os.read(sys.stdin.fileno(), 65536)
            if data:
                connection.sendall(data)
            else:
                connection.shutdown(socket.SHUT_WR)
                waiting.remove(sys.stdin.fileno())


def main(folder: str, address: str, port: str) -> int:
    """Relay; the exit code is 1 when the device cannot be reached."""
    try:
        holder = enter(Path(folder))
        with socket.create_connection((address, int(port)), timeout=_CONNECT_SECONDS) as connection:
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            relay(connection, holder)
    except (BrokenPipeError, ConnectionResetError):
        return 0
    except OSError as error:
        print(f"fabric: no connection to {address} port {port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
