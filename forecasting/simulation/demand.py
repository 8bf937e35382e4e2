# SPDX-License-Identifier: GPL-3.0-or-later
"""Latent demand: what users and attackers would do if nothing stood in their way.

Depends on the seed and the time only, never on the configuration, and is the same however far it is
drawn: each stream has a generator of its own, read from its beginning.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from .network import Application, Cut, Load, Network, Threat
from .timeline import REFERENCE_DAY, Floats, Timeline

NOISE = 0.025
NOISE_MEMORY = 0.9
DAY_NOISE = 0.012
BURST_CHANCE = 1 / 1500
BURST_SAMPLES = 5
BURST_SIZE = (0.05, 0.15)
UPLIFT_SPREAD = 0.05
MALWARE = 0.3
MALWARE_PER_ATTEMPT = 0.05


@dataclass(frozen=True)
class Attempts:
    """Counts per five minutes on one edge."""

    background: Floats
    attack: Floats
    malware: Floats
    attack_malware: Floats


@dataclass(frozen=True)
class Latent:
    """Demand by name: cuts and applications in bit/s, attempts in counts per five minutes, users per site."""

    cuts: dict[str, Floats]
    applications: dict[str, Floats]
    attempts: dict[str, Attempts]
    users: dict[str, Floats]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one thing, the same on every machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def draw(network: Network, timeline: Timeline, seed: int) -> Latent:
    """Draw everything."""
    return Latent(
        {cut.name: _cut(cut, timeline, seed) for cut in network.cuts},
        {app.name: _application(app, timeline, seed) for app in network.applications},
        {threat.device: _attempts(threat, timeline, seed) for threat in network.threats},
        {users.site: load_of(users.load, timeline, seed, f"users-{users.site}", bursty=False) for users in network.users},
    )


def load_of(load: Load, timeline: Timeline, seed: int, name: str, *, bursty: bool = True) -> Floats:
    """Growth × week × day × noise (× bursts), in the unit of `load.level`."""
    growth = np.maximum(0.05, 1.0 + load.growth * (timeline.days - REFERENCE_DAY) / 7.0)
    noise = _noise(timeline, seed, name)
    return load.level * growth * _season(load, timeline) * noise * (_bursts(timeline, seed, name) if bursty else 1.0)


def _season(load: Load, timeline: Timeline) -> Floats:
    local = timeline.local
    hour = (local.hour + local.minute / 60.0).to_numpy(dtype=float)
    away = np.abs((hour - load.busy_hour + 12.0) % 24.0 - 12.0)
    day = load.night + (1.0 - load.night) * np.exp(-((away / 5.0) ** 4))
    week = np.array([1.0, 1.0, 1.0, 1.0, 0.98, load.weekend, load.weekend])[local.day_of_week.to_numpy()]
    shape: Floats = day * week
    return shape


def _noise(timeline: Timeline, seed: int, name: str) -> Floats:
    white = stream(seed, f"{name}/noise").standard_normal(timeline.size)
    steps = (np.sqrt(1.0 - NOISE_MEMORY**2) * white).tolist()
    fast = np.array(list(accumulate(steps, lambda before, step: NOISE_MEMORY * before + step)))
    day = timeline.days.astype(int)
    slow = stream(seed, f"{name}/day").standard_normal(int(day[-1]) + 1)[day]
    factor: Floats = np.exp(NOISE * fast + DAY_NOISE * slow)
    return factor


def _bursts(timeline: Timeline, seed: int, name: str) -> Floats:
    chance, size = stream(seed, f"{name}/bursts").random((timeline.size, 2)).T
    height = np.where(chance < BURST_CHANCE, BURST_SIZE[0] + (BURST_SIZE[1] - BURST_SIZE[0]) * size, 0.0)
    factor: Floats = 1.0 + np.max([np.concatenate([np.zeros(k), height[: timeline.size - k]]) for k in range(BURST_SAMPLES)], axis=0)
    return factor


def _cut(cut: Cut, timeline: Timeline, seed: int) -> Floats:
    return load_of(cut.load, timeline, seed, cut.name)


def _application(app: Application, timeline: Timeline, seed: int) -> Floats:
    uplift = np.ones(timeline.size)
    luck = stream(seed, f"{app.name}/uplift")
    for first, last in timeline.campaigns() if app.campaign_uplift != 1.0 else ():
        uplift[timeline.index(first) : timeline.index(last)] = app.campaign_uplift * (1.0 + UPLIFT_SPREAD * luck.uniform(-1, 1))
    return load_of(app.load, timeline, seed, app.name) * uplift


def _attempts(threat: Threat, timeline: Timeline, seed: int) -> Attempts:
    risen = np.zeros(timeline.size)
    if threat.attack_day is not None:
        risen = np.clip((timeline.days - threat.attack_day) * threat.attack_per_day, 0.0, threat.attack_most)
    name = f"{threat.device}/threat"

    def counts(kind: str, rate: Floats) -> Floats:
        return stream(seed, f"{name}/{kind}").poisson(rate).astype(float)

    calm = np.full(timeline.size, threat.background)
    return Attempts(
        counts("background", calm),
        counts("attack", risen),
        counts("malware", np.full(timeline.size, MALWARE)),
        counts("attack-malware", MALWARE_PER_ATTEMPT * risen),
    )
