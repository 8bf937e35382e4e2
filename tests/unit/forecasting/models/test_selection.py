# SPDX-License-Identifier: GPL-3.0-or-later
"""The default stays unless a peer is clearly and repeatedly better."""

from __future__ import annotations

import numpy as np

from forecasting.rolling import Errors
from forecasting.selection import choose

ORIGINS = tuple(range(10))


def errors(name: str, *sizes: float) -> Errors:
    return Errors(name, ORIGINS, np.ones((10, len(sizes), 4)) * np.array(sizes)[None, :, None])


def test_a_small_gain_is_no_reason_and_a_large_one_is():
    assert choose([errors("default", 1.0, 1.0), errors("peer", 0.95, 0.5)]).tolist() == [0, 1]


def test_the_best_peer_wins():
    assert choose([errors("default", 1.0), errors("good", 0.6), errors("better", 0.4)]).tolist() == [2]
    assert choose([errors("default", 1.0), errors("better", 0.4), errors("good", 0.6)]).tolist() == [1]


def test_one_lucky_origin_is_no_reason():
    peer = errors("peer", 1.1)
    peer.residuals[0] = 0.0
    default = errors("default", 1.0)
    default.residuals[0] = 50.0
    assert choose([default, peer]).tolist() == [0]


def test_a_peer_that_fails_is_never_chosen_and_one_that_works_replaces_a_failure():
    failed = Errors("failed", ORIGINS, np.full((10, 1, 4), np.nan))
    assert choose([errors("default", 1.0), failed]).tolist() == [0]
    assert choose([failed, errors("peer", 1.0)]).tolist() == [1]


def test_a_slow_model_is_compared_on_the_origins_it_saw():
    default = errors("default", 1.0)
    default.residuals[:6] = 0.1
    slow = Errors("slow", ORIGINS[6:], np.full((4, 1, 4), 0.5))
    assert choose([default, slow]).tolist() in ([0], [1])
    assert choose([errors("default", 1.0), slow]).tolist() == [1]
