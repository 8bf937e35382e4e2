# SPDX-License-Identifier: GPL-3.0-or-later
"""What was fetched before: one Parquet file a source, so that the next run asks for what is new only.

A file holds several parts, one a query. Its metadata say which time each part covers; a part is found again by a digest
over everything that decides its samples, so a changed query has no part yet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..files import drafted

KEY = b"forestage.parts"
FORMAT = 1
SCHEMA = pa.schema(
    [
        ("part", pa.dictionary(pa.int32(), pa.string())),
        ("labels", pa.dictionary(pa.int32(), pa.string())),
        ("at", pa.int64()),
        ("y", pa.float64()),
    ]
)
COLUMNS = ("labels", "at", "y")


@dataclass(frozen=True)
class Span:
    """One part: the samples `labels, at (Unix s), y` of one query, complete from `begin` to `end` (Unix s, both included)."""

    begin: int
    end: int
    samples: pd.DataFrame

    def between(self, begin: int, end: int) -> pd.DataFrame:
        """The samples from `begin` to `end` (Unix s, both included)."""
        return self.samples[self.samples["at"].between(begin, end)]


class BrokenCache(Exception):
    """The file cannot be used; what it held is fetched again."""


def digest(*decisive: object) -> str:
    """The name of a part."""
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:32]


def read(path: Path) -> dict[str, Span]:
    """All parts of a file; none where there is no file. Raises `BrokenCache`."""
    if not path.exists():
        return {}
    try:
        table = pq.read_table(path)
        told = json.loads((table.schema.metadata or {})[KEY])
        if told["format"] != FORMAT or table.schema.remove_metadata() != SCHEMA:
            raise BrokenCache("it was written by another version")
        frame = table.to_pandas()
        groups = {str(name): group for name, group in frame.groupby("part", observed=True)}
        none = frame.iloc[:0]
        return {
            name: Span(int(begin), int(end), groups.get(name, none)[list(COLUMNS)].reset_index(drop=True))
            for name, (begin, end) in told["parts"].items()
        }
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenCache(str(error).splitlines()[0][:200] if str(error) else type(error).__name__) from None


def write(path: Path, parts: Mapping[str, Span]) -> None:
    """Replace the file as a whole: whoever reads meanwhile sees the old one or the new one."""
    frames = [span.samples.assign(part=name) for name, span in parts.items() if not span.samples.empty]
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({name: [] for name in SCHEMA.names})
    columns = {name: pd.Categorical(whole[name].astype(str)) if name in ("part", "labels") else whole[name] for name in SCHEMA.names}
    told = {"format": FORMAT, "parts": {name: [span.begin, span.end] for name, span in parts.items()}}
    table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False).cast(SCHEMA)
    with drafted(path, 0o600) as draft:
        pq.write_table(table.replace_schema_metadata({KEY: json.dumps(told).encode()}), draft, compression="zstd")
