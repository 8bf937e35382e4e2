# SPDX-License-Identifier: GPL-3.0-or-later
"""A label that cannot name a device or an object is told in plain words: no dict of Python, no regular expression."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.errors import InputError
from forecasting.history.fetching import Fetching, samples_of
from forecasting.history.labelled import Labelled

QUERY = {"metric": "if_out_bps", "unit": "bit/s", "kind": "gauge", "device_label": "instance", "object_label": "ifName"}


def told(labels: dict[str, str], **settings: str) -> str:
    """The error of a source whose only series has these labels."""
    series = Labelled(Fetching("source core"), "label")
    series.add(QUERY | settings, "the query 'up'", samples_of([(labels, np.arange(3) * 300.0, np.ones(3))]), 300.0)
    with pytest.raises(InputError) as caught:
        series.parts()
    return str(caught.value)


@pytest.mark.parametrize(
    ("labels", "settings", "sentence"),
    [
        (
            {"instance": "edge a1:9116", "ifName": "eth1"},
            {},
            'source core has no series that can be used: ifName="eth1", instance="edge a1:9116": device: \'edge a1\' is not an inventory '
            "host name of letters, digits, dots, _ and -, 63 at most, a letter or digit first; correct the label or the query",
        ),
        (
            {"instance": "edge-a1", "ifName": "eth 1"},
            {},
            'source core has no series that can be used: ifName="eth 1", instance="edge-a1": object: \'eth 1\' is not an interface, a '
            "prefix, an application or the word device, of letters, digits and _ . : / @ -, 64 at most, a letter or digit first; "
            "correct the label or the query",
        ),
        (
            {"instance": "edge-a1", "ifName": "eth1"},
            {"device_label": "host"},
            'source core has no series that can be used: ifName="eth1", instance="edge-a1": it has no label \'host\'; '
            "correct the label or the query",
        ),
    ],
)
def test_a_label_that_names_nothing_is_told_in_plain_words(labels, settings, sentence):
    assert told(labels, **settings) == sentence


def test_a_hostile_label_cannot_break_the_line():
    text = told({"instance": "a\n\x1b[31mError", "ifName": "x" * 5000})
    assert text.isprintable()
    assert len(text) < 600
