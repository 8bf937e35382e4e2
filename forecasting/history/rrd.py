# SPDX-License-Identifier: GPL-3.0-or-later
"""The source ``rrd``: round-robin databases, as LibreNMS and Cacti keep them → series and samples, fetched once and kept."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ..contracts.durations import seconds
from ..errors import InputError
from . import cache
from .fetching import Fetching, QueryRefused, Wanted
from .labelled import Labelled
from .parts import Parts
from .rrdtool import Archive, archive_for, fetch, program

AT_ONCE = 4
GROUPS = ("device", "object", "site")
CONSTANTS = (*GROUPS, "tz", "role", "vendor", "model", "criticality")


def read_rrd(settings: Mapping[str, Any], folder: Path, kept: Path, as_of: datetime) -> Parts:
    """All series of the source's files over its lookback before `as_of`; a sample is the mean over the time that begins at it.

    settings: an entry of the sources file; folder: where that file lies; kept: the source's cache file.

    Raises:
        InputError: no file can be read, and nothing was kept.
    """
    source = _Source(settings, int(as_of.timestamp()))
    files = source.files(folder)
    fetching = Fetching(source.name)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = list(zip(files, pool.map(source.wanted, files), strict=True))
    fetching.run(kept, [asked for _unused, asked in wanted])
    series = Labelled(fetching, "path")
    for name, meaning in settings["data_sources"].items():
        query = {"kind": "gauge", **meaning, **source.constants, **{f"{group}_path": group for group in source.groups}}
        read = [(path, fetching.spans[asked.part]) for path, asked in wanted if asked.part in fetching.spans]
        pieces = [source.picked(span, name, path, files[path]) for path, span in read]
        if pieces:
            series.add(query, f"the data source {name!r}", pd.concat(pieces, ignore_index=True), None)
    series.fetching.left_out += source.left_out
    return series.parts()


class _Source:
    """What the settings say, understood."""

    def __init__(self, settings: Mapping[str, Any], end: int) -> None:
        self.name, self.settings = f"source {settings['name']}", settings
        self.length = int(seconds(settings["lookback"]))
        self.begin, self.end = max(end - self.length, 0), end
        self.step_s = int(seconds(settings["step"])) if "step" in settings else None
        self.constants = {key: settings[key] for key in CONSTANTS if key in settings}
        self.left_out: list[dict[str, str]] = []
        try:
            self.pattern = re.compile(settings["path"])
        except re.error as error:
            raise InputError(f"{self.name}: path {settings['path']!r} is no regular expression ({error}); correct path") from None
        self.groups = [group for group in GROUPS if group in self.pattern.groupindex and group not in self.constants]
        missing = [group for group in GROUPS[:2] if group not in self.groups and group not in self.constants]
        if missing:
            raise InputError(f"{self.name}: path names no group (?P<{missing[0]}>…); add it, or give {missing[0]}")

    def files(self, folder: Path) -> dict[Path, str]:
        """Each file and the labels that its path gives, as JSON. A path that the expression does not match is left out by name."""
        found: dict[Path, str] = {}
        for pattern in self.settings["files"]:
            matches = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
            if not matches:
                raise InputError(f"{self.name}: there is no file {folder / pattern}; correct files")
            for path in ((folder / match).absolute() for match in matches):
                match = self.pattern.search(path.as_posix()) if str(path).isprintable() else None
                if match is None:
                    self._leave_out(repr(str(path))[:200], "the expression in path does not match it; correct path or files")
                else:
                    found[path] = json.dumps(self._labels(match, path), sort_keys=True)
        return found

    def _labels(self, match: re.Match[str], path: Path) -> dict[str, str]:
        labels = {group: match[group] or "" for group in self.groups}
        if "object" in labels:
            labels["object"] = self.settings.get("objects", {}).get(labels["object"], labels["object"])
        return labels | {"file": str(path)}

    def wanted(self, path: Path) -> Wanted:
        """What a file is asked for: the time that its archive and the lookback share, up to its last update."""
        consolidation = self.settings.get("consolidation", "AVERAGE")
        part = cache.digest(str(path), consolidation, self.step_s or self.length, sorted(self.settings["data_sources"]))
        try:
            archive = archive_for(program(self.name), path, consolidation, self.begin, self.step_s)
        except InputError as error:
            return Wanted(part, self.begin, self.end, 1, self.length, partial(_refused, self._named(error)))
        begin = max(archive.begin, -(-self.begin // archive.step_s) * archive.step_s)
        last = min(archive.end, self.end // archive.step_s * archive.step_s - archive.step_s)
        return Wanted(part, begin, max(last, begin - archive.step_s), archive.step_s, self.length, partial(self._fetched, path, archive))

    def picked(self, span: cache.Span, name: str, path: Path, labels: str) -> pd.DataFrame:
        """The samples of one data source of a file, with the labels of its path."""
        found = span.between(self.begin, self.end)
        found = found[found["labels"] == json.dumps(name)]
        if found.empty:
            self._leave_out(f"{path} {name}", "it has no value in the lookback; correct files, or see why nothing is written to it")
        return found.assign(labels=labels)

    def _leave_out(self, name: str, reason: str) -> None:
        self.left_out.append({"unique_id": name, "reason": f"{self.name}: {reason}"})

    def _fetched(self, path: Path, archive: Archive, begin: int, end: int) -> pd.DataFrame:
        try:
            return fetch(program(self.name), path, archive, begin, end, sorted(self.settings["data_sources"]))
        except QueryRefused as error:
            raise self._named(error) from None

    def _named(self, error: InputError) -> InputError:
        text = str(error)
        return type(error)(text if text.startswith(self.name) else f"{self.name}: {text}")


def _refused(error: InputError, begin: int, end: int) -> pd.DataFrame:
    raise error
