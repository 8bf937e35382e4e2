# SPDX-License-Identifier: GPL-3.0-or-later
"""The reliability diagram of several columns of probabilities, with the interval of what came."""

from __future__ import annotations

from markupsafe import Markup

from forecasting.report.svg import Scale, path, tag

SIZE, LEFT, RIGHT, TOP, BOTTOM = 460.0, 66.0, 20.0, 16.0, 50.0
COLOURS = ("#c1440e", "#0b6e4f")
FONT = "font-family:sans-serif;font-size:12px;fill:#333"
SHIFT = 3.0


def picture(columns: dict[str, list[dict[str, float]]]) -> Markup:
    """A self-contained SVG; `columns`: bins of stated probability by name, the closer to the diagonal the better."""
    x, y = Scale(0.0, 1.0, LEFT, SIZE - RIGHT), Scale(0.0, 1.0, SIZE - BOTTOM, TOP)
    layers = [tag("rect", width=SIZE, height=SIZE, fill="#ffffff"), *_grid(x, y)]
    for number, ((name, bins), colour) in enumerate(zip(columns.items(), COLOURS, strict=True)):
        off = SHIFT * (2 * number - 1)
        layers.append(path([(x(item["stated"]) + off, y(item["came"])) for item in bins], stroke=colour, fill="none", stroke_width=1.8))
        for item in bins:
            across = x(item["stated"]) + off
            layers.append(path([(across, y(item["low"])), (across, y(item["high"]))], stroke=colour, fill="none", stroke_width=1.2))
            layers.append(tag("circle", tag("title", f"{name}: {item['n']:.0f} rows"), cx=across, cy=y(item["came"]), r=4.5, fill=colour))
        layers.append(tag("rect", x=LEFT + 14, y=TOP + 10 + 20.0 * number, width=12.0, height=12.0, fill=colour))
        layers.append(tag("text", name, x=LEFT + 32, y=TOP + 20 + 20.0 * number, style=FONT))
    return tag(
        "svg", tag("title", "Stated probability against the share that was crossed"), *layers,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {SIZE:.0f} {SIZE:.0f}", width=SIZE, height=SIZE, role="img",
    )  # fmt: skip


def _grid(x: Scale, y: Scale) -> list[Markup]:
    found = []
    for fifth in range(6):
        mark = fifth / 5
        found.append(path([(x(mark), y(0.0)), (x(mark), y(1.0))], stroke="#dddddd", fill="none"))
        found.append(path([(x(0.0), y(mark)), (x(1.0), y(mark))], stroke="#dddddd", fill="none"))
        found.append(tag("text", f"{mark:.0%}", x=x(mark), y=SIZE - BOTTOM + 18, text_anchor="middle", style=FONT))
        found.append(tag("text", f"{mark:.0%}", x=LEFT - 8, y=y(mark) + 4, text_anchor="end", style=FONT))
    found.append(path([(x(0.0), y(0.0)), (x(1.0), y(1.0))], stroke="#888888", fill="none", stroke_dasharray="4 4"))
    found.append(tag("text", "stated probability", x=(LEFT + SIZE - RIGHT) / 2, y=SIZE - 12, text_anchor="middle", style=FONT))
    turn = f"rotate(-90 16 {(TOP + SIZE - BOTTOM) / 2:.0f})"
    found.append(tag("text", "share that crossed", x=16.0, y=(TOP + SIZE - BOTTOM) / 2, transform=turn, text_anchor="middle", style=FONT))
    return found
