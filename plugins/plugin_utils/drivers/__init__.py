# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers: how each platform takes a configuration as a transaction with a deadline. One file a platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .frr_linux import FrrLinux
from .transport import DeviceError, Transport

__all__ = ["DRIVERS", "DeviceError", "Driver", "Transport", "load"]

Facts = dict[str, Any]
Config = Mapping[str, Any]


class Driver(Protocol):
    """What every platform offers. Each method is one round trip; each raises `DeviceError`.

    All but `observe` answer with the device's identity or the state of its transactions, as schema
    agent_answer says.
    """

    def running(self) -> Facts:
        """The running configuration (``config``, schema device_config) and its ``digest``."""

    def check(self, config: Config) -> Facts:
        """Whether the device would take `config`, and the ``diff`` (secrets masked). Changes nothing."""

    def apply(self, change_id: str, config: Config, *, base_digest: str, deadline_s: float, identity: Config) -> Facts:
        """Apply `config`; the device takes it back by itself after `deadline_s` seconds without `confirm`."""

    def confirm(self, change_id: str) -> Facts:
        """Keep the change, also after a reboot."""

    def rollback(self, change_id: str) -> Facts:
        """Take the change back now, unless a person has edited the device since."""

    def status(self, change_id: str | None = None) -> Facts:
        """The open and the last transaction, and under ``change`` what became of `change_id`."""

    def observe(self) -> Facts:
        """Counters, sessions and routes."""

    def gather(self) -> Facts:
        """What `running` answers, and under ``observe`` what `observe` does."""


DRIVERS: Mapping[str, Callable[[Transport], Driver]] = {"frr_linux": FrrLinux}


def load(platform: str) -> Callable[[Transport], Driver]:
    """The driver of a platform; give it a transport. `DeviceError` names the platforms there are."""
    if platform not in DRIVERS:
        raise DeviceError("platform", f"There is no driver for platform {platform}; there are {', '.join(sorted(DRIVERS))}.")
    return DRIVERS[platform]
