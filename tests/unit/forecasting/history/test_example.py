# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents show can be used as it stands."""

from __future__ import annotations

import re

import pytest
import yaml

from forecasting.contracts import errors_of
from tests.unit.boundaries.sources import ROOT

SHOWN = re.compile(r"```yaml\n# sources\.yml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("path", ["inventories/example/sources.yml", "docs/sources.md"])
def test_the_files_of_sources_that_are_shown_hold(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    texts = SHOWN.findall(text) if path.endswith(".md") else [text]
    assert texts
    for shown in texts:
        assert errors_of("sources", yaml.safe_load(shown)) == []
