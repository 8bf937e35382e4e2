# SPDX-License-Identifier: GPL-3.0-or-later
"""What was fetched is kept as it was; what is broken is called broken; what cannot be replaced stays."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasting.errors import InputError
from forecasting.history.cache import BrokenCache, Span, digest, read, write

ROWS = st.lists(st.tuples(st.text(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False)), max_size=5)
PARTS = st.dictionaries(st.text("abcdef0123456789", min_size=1), st.tuples(st.integers(0, 2**40), st.integers(0, 2**40), ROWS), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(PARTS)
def test_what_is_written_is_read_again(tmp_path, parts):
    path = tmp_path / "kept" / "a.parquet"
    spans = {name: Span(begin, end, pd.DataFrame(rows, columns=["labels", "at", "y"])) for name, (begin, end, rows) in parts.items()}
    write(path, spans)
    found = read(path)
    assert {name: (span.begin, span.end, list(span.samples.itertuples(index=False, name=None))) for name, span in found.items()} == parts
    assert [item.name for item in path.parent.iterdir()] == ["a.parquet"]


@given(st.binary(min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_other_file_is_a_broken_cache(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(BrokenCache):
        read(path)


def test_a_parquet_file_of_somebody_else_is_a_broken_cache(tmp_path):
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(BrokenCache):
        read(tmp_path / "a.parquet")
    assert read(tmp_path / "none.parquet") == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "file" / "a.parquet", {})


def test_a_part_is_named_by_all_that_decides_it():
    names = {digest("http://a", "up", 60), digest("http://b", "up", 60), digest("http://a", "down", 60), digest("http://a", "up", 61)}
    assert len(names) == 4
