# SPDX-License-Identifier: GPL-3.0-or-later
"""What drivers and connections agree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Transport = Callable[[bytes], bytes]
"""Sends one request to the device and returns its answer; raises `DeviceError` (``unreachable``) when there is none."""


class DeviceError(RuntimeError):
    """What a device refused or could not do: one sentence, a code for programs, and the device's whole answer."""

    def __init__(self, code: str, sentence: str, answer: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.answer = dict(answer or {})
