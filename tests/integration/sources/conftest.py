# SPDX-License-Identifier: GPL-3.0-or-later
"""One real Prometheus for the folder, with a past of 40 days behind two routers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import pi, sin
from pathlib import Path

import pytest
import yaml

from tests.support.prometheus import Sample, Watched, programs, server, serving

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
STEP_S = 300
DAYS = 40
MOST_SAMPLES = 30_000
RESET_AT = AS_OF - timedelta(days=3)
GAP = (AS_OF - timedelta(days=2), AS_OF - timedelta(days=2) + timedelta(hours=2))
CAPACITY_CHANGED = AS_OF - timedelta(days=10)
COUNTER = {
    "query": 'ifHCOutOctets{job="snmp"}', "metric": "if_out_octets", "unit": "octet", "kind": "counter", "tz": "Europe/Berlin",
    "device_label": "instance", "object_label": "ifName",
}  # fmt: skip
SPEED = {
    "query": "ifHighSpeed", "metric": "capacity_bps", "unit": "bit/s", "kind": "limit", "scale": 1_000_000,
    "device_label": "instance", "object_label": "ifName",
}  # fmt: skip


def demand(at: float) -> float:
    """Octets per second on edge-a1 eth3 in the interval that begins at a Unix time: a day's wave that grows slowly."""
    growth = 1.0 + 0.005 * (at - AS_OF.timestamp()) / 86400
    return (1_200_000 + 600_000 * sin(2 * pi * at / 86400)) * growth


def _past() -> Iterator[Sample]:
    end = int(AS_OF.timestamp())
    grid = range(end - DAYS * 86400, end + STEP_S, STEP_S)
    for device, factor in (("edge-a1:9116", 1.0), ("edge-b1:9116", 0.5), ("evil; reboot", 0.1)):
        total = 0.0
        for at in grid:
            if at == int(RESET_AT.timestamp()) and factor == 1.0:
                total = 0.0
            if not (factor == 1.0 and GAP[0].timestamp() <= at < GAP[1].timestamp()):
                yield f'ifHCOutOctets{{job="snmp",instance="{device}",ifName="eth3"}}', at, round(total)
            total += factor * demand(at) * STEP_S
    for at in grid:
        yield 'ifHighSpeed{instance="edge-a1:9116",ifName="eth3"}', at, 10 if at < CAPACITY_CHANGED.timestamp() else 20
    for at in range(end - 2 * 86400, end, 60):
        yield 'minutely{instance="edge-a1"}', at, at % 3600
    yield 'strange{instance="edge-a1"}', end - 600, float("nan")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever proxy the environment names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="session")
def prometheus() -> Iterator[str]:
    """The server's address; skipped only where Prometheus is not installed."""
    if not programs():
        pytest.skip("Prometheus is not installed; install the package prometheus")
    with server(_past(), MOST_SAMPLES) as url:
        yield url


@pytest.fixture
def watched(prometheus: str) -> Iterator[Watched]:
    """The server behind a relay that remembers every request."""
    relay = Watched(prometheus)
    with serving(relay):
        yield relay


def listed(folder: Path, *sources: dict[str, object]) -> Path:
    """A file of sources."""
    path = folder / "sources.yml"
    path.write_text(yaml.safe_dump({"version": 1, "cache": "kept", "sources": list(sources)}), encoding="utf-8")
    return path


def source(url: str, *queries: dict[str, object], **settings: object) -> dict[str, object]:
    """An entry for a Prometheus."""
    base = {"name": "core", "type": "prometheus", "url": url, "step": "5m", "lookback": "20d", "queries": list(queries)}
    return base | settings
