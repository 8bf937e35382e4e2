# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden rules: what every configuration must and must not have, as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.forestage.network.forecasting.contracts import ContractError, check

from ..drivers.frr_config import parse, paths
from ..templates.ruleset import tables

FILE = Path(__file__).with_name("golden.yml")


class RuleError(ValueError):
    """A file of golden rules that cannot be read; the text names the file and the mend."""


@dataclass(frozen=True)
class Rule:
    """One rule: in `part` (frr, nft) a line that matches must be there (`require`) or must not (`forbid`)."""

    name: str
    part: str
    require: str = ""
    forbid: str = ""
    where: str = ""


def load_rules(path: Path = FILE) -> list[Rule]:
    """Read a file of rules (schema golden_rules); `RuleError` names the place of a mistake."""
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        check("golden_rules", value, str(path))
        rules = [Rule(**entry) for entry in value["rules"]]
        for rule in rules:
            for pattern in (rule.require, rule.forbid, rule.where):
                re.compile(pattern)
    except (OSError, yaml.YAMLError, ContractError) as error:
        raise RuleError(f"{path}: {' '.join(str(error).removeprefix(f'{path}: ').split())}") from None
    except re.error as error:
        raise RuleError(f"{path}: {error.pattern!r} is no regular expression ({error}); mend it") from None
    return rules


def violations(rules: Sequence[Rule], config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for every rule that a device configuration breaks."""
    for rule in rules:
        lines = (
            [line for line in _lines(rule.part, config) if re.search(rule.where, line)] if rule.where else list(_lines(rule.part, config))
        )
        if rule.require and lines and not any(re.search(rule.require, line) for line in lines):
            yield f"{rule.name}: nothing matches {rule.require}"
        for line in lines:
            if rule.forbid and re.search(rule.forbid, line):
                yield f"{rule.name}: {line}"


def _lines(part: str, config: Mapping[str, Any]) -> Iterator[str]:
    """FRR lines with their contexts (joined by `` / ``), nftables lines with their table in front."""
    if part == "frr":
        yield from (" / ".join(path) for path in paths(parse(str(config["frr"]))))
        return
    for name, text in tables(str(config["nft"])).items():
        yield from (f"{name} / {line.strip()}" for line in text.splitlines()[1:-1])
