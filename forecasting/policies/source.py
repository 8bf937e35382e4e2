# SPDX-License-Identifier: GPL-3.0-or-later
"""Read YAML and remember on which line each value stands, so that an error can name it."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError

Place = tuple[str | int, ...]
DEEPEST = 20
MOST_VALUES = 100_000


class _Yaml(yaml.SafeLoader):
    """YAML in which ``2e7`` is a number too, as in JSON and YAML 1.2."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


class PolicyError(InputError):
    """A YAML file that a person wrote is wrong; the text is one sentence with file, line and mend."""


@dataclass(frozen=True)
class Source:
    """The plain data of a YAML file with the line of every value and key."""

    path: Path
    data: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of `place`, or of its nearest enclosing value."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def error(self, place: Place, what: str) -> PolicyError:
        """An error that points at `place`."""
        return PolicyError(f"{self.path}:{self.line(place)}: {what}")


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`` (did you mean 'horizon'?)`` when something known is close, else what is known."""
    names = sorted(known)
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(names)}" if names else ""


def read(path: Path, most: int = MOST_VALUES) -> Source:
    """Read `path`, of at most so many values; `PolicyError` when it is missing, empty, no UTF-8, no YAML or holds a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PolicyError(f"{path}: there is no such file; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    try:
        loader = _Yaml(text)
        node = loader.get_single_node()
        if node is None:
            raise PolicyError(f"{path}: the file is empty; write it again")
        lines: dict[Place, int] = {}
        data = _Reading(path, loader, most, lines).plain(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PolicyError(f"{path}:{mark.line + 1 if mark else 1}: this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError(f"{path}: this is not YAML: {(str(error) or type(error).__name__).splitlines()[0]}") from None
    return Source(path, data, lines)


@dataclass(frozen=True)
class _Reading:
    """One file while it is read: the nodes of its YAML become plain data, and `lines` fills."""

    path: Path
    loader: _Yaml
    most: int
    lines: dict[Place, int]

    def plain(self, node: yaml.Node, place: Place) -> Any:
        """The data of one node."""
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(place) > DEEPEST or len(self.lines) > self.most:
            raise PolicyError(f"{self.path}:{line}: this is nested too deeply or repeats itself through aliases; write it out flat")
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, (*place, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        try:
            value = self.loader.construct_object(node)
        except ValueError as error:
            raise PolicyError(f"{self.path}:{line}: {node.value!r} cannot be read ({error}); put it in quotes") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise PolicyError(f"{self.path}:{line}: {node.value} is no number to reckon with; write a finite one")
        return value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        self.loader.flatten_mapping(node)
        found: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key, str):
                raise PolicyError(f"{self.path}:{line}: a key must be plain text")
            if key in found:
                raise PolicyError(f"{self.path}:{line}: the key {key!r} stands twice in the same place; keep one")
            self.lines[(*place, key)] = line
            found[key] = self.plain(child, (*place, key))
        return found
