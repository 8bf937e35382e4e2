# SPDX-License-Identifier: GPL-3.0-or-later
"""What every model must hold to, whatever it is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasting.errors import InputError
from forecasting.models import MODELS, Model, candidates, models_named, ridge
from forecasting.models.forest import Forest
from forecasting.models.rows import Amount
from forecasting.panel import Panel, plain_panel

DAY, WEEK, AHEAD = 24, 168, 24
KNOWN = 4 * WEEK + 2 * DAY
RNG = np.random.default_rng(4)
FOLLOW_THE_DAY = sorted(set(MODELS) - {"naive"})


def member(name: str) -> Model:
    """The model as it is, but of few rows where many would only take time."""
    return Forest(amount=Amount(most=3_000, least=3_000)) if name == "forest" else MODELS[name](0)


def shape(level: float, steps: int) -> np.ndarray:
    """A day with a busy evening and a quiet weekend."""
    hours = np.arange(steps)
    weekday = np.where(hours % WEEK < 5 * DAY, 1.0, 0.7)
    return np.asarray(level * weekday * (2.0 + np.sin(2 * np.pi * hours / DAY)))


def made(steps: int = KNOWN) -> Panel:
    levels = (1.0, 40.0, 7e6)
    noise = RNG.normal(0.0, 0.02, (len(levels), KNOWN + AHEAD))
    rows = [(f"s{number}", (shape(level, KNOWN + AHEAD) * (1 + noise[number]))[:steps]) for number, level in enumerate(levels)]
    return plain_panel(rows, DAY, WEEK, AHEAD)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return made()


@pytest.mark.parametrize("name", FOLLOW_THE_DAY)
def test_a_day_that_repeats_is_followed_at_every_size(panel: Panel, name: str) -> None:
    truth = np.stack([shape(level, KNOWN + AHEAD)[-AHEAD:] for level in (1.0, 40.0, 7e6)])
    found = member(name).fit(panel, panel.steps).predict(panel, panel.steps)
    assert found.shape == truth.shape
    assert (np.abs(found - truth).mean(axis=1) < 0.2 * truth.mean(axis=1)).all()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_nothing_after_the_origin_is_looked_at(panel: Panel, name: str) -> None:
    origin = KNOWN - 2 * DAY
    later = panel.y.copy()
    later[:, origin:] = 1e9
    spoilt = replace(panel, y=later)
    np.testing.assert_array_equal(
        member(name).fit(spoilt, origin).predict(spoilt, origin), member(name).fit(panel, origin).predict(panel, origin)
    )


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("values", [np.zeros(KNOWN), np.full(KNOWN, 5.0), np.full(12, 3.0), np.concatenate([np.zeros(KNOWN - 1), [9.0]])])
def test_a_strange_series_gives_a_finite_forecast_or_none(name: str, values: np.ndarray) -> None:
    strange = plain_panel([("usual", shape(3.0, KNOWN)), ("strange", values)], DAY, WEEK, AHEAD)
    found = member(name).fit(strange, strange.steps).predict(strange, strange.steps)
    assert np.isfinite(found[0]).all()
    assert np.isfinite(found[1]).all() or np.isnan(found[1]).all()


def test_the_fast_tier_does_not_depend_on_groups_or_order(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = MODELS["ridge"](0).fit(panel, panel.steps).predict(panel, panel.steps)
    turned = plain_panel([(panel.ids[row], panel.y[row]) for row in (2, 0, 1)], DAY, WEEK, AHEAD)
    np.testing.assert_allclose(MODELS["ridge"](0).fit(turned, KNOWN).predict(turned, KNOWN)[[1, 2, 0]], whole, rtol=1e-3)
    monkeypatch.setattr(ridge, "CHUNK", 2)
    np.testing.assert_allclose(MODELS["ridge"](0).fit(panel, KNOWN).predict(panel, KNOWN), whole, rtol=1e-3)


def test_costly_models_are_tried_only_when_they_are_asked_for(panel: Panel) -> None:
    week_ahead = replace(panel, horizon=WEEK)
    usual = {model.name for asked in (panel, week_ahead) for model in candidates(asked)}
    assert usual == set(MODELS) - {"ridge", "forest", "stl", "sarimax"}
    assert candidates(panel)[0].name == "boosted"


def test_models_are_asked_for_by_name() -> None:
    assert [model.name for model in models_named("ridge, seasonal_naive")] == ["ridge", "seasonal_naive"]
    with pytest.raises(InputError, match="no model 'oracle'"):
        models_named("ridge,oracle")
