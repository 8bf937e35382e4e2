# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that run in production but that the virtual router did not take: kept out of the rehearsal, and named."""

from __future__ import annotations

from collections.abc import Iterable

from ..drivers.frr_config import Node, changed, merge, parse, render

Path = tuple[str, ...]


def withheld(production: str, virtual: str) -> set[Path]:
    """The paths that the production router has and its virtual copy has not."""
    return changed(production, virtual)[1]


def without(text: str, paths: Iterable[Path]) -> str:
    """A configuration without these paths, and what is inside them."""
    gone, tree = set(paths), parse(text)
    if not gone:
        return text
    _prune(tree, (), gone)
    return render(tree)


def put_back(text: str, production: str, paths: Iterable[Path]) -> str:
    """The configuration that was read back, with the lines that were kept out in their places again."""
    wanted, tree = set(paths), parse(production)
    if not wanted:
        return text
    _keep(tree, (), wanted)
    return merge(text, render(tree))


def _prune(node: Node, above: Path, gone: set[Path]) -> None:
    node.children = [child for child in node.children if (*above, child.text) not in gone]
    for child in node.children:
        _prune(child, (*above, child.text), gone)


def _keep(node: Node, above: Path, wanted: set[Path]) -> None:
    for child in node.children:
        _keep(child, (*above, child.text), wanted)
    node.children = [child for child in node.children if child.children or (*above, child.text) in wanted]
