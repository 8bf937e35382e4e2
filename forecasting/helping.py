# SPDX-License-Identifier: GPL-3.0-or-later
"""P(a change helps, given that it is needed): from the changes of its policy, drawn towards those of its template.

A template starts from `PRIOR`, a policy from its template, each with the weight of three series. A series counts once for a
policy however many changes it had, so one series moves no probability by more than `STREAM_MOST_HELPS`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PRIOR = (2.0, 1.0)
WEIGHT = sum(PRIOR)
STREAM_MOST_HELPS = 0.3
Votes = tuple[float, float]


@dataclass(frozen=True)
class Helps:
    """How much of what was measured helped, and how much was measured, in series; by template, and by (policy, template)."""

    templates: Mapping[str, Votes] = field(default_factory=dict)
    policies: Mapping[tuple[str, str], Votes] = field(default_factory=dict)

    def probability(self, policy: str, template: str) -> float | None:
        """P(a change of this policy with this template helps), or None before any change with the template was measured."""
        if template not in self.templates:
            return None
        yes, count = self.templates[template]
        wider = (yes + PRIOR[0]) / (count + WEIGHT)
        yes, count = self.policies.get((policy, template), (0.0, 0.0))
        return (yes + WEIGHT * wider) / (count + WEIGHT)


def helps_of(entries: Iterable[Mapping[str, Any]]) -> Helps:
    """Count the measured changes. Unknown counts as neither; a change counts once, as a help where no entry says that it was none."""
    changes: dict[tuple[str, str, str], tuple[str, bool]] = {}
    for entry in entries:
        outcome = entry["outcome"]
        if outcome.get("change_id") and outcome.get("helped") in ("yes", "no"):
            place, stream = (str(entry["policy"]), str(entry.get("template") or ""), str(outcome["change_id"])), str(entry["unique_id"])
            first, helped = changes.get(place, (stream, True))
            changes[place] = min(first, stream), helped and outcome["helped"] == "yes"
    by_template: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    by_policy: dict[tuple[str, str], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for (policy, template, _change), (stream, helped) in changes.items():
        by_template[template][stream].append(helped)
        by_policy[policy, template][stream].append(helped)
    return Helps({name: _votes(part) for name, part in by_template.items()}, {place: _votes(part) for place, part in by_policy.items()})


def _votes(streams: Mapping[str, list[bool]]) -> Votes:
    return math.fsum(sum(part) / len(part) for part in streams.values()), float(len(streams))
