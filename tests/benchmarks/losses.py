# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses of one forecaster on one set, series by series and origin by origin, and what they come to."""

from __future__ import annotations

import numpy as np
from bootstrap import interval

from forecasting.metrics import mase, msis, owa, pinball, scaled_quantile_loss, seasonal_scale, smape
from forecasting.panel import Floats, Panel

Losses = dict[str, Floats]
POINT = ("MASE", "sMAPE")
SPREAD = ("sWQL", "MSIS", "cov80", "cov95", "loss", "size")


def losses(known: Panel, truth: Floats, mean: Floats, quantiles: Floats | None) -> Losses:
    """Each loss (n,) of one origin. loss, size: the two sums of which WQL is the ratio, a step."""
    scale = seasonal_scale(known.y, known.season)
    found = {"MASE": mase(truth, mean, scale), "sMAPE": smape(truth, mean)}
    if quantiles is None:
        return found
    inside = {
        name: ((truth >= quantiles[:, place]) & (truth <= quantiles[:, -1 - place])).mean(axis=1)
        for name, place in (("cov80", 1), ("cov95", 0))
    }
    weighted = {"loss": 2.0 * pinball(truth, quantiles)[:, 1:-1].mean(axis=1), "size": np.abs(truth).mean(axis=1)}
    scaled = {"sWQL": scaled_quantile_loss(truth, quantiles, scale), "MSIS": msis(truth, quantiles[:, 0], quantiles[:, -1], scale)}
    return found | inside | weighted | scaled


def summary(own: Losses, reference: Losses) -> dict[str, float]:
    """The averages over origins and series (o, n); OWA against Naive2, `reference`, on the same ones."""
    means = {name: float(np.nanmean(own[name])) for name in (*POINT, *SPREAD) if name in own}
    if "loss" in means:
        means["WQL"] = float(np.nansum(own["loss"]) / np.nansum(own["size"]))
    shared = np.isfinite(own["sMAPE"])
    base = [float(np.nanmean(np.where(shared, reference[name], np.nan))) for name in ("sMAPE", "MASE")]
    return means | {"OWA": owa(means["sMAPE"], means["MASE"], *base)}


def against(own: Losses, other: Losses, metric: str) -> tuple[float, float, float]:
    """Our loss less the other's, where both were asked, with the 95 % interval: below zero, we are ahead."""
    difference = own[metric] - other[metric]
    return float(np.nanmean(difference)), *interval(difference)
