# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a Parquet file of samples by series, without reading what lies between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import InputError

BATCH = 500_000
READERS = 2
COLUMNS = ("ds", "y")
TICKS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
Found = TypeVar("Found")


class Scattered(InputError):
    """A series stands in several places of a file. rows: how many samples the file has."""

    def __init__(self, text: str, rows: int) -> None:
        super().__init__(text)
        self.rows = rows


@dataclass(frozen=True)
class Index:
    """names, edges: the series in the order of the file, and the row in which each begins (and the last ends)."""

    file: Path
    names: tuple[str, ...]
    edges: np.ndarray


def index_of(file: Path) -> Index:
    """Read where each series stands. Raises `Scattered` where one stands in several places."""
    names: list[str] = []
    starts: list[int] = []
    row = 0
    for begun, length in _each(partial(_begun, file), range(_open(file).num_row_groups)):
        for name, place in begun:
            if not names or name != names[-1]:
                names.append(name)
                starts.append(row + place)
        row += length
    if len(set(names)) < len(names):
        scattered = pd.Series(names)[pd.Series(names).duplicated()].iloc[0]
        reason = f"{file}: the samples of {scattered!r} stand in several places, and there are too many samples to sort them here"
        raise Scattered(f"{reason}; sort the file by unique_id and ds", row)
    return Index(file, tuple(names), np.array([*starts, row], dtype=np.int64))


def _begun(file: Path, group: int) -> tuple[list[tuple[str, int]], int]:
    """The series that begin in a row group (or go on there), with the row of it, and how many rows it has."""
    begun: list[tuple[str, int]] = []
    row = 0
    for batch in _batches(file, ["unique_id"], group):
        ids = batch.column(0) if pa.types.is_dictionary(batch.column(0).type) else pc.dictionary_encode(batch.column(0).cast(pa.string()))
        codes = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        places = np.flatnonzero(np.diff(codes, prepend=-2))
        for place, code in zip(places.tolist(), codes[places].tolist(), strict=True):
            begun.append((str(ids.dictionary[code].as_py()) if code >= 0 else "None", row + place))
        row += len(batch)
    return begun, row


def _each(work: Callable[[int], Found], groups: Sequence[int]) -> Iterator[Found]:
    """What is found in each row group, in their order; two are read at a time."""
    if len(groups) <= 2:
        yield from map(work, groups)
        return
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(work, groups)


class Rows:
    """The samples of a file from its first row to its last, a few whole series at a time; no row is read twice."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._schema = _schema(_open(index.file))
        self._batches = _batches(index.file, COLUMNS, None)
        self._rest: pa.RecordBatch | None = None

    def read(self, places: np.ndarray) -> tuple[pd.DataFrame, bool]:
        """The samples of the series that come next, see `read_ranges`; places: theirs."""
        wanted = int(self._index.edges[places[-1] + 1] - self._index.edges[places[0]])
        pieces = []
        while wanted:
            rest = self._rest or next(self._batches)
            pieces.append(rest.slice(0, wanted))
            wanted -= len(pieces[-1])
            self._rest = rest.slice(len(pieces[-1])) if len(pieces[-1]) < len(rest) else None
        return _samples(self._index, places, pa.Table.from_batches(pieces, self._schema))


def read_ranges(index: Index, places: np.ndarray) -> tuple[pd.DataFrame, bool]:
    """The samples `unique_id, ds, y` of the series at some places of the index, and whether they are in order.

    In order: finite floats, and times in UTC that rise within each series; anything else is as it stands in the file.
    """
    return _samples(index, places, _rows(index, places))


def _samples(index: Index, places: np.ndarray, table: pa.Table) -> tuple[pd.DataFrame, bool]:
    """See `read_ranges`; table: the columns ds and y of these series."""
    lengths = (index.edges[1:] - index.edges[:-1])[places]
    names = pd.Index([index.names[place] for place in places], dtype="str")
    ids = pd.Categorical.from_codes(np.repeat(np.arange(len(places), dtype=np.int32), lengths), names)
    stamps, values = _stamps(table.column("ds")), _floats(table.column("y"))
    if stamps is not None and values is not None and np.isfinite(values).all():
        last = np.cumsum(lengths)[:-1]
        rising = stamps[1:] > stamps[:-1]
        rising[last[last < len(stamps)] - 1] = True
        if rising.all():
            ds = pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC", copy=False)
            return pd.DataFrame({"unique_id": ids, "ds": ds, "y": values}, copy=False), True
    return table.to_pandas().assign(unique_id=ids.astype("str")), False


def _rows(index: Index, places: np.ndarray) -> pa.Table:
    """The columns ds and y of some series."""
    file = _open(index.file)
    bounds = np.cumsum([0, *(file.metadata.row_group(number).num_rows for number in range(file.num_row_groups))])
    starts, ends = index.edges[:-1][places], index.edges[1:][places]
    touched = [number for number in range(file.num_row_groups) if ((starts < bounds[number + 1]) & (ends > bounds[number])).any()]
    parts = _each(lambda group: _taken(index.file, group, starts - bounds[group], ends - bounds[group]), touched)
    pieces = list(chain.from_iterable(parts))
    return pa.Table.from_batches(pieces, _schema(file))


def _schema(file: pq.ParquetFile) -> pa.Schema:
    return pa.schema([file.schema_arrow.field(name) for name in COLUMNS])


def _taken(file: Path, group: int, starts: np.ndarray, ends: np.ndarray) -> list[pa.RecordBatch]:
    """The wanted ranges of rows of one row group."""
    pieces, row = [], 0
    for batch in _batches(file, COLUMNS, group):
        wanted = [(first - row, last - row) for first, last in _overlaps(starts, ends, row, row + len(batch))]
        if len(wanted) == 1 and 2 * (wanted[0][1] - wanted[0][0]) > len(batch):
            pieces.append(batch.slice(wanted[0][0], wanted[0][1] - wanted[0][0]))
        elif wanted:  # copied, as a slice would keep its whole batch in memory
            pieces.append(batch.take(pa.array(np.concatenate([np.arange(*one) for one in wanted]))))
        row += len(batch)
    return pieces


def _overlaps(starts: np.ndarray, ends: np.ndarray, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The parts of sorted ranges of rows that lie in [first, last), those that touch as one."""
    begun: int | None = None
    until = first
    for place in np.flatnonzero((starts < last) & (ends > first)):
        low, high = max(int(starts[place]), first), min(int(ends[place]), last)
        if begun is not None and low > until:
            yield begun, until
            begun = None
        begun, until = low if begun is None else begun, high
    if begun is not None:
        yield begun, until


def _open(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, read_dictionary=["unique_id"])
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} is not a readable Parquet file ({str(error).splitlines()[0]}); export it again") from None


def _batches(file: Path, columns: Sequence[str], group: int | None) -> Iterator[pa.RecordBatch]:
    opened = _open(file)
    missing = [column for column in columns if column not in opened.schema_arrow.names]
    if missing:
        raise InputError(f"{file} lacks the column {', '.join(missing)}; it needs unique_id, ds, y")
    groups = range(opened.num_row_groups) if group is None else [group]
    try:
        for one in groups:  # asked of several groups at once, Arrow keeps all that it has read until the last
            yield from opened.iter_batches(BATCH, row_groups=[one], columns=list(columns), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} is not a readable Parquet file ({str(error).splitlines()[0]}); export it again") from None


def _stamps(column: pa.ChunkedArray) -> np.ndarray | None:
    """Times as ns since 1970; None where the column holds none, or not everywhere. A time without a zone is UTC."""
    if not pa.types.is_timestamp(column.type) or column.null_count:
        return None
    ticks, tick = np.asarray(column.cast(pa.int64()).to_numpy()), TICKS_NS[column.type.unit]
    if tick == 1 or not len(ticks):
        return ticks
    farthest = np.iinfo(np.int64).max // tick
    return ticks * tick if -farthest <= np.min(ticks) and np.max(ticks) <= farthest else None


def _floats(column: pa.ChunkedArray) -> np.ndarray | None:
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return None
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=float)
