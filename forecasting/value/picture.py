# SPDX-License-Identifier: GPL-3.0-or-later
"""The frontier as a picture: limit-hours avoided against waste, one curve a strategy, the settled thresholds as dots."""

from __future__ import annotations

from markupsafe import Markup

from ..report.svg import Scale, path, tag
from .study import ALWAYS, BEST, OURS
from .summary import ALLOWED, Summary

WIDTH, HEIGHT = 760.0, 430.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 20.0, 34.0, 50.0
MOST = 4.0
GOAL = 0.8
COLOURS = ("#0b6e4f", "#c1440e", "#7a5195", "#2f6690")
FONT = "font-family:sans-serif;font-size:12px;fill:#333"


def picture(made: Summary, title: str) -> Markup:
    """A self-contained SVG of one set."""
    x, y = Scale(0.0, MOST, LEFT, WIDTH - RIGHT), Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    layers = [tag("rect", width=WIDTH, height=HEIGHT, fill="#ffffff"), *_axes(x, y), *_marks(made, x, y), *_curves(made, x, y)]
    head = tag("text", title, x=LEFT, y=20.0, style=f"{FONT};font-weight:bold")
    return tag(
        "svg", tag("title", title), *layers, head,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", width=WIDTH, height=HEIGHT, role="img",
    )  # fmt: skip


def _axes(x: Scale, y: Scale) -> list[Markup]:
    """The grid; in green where the aim lies: four fifths of the limit-hours at twice the waste."""
    aim = tag("rect", x=LEFT, y=y(1.0), width=x(ALLOWED) - LEFT, height=y(GOAL) - y(1.0), fill="#0b6e4f", opacity=0.1)
    found = [aim, tag("text", "the aim", x=LEFT + 8, y=y(GOAL) - 8, style=FONT)]
    for step in range(int(MOST) + 1):
        found.append(path([(x(step), y(0.0)), (x(step), y(1.0))], stroke="#dddddd", fill="none"))
        found.append(tag("text", f"{step}", x=x(step), y=HEIGHT - BOTTOM + 18, text_anchor="middle", style=FONT))
    for fifth in range(6):
        place = y(fifth / 5)
        found.append(path([(LEFT, place), (WIDTH - RIGHT, place)], stroke="#dddddd", fill="none"))
        found.append(tag("text", f"{fifth * 20} %", x=LEFT - 8, y=place + 4, text_anchor="end", style=FONT))
    below = "waste: idle added capacity, in multiples of perfect foresight's"
    found.append(tag("text", below, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 12, text_anchor="middle", style=FONT))
    turn = f"rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2:.0f})"
    beside = "limit-hours avoided, of those that can be"
    found.append(tag("text", beside, x=16.0, y=(TOP + HEIGHT - BOTTOM) / 2, transform=turn, text_anchor="middle", style=FONT))
    return found


def _marks(made: Summary, x: Scale, y: Scale) -> list[Markup]:
    """The strategies without a threshold."""
    found = []
    for row in made.rows:
        if row.name in (BEST, ALWAYS) and row.waste <= MOST:
            found.append(tag("rect", x=x(row.waste) - 5, y=y(row.avoided) - 5, width=10.0, height=10.0, fill="#333333"))
            found.append(tag("text", row.name, x=x(row.waste) + 9, y=y(row.avoided) + 16, style=FONT))
    return found


def _curves(made: Summary, x: Scale, y: Scale) -> list[Markup]:
    best, found = made.curves[BEST], []
    shown = [row for row in made.rows if row.name not in (BEST, ALWAYS)]
    for place, (row, colour) in enumerate(zip(shown, COLOURS, strict=True)):
        own = made.curves[row.name]
        waste, avoided = own.waste.sum(axis=1) / best.waste.sum(), own.avoided.sum(axis=1) / best.avoided.sum()
        points = [(0.0, 0.0), *sorted(zip(waste.tolist(), avoided.tolist(), strict=True))]
        inside = [(x(across), y(up)) for across, up in points if across <= MOST]
        width = 3.0 if row.name == OURS else 1.8
        found.append(path(inside, stroke=colour, fill="none", stroke_width=width))
        if row.waste <= MOST:
            found.append(tag("circle", cx=x(row.waste), cy=y(row.avoided), r=5.0, fill=colour))
        line = HEIGHT - BOTTOM - 84.0 + 20.0 * place
        found.append(path([(WIDTH - 270, line - 4), (WIDTH - 245, line - 4)], stroke=colour, fill="none", stroke_width=width))
        found.append(tag("text", row.name, x=WIDTH - 238, y=line, style=FONT))
    return found
