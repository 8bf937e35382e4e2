# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a failed Molecule scenario the failing task is shown, not the clearing up after it."""

from __future__ import annotations

from tools.parts.molecule_scenarios import LINES, reason

OUTPUT = """
\x1b[2m│\x1b[0m TASK [It is rescued]
\x1b[2m│\x1b[0m \x1b[31mfatal: [left]: FAILED! => {"msg": "expected"}\x1b[0m
\x1b[2m│\x1b[0m TASK [It must hold]
\x1b[2m│\x1b[0m
\x1b[2m│\x1b[0m \x1b[31mfatal: [right]: FAILED! => {\x1b[0m
\x1b[2m│\x1b[0m \x1b[31m    "msg": "Assertion failed"\x1b[0m
\x1b[2m│\x1b[0m PLAY RECAP ****
\x1b[2m│\x1b[0m TASK [Remove the network]
\x1b[2m│\x1b[0m changed: [localhost]
"""


def test_the_failing_task_is_shown_without_colours() -> None:
    assert reason(OUTPUT) == '│ TASK [It must hold]\n│ fatal: [right]: FAILED! => {\n│     "msg": "Assertion failed"'


def test_without_a_failed_task_the_end_is_shown() -> None:
    assert reason("\n".join(map(str, range(100)))).splitlines() == [str(number) for number in range(100 - LINES, 100)]
