# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server repeats after the last sample is no measurement; what was measured is never lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecasting.history.prometheus import HELD_S, not_held

STEPS = st.sampled_from([10, 60, 100, 300, 900])


@st.composite
def answered(draw):
    """A server's answer to a scrape that stops at times: places where something was measured, and the answer over all steps."""
    step_s = draw(STEPS)
    scraped = np.array(draw(st.lists(st.booleans(), min_size=1, max_size=60)))
    values = np.array(draw(st.lists(st.integers(0, 10**6), min_size=len(scraped), max_size=len(scraped), unique=True)), dtype=float)
    held = HELD_S // step_s
    last = np.maximum.accumulate(np.where(scraped, np.arange(len(scraped)), -(10**6)))
    there = np.arange(len(scraped)) - last <= held
    return step_s, scraped[there], np.flatnonzero(there) * step_s, values[np.where(there, last, 0)][there], (len(scraped) - 1) * step_s


@given(answered())
def test_exactly_the_measured_samples_stay_where_a_gap_is_longer_than_the_look_back(case):
    step_s, measured, at, y, end = case
    if not len(at):
        return
    keep = not_held(at, y, step_s, end)
    assert not (measured & ~keep).any(), "a measured value is never lost"
    gaps = np.flatnonzero(np.append(np.diff(at), end - at[-1]) > step_s)
    assert keep[gaps][~measured[gaps]].sum() == 0, "before a gap nothing is repeated"
