# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, merge and write FRR configurations as trees of contexts.

A small parser of our own, because hier_config 3 refuses FRR's repeated ``exit`` lines
(``DuplicateChildError``) and does not know that FRR prints some negations
(``no ipv6 forwarding``) as configuration in their own right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .frr_rules import key_of

HEADERS = re.compile(r"^(Building configuration\.\.\.|Current configuration:|end)$")
CLOSER = re.compile(r"^exit(-[a-z0-9-]+)?$")
DEFAULT_CLOSERS = {"address-family": "exit-address-family", "vrf": "exit-vrf"}


class FrrConfigError(ValueError):
    """A configuration that cannot be read; the text names the line and the mend."""


@dataclass
class Node:
    """One line, the lines inside it, and the word that closes it (empty for a plain line)."""

    text: str
    children: list[Node] = field(default_factory=list)
    closer: str = ""

    @property
    def is_context(self) -> bool:
        """Whether the line opens a context, even an empty one."""
        return bool(self.children or self.closer)


def parse(text: str) -> Node:
    """Read a configuration as ``vtysh`` prints it; comments, headers and ``end`` are dropped."""
    root = Node("")
    stack: list[tuple[int, Node]] = [(-1, root)]
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("!") or HEADERS.match(line):
            continue
        depth = len(raw) - len(raw.lstrip(" "))
        if CLOSER.match(line):
            _close(stack, depth, line, number)
            continue
        while stack[-1][0] >= depth:
            stack.pop()
        node = Node(line)
        stack[-1][1].children.append(node)
        stack.append((depth, node))
    return root


def _close(stack: list[tuple[int, Node]], depth: int, line: str, number: int) -> None:
    while stack[-1][0] > depth:
        stack.pop()
    if stack[-1][0] != depth:
        raise FrrConfigError(f"line {number} of the FRR configuration: {line!r} closes nothing; indent it like the line that it closes")
    stack.pop()[1].closer = line


def render(root: Node) -> str:
    """Write a tree in FRR's own layout, ending in a newline (empty for an empty tree)."""
    lines: list[str] = []
    before: Node | None = None
    for node in root.children:
        if before is not None and (node.is_context or before.is_context or _family(node) != _family(before)):
            lines.append("!")
        lines.extend(_lines(node, 0))
        before = node
    return "".join(f"{line}\n" for line in lines)


def _family(node: Node) -> str:
    words = node.text.split()
    return " ".join(words[:2]) if words[0] in ("ip", "ipv6") else ""


def _lines(node: Node, depth: int) -> Iterator[str]:
    indent = " " * depth
    yield indent + node.text
    for position, child in enumerate(node.children):
        if child.is_context and position:
            yield f"{indent} !"
        yield from _lines(child, depth + 1)
    if node.is_context:
        yield indent + (node.closer or DEFAULT_CLOSERS.get(node.text.split()[0], "exit"))


def merge(running: str, snippet: str) -> str:
    """Put a snippet into a running configuration, each line in its own context.

    A line replaces the one that sets the same thing (``ip ospf cost 10`` by ``ip ospf cost 20``).
    ``no LINE`` removes what begins with the words of LINE, contexts included, unless FRR prints that
    negation as configuration: then it is stated like any other line. Running text comes back unchanged
    when the snippet changes nothing.
    """
    tree = parse(running)
    before = list(paths(tree))
    _merge_into(tree, parse(snippet))
    _drop_empty(tree)
    return running if list(paths(tree)) == before else render(tree)


def _merge_into(target: Node, addition: Node) -> None:
    for new in addition.children:
        if new.text.startswith("no ") and key_of(new.text) is None:
            _remove(target, new.text[3:])
            continue
        present = next((child for child in target.children if child.text == new.text), None)
        if present is None:
            present = _insert(target, Node(new.text, closer=new.closer))
        _merge_into(present, new)


def _drop_empty(target: Node) -> None:
    """Leave out the contexts that FRR does not print when nothing is in them."""
    for child in target.children:
        _drop_empty(child)
    target.children = [child for child in target.children if child.children or not child.text.startswith(("interface ", "address-family "))]


def _remove(target: Node, command: str) -> None:
    """Remove the lines that begin with the words of `command`, here and in the contexts below."""
    target.children = [child for child in target.children if not _begins(child.text, command)]
    if target.text:  # at the top level `no ip …` must not reach into the interfaces
        for child in target.children:
            _remove(child, command)


def _begins(text: str, command: str) -> bool:
    return text == command or text.startswith(command + " ")


def _insert(target: Node, node: Node) -> Node:
    key = key_of(node.text)
    opposite = node.text[3:] if node.text.startswith("no ") else f"no {node.text}"
    for position, child in enumerate(target.children):
        if child.text == opposite or (key and key_of(child.text) == key):
            target.children[position] = node
            return node
    target.children.insert(_place(target, node), node)
    return node


def _place(target: Node, node: Node) -> int:
    """After the last line of the same family, plain lines otherwise before the contexts."""
    words = node.text.split()[:2]
    same = [index for index, child in enumerate(target.children) if child.text.split()[:2] == words]
    same = same or [index for index, child in enumerate(target.children) if child.text.split()[0] == words[0]]
    if same:
        return same[-1] + 1
    if node.is_context or not target.text:
        return len(target.children)
    return next((index for index, child in enumerate(target.children) if child.is_context), len(target.children))


def paths(root: Node, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every line with the contexts above it, in order: ``("interface eth1", "ip ospf cost 10")``."""
    for node in root.children:
        here = (*above, node.text)
        yield here
        yield from paths(node, here)


def lines_in(text: str, *context: str) -> list[str]:
    """The lines directly inside a context; without a context, the top-level lines."""
    return [path[-1] for path in paths(parse(text)) if path[:-1] == context]


def value_of(text: str, context: tuple[str, ...], command: str) -> str | None:
    """What follows `command` inside `context`, or None where it is not configured."""
    return next((line[len(command) :].strip() for line in lines_in(text, *context) if _begins(line, command)), None)


def changed(running: str, candidate: str) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The paths that the candidate adds and those that it removes."""
    before, after = set(paths(parse(running))), set(paths(parse(candidate)))
    return after - before, before - after
