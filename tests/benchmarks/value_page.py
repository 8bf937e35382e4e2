# SPDX-License-Identifier: GPL-3.0-or-later
"""The measure of value in Markdown: a table for each set, the distances to the peers, the bar."""

from __future__ import annotations

import os
import shlex
import sys
from datetime import UTC, datetime

from forecasting.value.study import OURS
from forecasting.value.summary import ALLOWED, Row, Summary
from forecasting.value.words import points, threshold_words

AIM = 0.8
NOTES = {
    "isp1h": "Two providers' links, hourly means of 51 and 69 days; "
    "the limits are the quantiles 0.8, 0.9, 0.95 and 0.98 of the first 21 days.",
    "isp5m": "The same links measured every five minutes, as hourly means; limits as for isp1h.",
    "abi1h": "Abilene, every sixth of the 132 flows, hourly means of two weeks; "
    "the limits are the quantiles 0.8 and 0.95 of the first week. "
    "Reported as it is, without a bar: flows between two sites are bursty, bursts do not come back at the same hour, "
    "one week of history has no weekly pattern to learn from, and only three days are left to judge on.",
}


def table(name: str, found: dict[float, Summary], chosen: float) -> str:
    """One set: in full with the quantum that was chosen on the first half, the others in a line each."""
    made = found[chosen]
    lines = [
        f"## {name}",
        "",
        NOTES[name],
        "",
        f"![Limit-hours avoided against waste](images/value-{name}.svg)",
        "",
        f"A quantum is {chosen:.0%} of the limit. Second half: {made.days} days of series,",
        f"{made.limit_hours:.0f} limit-hours without action, {made.avoidable:.0f} of them avoidable.",
        "",
        "| strategy | threshold | limit-hours avoided | waste | needs met | median lead, h |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in made.rows),
        "",
        "| ours ahead of | at our waste | over wastes 0.25–2 |",
        "|---|---|---|",
        *(f"| {one.peer} | {points(one.at)} | {points(one.over)} |" for one in made.distances),
        "",
    ]
    others = [_other(quantum, summary) for quantum, summary in found.items() if quantum != chosen]
    return "\n".join([*lines, *_verdicts(name, made), *others, ""])


def _other(quantum: float, made: Summary) -> str:
    own = next(row for row in made.rows if row.name == OURS)
    worst = min(made.distances, key=lambda one: one.over[0])
    return (
        f"- a quantum of {quantum:.0%} instead: {own.avoided:.0%} at {own.waste:.2f} ×, on the curve {made.reached[0]:.0%}"
        f" at {ALLOWED:g} ×; over the curve against {worst.peer}, its best peer: {points(worst.over)}"
    )


def _line(row: Row) -> str:
    lead = "–" if row.lead_h is None else f"{row.lead_h:.0f}"
    met = f"{row.met / row.needs:.0%} of {row.needs}" if row.needs else "–"
    return f"| {row.name} | {threshold_words(row.name, row.threshold)} | {row.avoided:.0%} | {row.waste:.2f} × | {met} | {lead} |"


def _verdicts(name: str, made: Summary) -> list[str]:
    """The bar, where the set has one: with the threshold settled beforehand, and anywhere on the curve."""
    share, low, high = made.reached
    curve = f"our curve avoids {share:.0%} (95 % interval {low:.0%} to {high:.0%}) at {ALLOWED:g} times perfect foresight's waste"
    if name == "abi1h":
        return [f"- no bar: {curve}"]
    own = next(row for row in made.rows if row.name == OURS)
    good = own.avoided >= AIM and own.waste <= ALLOWED
    return [
        f"- bar {AIM:.0%} at {ALLOWED:g} ×, threshold settled on the first half: {own.avoided:.0%} at {own.waste:.2f} ×: "
        + ("meets" if good else "misses"),
        f"- the same anywhere on the curve, in hindsight: {curve}: {'meets' if share >= AIM else f'misses by {AIM - share:.0%}'}",
        f"- ahead of every peer at equal waste: {'meets' if all(one.at[1] > 0 for one in made.distances) else 'misses'} at our threshold, "
        f"{'meets' if all(one.over[1] > 0 for one in made.distances) else 'misses'} over the curve",
    ]


def page(tables: dict[str, str]) -> str:
    """The whole document."""
    command = shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]])
    head = f"""# What foresight is worth

Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}.

Accuracy is not the goal; having capacity in time is. Past demand is replayed hour by hour under a limit. Capacity can
be added in quanta. It is available 24 hours after the decision, stays for at least a day, and may then be released.

- *Limit-hours*: hours of demand above the limit in force.
- *Waste*: added capacity that nobody used, in quantum-hours, as a multiple of the waste of perfect foresight.
- *Perfect foresight* spares every limit-hour that can be spared, at the least possible waste (exact, by a linear
  programme).

| strategy | decides | threshold |
|---|---|---|
| forecast (ours) | at midnight UTC, on paths of the default model, trained daily | price: idle quantum-hours that a limit-hour is worth |
| react at the limit | every hour: act when demand passes the limit | margin on what is seen |
| linear | every hour: least squares over a trailing window, read 24 h ahead, like `predict_linear` | margin on what is expected |
| linear with a weekly season | the same, on what remains after subtracting the mean of the last four weeks at the same hour | the same |

**How thresholds are set.** On the first half of the origins, each strategy gets the threshold that avoids most at no
more than twice the waste of perfect foresight (the peers also their window, of 6, 24, 72 and 168 h). The quantum is set
there too: a tenth or a quarter of the limit, whichever lets our curve reach higher at twice that waste. Everything
below is the second half.

**How to read the tables.**

- *Needs* are spells above the limit. One is met when the capacity was there from its first hour to its last, so that
  nobody had to ask.
- *Lead* is the time from the newest decision to the first hour of the need, for the needs that were met.
- Distances are in points of what perfect foresight avoids, against the peer's best margins in hindsight at the same
  waste. Their 95 % intervals resample the days of each series.
- A price set on one half gives another waste on the other half: the curve holds better than the point on it.
- At most ten quanta are in use at once.

**What was tried for our rule**: acting where a quantile of the forecast passes the limit (about .78 at twice the waste
on the first half of isp1h, with a quantum of a tenth of the limit), a price for each spell instead of each hour (.84 at
2.5 times), and the price for each hour, which is used (.93). While the rule was being chosen, the second half was
looked at with a quantum of a tenth; with a quarter it was not looked at before everything had been settled.

isp5m are the same links at five minutes; `--sets isp5m` measures them.

On your own history: `python -m forecasting value --history … --as-of … --out DIR` prints both tables, with the thresholds
and the distances to the peers, and writes `value.json` and `value.svg`. It forecasts anew at every midnight after the
first three weeks. That takes about 17 s of one core for each midnight with six links of six weeks (20 midnights: 5½
minutes), almost all of it for training; more cores share the midnights. Without a terminal nothing is printed until the
end. `--model seasonal_naive_week` needs 13 s in all, for a first look.
"""
    return "\n".join([head, *tables.values()])
