# SPDX-License-Identifier: GPL-3.0-or-later
"""Perfect foresight: of all ways to spare every limit-hour that can be spared, the one that wastes least."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import bmat, coo_matrix, eye

from ..panel import Floats, Ints
from .action import Terms


def foresight(demand: Floats, terms: Terms, first: int = 0) -> Ints:
    """The quanta in force, (t,), of somebody who knew `demand` and could decide from step `first` on.

    Let S count the starts so far and R the releases: S − R is in force, must be what demand needs, and R may not pass what
    had started a least stay ago. The matrix is totally unimodular (differences of two unknowns), so the linear programme
    has a whole-numbered best answer.
    """
    need = terms.needed(demand)
    need[: first + terms.lead] = 0
    count = len(need)
    if not need.any():
        return np.zeros(count, dtype=np.int64)
    one = eye(count, format="csr")
    rising = one - eye(count, k=-1, format="csr")
    late = np.arange(max(count - terms.least, 0))
    aged = coo_matrix((np.ones(len(late)), (late + terms.least, late)), shape=(count, count)).tocsr()
    rows = bmat([[-one, one], [-rising, None], [None, -rising], [-aged, one]], format="csr")
    bounds = np.concatenate([-need, np.zeros(3 * count)])
    most = [(0.0, 0.0 if step < first + terms.lead else None) for step in range(count)] + [(0.0, None)] * count
    cost = np.concatenate([np.ones(count), -np.ones(count)])
    found = linprog(cost, A_ub=rows, b_ub=bounds, bounds=most, method="highs-ds")
    if not found.success:
        raise ValueError(f"perfect foresight found no answer: {found.message}")
    return np.asarray(np.rint(found.x[:count] - found.x[count:]), dtype=np.int64)
