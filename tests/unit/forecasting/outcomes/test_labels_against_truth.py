# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels agree with the latent truth that the generator keeps, over many seeds and with our own changes in the way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from forecasting.contracts import check
from forecasting.outcomes import measure

from .worlds import NOW, START, change, entry, strained, truly_needed, truth_under, world

LINKS = ("core-a1|eth3", "core-a2|eth3", "core-b1|eth3", "core-b2|eth3", "edge-a1|eth3", "edge-b1|eth3")
SEEDS = range(20)
AGREEMENT = 0.95


def changes_of(rng: np.random.Generator) -> list[dict]:
    at = START + timedelta(days=14 + int(rng.integers(0, 10)), hours=int(rng.integers(0, 24)))
    made = []
    if rng.random() < 0.6:
        made.append(change("core-a1", "te_cost", at, interface="eth3", cost=100))
    if rng.random() < 0.6:
        made.append(change("edge-a1", "capacity", at, interface="eth3", rate_mbit=40))
    if rng.random() < 0.3:
        made.append(change("core-b1", "drain", at, interface="eth3"))
    return made


@pytest.fixture(scope="module")
def tally() -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in SEEDS:
        rng = np.random.default_rng([seed, 1])
        changes, network = changes_of(rng), strained(seed)
        history, untouched = world(seed, *changes, network=network)
        changed = truth_under(seed, changes, network)
        entries = [
            entry(f"{link}|if_out_bps", share * 20e6, START + timedelta(days=day), duration_s=duration, days=days)
            for link in LINKS
            for share in rng.uniform(0.4, 1.1, 3)
            for day in (7, 14, 18)
            for days, duration in ((7, 3600.0), (10, 10800.0))
        ]
        for wanted, outcome in zip(entries, measure(history, entries, NOW).outcomes, strict=True):
            check("outcome", outcome)
            made_before = bool(changes) and changes[0]["ds"] < wanted["as_of"]
            truly = "needed" if truly_needed(changed if made_before else untouched, wanted) else "not_needed"
            found["unknown" if outcome["needed"] == "unknown" else "right" if outcome["needed"] == truly else "wrong"] += 1
            found[truly] += 1
    return found


def test_decided_labels_are_right(tally: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    decided = tally["right"] + tally["wrong"]
    unknown = tally["unknown"] / (decided + tally["unknown"])
    with capsys.disabled():
        print(f"\noutcome labels over {len(SEEDS)} seeds: {tally['right']}/{decided} right, {unknown:.1%} unknown")
    assert tally["right"] / decided >= AGREEMENT


def test_the_test_is_a_hard_one(tally: Counter[str]) -> None:
    assert min(tally["needed"], tally["not_needed"]) > 0.2 * (tally["needed"] + tally["not_needed"])
    assert tally["unknown"] > 0
