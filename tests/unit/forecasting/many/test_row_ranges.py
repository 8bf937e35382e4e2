# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a long file of samples part by part: every row once, and memory that does not grow with the file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecasting.history.row_ranges import Rows, index_of

SERIES, STEPS, GROUPS = 40, 5_000, 40


def test_reading_in_parts_keeps_neither_what_was_read_nor_what_is_to_come(tmp_path):
    file = tmp_path / "values.parquet"
    names = [f"r{number:03d}" for number in range(SERIES)]
    stamps = pd.date_range("2026-01-01", periods=STEPS, freq="1h", tz="UTC")
    values = np.random.default_rng(3).normal(size=SERIES * STEPS)
    frame = pd.DataFrame({"unique_id": np.repeat(names, STEPS), "ds": np.tile(stamps, SERIES), "y": values})
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file, row_group_size=len(frame) // GROUPS)

    rows, before, most, found = Rows(index_of(file)), pa.total_allocated_bytes(), 0, []
    for first in range(SERIES):
        part, in_order = rows.read(np.array([first]))
        assert in_order
        found.append(part["y"].to_numpy().copy())
        del part
        most = max(most, pa.total_allocated_bytes() - before)

    assert np.array_equal(np.concatenate(found), values)
    assert most < file.stat().st_size / 4
