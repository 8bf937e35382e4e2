# SPDX-License-Identifier: GPL-3.0-or-later
"""Performance: what real packets did, against what was promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .evidence import Check, Evidence

CATEGORY = "performance"
CARRIED = 0.95  # of what is offered, where it should fit
SHAPED = (0.85, 1.08)  # of the rate, where more is offered than fits
LEFT_OVER = 0.05  # of the traffic, on a link that was to lose it


def checks(evidence: Evidence) -> Iterator[Check]:
    """All performance checks of a rehearsal; one that says why, where there is nothing to measure."""
    judges = {"rate": _rate, "demand": _demand, "share": _share, "detour": _detour}
    measured = [entry for entry in evidence.traffic if entry["what"] in judges]
    for entry in measured:
        if "skipped" in entry:
            yield Check.skipped(CATEGORY, f"traffic: {entry['what']}", evidence.device, str(entry["skipped"]))
        else:
            yield judges[entry["what"]](evidence, entry)
    if not measured and not evidence.refused:
        yield Check.skipped(CATEGORY, "traffic", evidence.device, f"a change of kind {evidence.template} has no rate to measure")


def _mbit(bits_per_second: float) -> str:
    return f"{bits_per_second / 1e6:.2f} Mbit/s"


def _scale(entry: Mapping[str, Any]) -> str:
    return f" (measured at 1/{entry['scale']:.1f} of the rate)" if entry["scale"] > 1 else ""


def _rate(evidence: Evidence, entry: Mapping[str, Any]) -> Check:
    low, high = (factor * entry["limit"] for factor in SHAPED)
    expected = f"{entry['interface']} carries {_mbit(entry['limit'])} when {_mbit(entry['offered'])} are offered"
    loss = max(0.0, 1 - entry["carried"] / entry["offered"])
    seen = f"{_mbit(entry['carried'])}, {loss:.0%} lost{_scale(entry)}"
    return Check.of(CATEGORY, "the new rate holds", entry["device"], low <= entry["carried"] <= high, expected, seen)


def _demand(evidence: Evidence, entry: Mapping[str, Any]) -> Check:
    expected = f"the forecast peak of {_mbit(entry['offered'])} passes {entry['interface']} with at most {1 - CARRIED:.0%} loss"
    loss = max(0.0, 1 - entry["carried"] / entry["offered"])
    seen = f"{_mbit(entry['carried'])}, {loss:.0%} lost{_scale(entry)}"
    return Check.of(CATEGORY, "the forecast demand fits", entry["device"], entry["carried"] >= CARRIED * entry["offered"], expected, seen)


def _share(evidence: Evidence, entry: Mapping[str, Any]) -> Check:
    promised = min(entry["guaranteed"], entry["offered"])
    expected = f"class {entry['class']} gets {_mbit(promised)} of {entry['interface']} while other traffic overloads it"
    seen = f"{_mbit(entry['carried'])}{_scale(entry)}"
    return Check.of(CATEGORY, "the class gets its share", entry["device"], entry["carried"] >= 0.9 * promised, expected, seen)


def _detour(evidence: Evidence, entry: Mapping[str, Any]) -> Check:
    """All of it must get out; after a drain none of it over the drained link, where there is another way."""
    device, port = entry["device"], entry["interface"]
    arrives = entry["carried"] >= CARRIED * entry["offered"]
    share = entry["through"] / entry["offered"]
    drained = evidence.template == "drain" and not evidence.removes and not entry["alone"]
    expected = f"{_mbit(entry['offered'])} to what lay behind {port} gets out" + (f", none of it over {port}" if drained else "")
    seen = f"{_mbit(entry['carried'])} got out, {share:.0%} of it over {port}"
    return Check.of(CATEGORY, "traffic finds its way", device, arrives and (not drained or share <= LEFT_OVER), expected, seen)
