# SPDX-License-Identifier: GPL-3.0-or-later
"""Over both changes of the clocks the morning peak, and an event, keep the hour on the wall, each series in its own zone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.history.events import load_events
from forecasting.history.table import History
from forecasting.pipeline import forecast
from tests.benchmarks.made import ROW

ZONES = {"berlin": "Europe/Berlin", "york": "America/New_York", "tokyo": "Asia/Tokyo"}
CHANGES = {"spring": "2026-03-29", "autumn": "2026-10-25", "york's spring": "2026-03-08", "york's autumn": "2026-11-01"}


def world(as_of: pd.Timestamp, weeks: int = 6) -> History:
    """A link in each zone, busy at nine in the morning of its own clock."""
    index = pd.date_range(as_of - pd.Timedelta(weeks=weeks), as_of, freq="1h", inclusive="left")
    rows, samples = [], []
    for device, zone in ZONES.items():
        name = f"{device}|eth1|if_out_bps"
        rows.append(ROW | {"unique_id": name, "device": device, "tz": zone, "site": None, "role": None})
        samples.append(pd.DataFrame({"unique_id": name, "ds": index, "y": np.where(index.tz_convert(zone).hour == 9, 100.0, 10.0)}))
    table = pd.concat(samples).sort_values(["unique_id", "ds"], ignore_index=True)
    return History(pd.DataFrame(rows).sort_values("unique_id", ignore_index=True), table)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("model", ["seasonal_naive", "seasonal_naive_week"])
@pytest.mark.parametrize("days_before", [2, 0, -2])
def test_the_morning_peak_keeps_its_hour(change: str, model: str, days_before: int) -> None:
    as_of = pd.Timestamp(CHANGES[change], tz="UTC") - pd.Timedelta(days=days_before)
    made = forecast(world(as_of), as_of=as_of, horizon="5d", interval="1h", model=model).frame
    for device, zone in ZONES.items():
        part = made[made["unique_id"] == f"{device}|eth1|if_out_bps"]
        busy = pd.DatetimeIndex(part["ds"][part["q50"] > 50.0]).tz_convert(zone)
        assert busy.hour.tolist() == [9] * 5, device


@pytest.mark.parametrize("change", ["spring", "autumn"])
def test_a_weekly_event_keeps_its_hour_and_a_holiday_its_day(change: str, tmp_path) -> None:
    change_day = pd.Timestamp(CHANGES[change], tz="UTC")
    first = (change_day - pd.Timedelta(days=33)).date()
    (tmp_path / "events.yml").write_text(
        f"- {{name: Sale, kind: campaign, start: {first} 12:00, end: {first} 15:00, tz: Europe/Berlin, rrule: FREQ=WEEKLY;COUNT=6}}\n"
        f"- {{name: Feast, kind: holiday, start: {(change_day + pd.Timedelta(days=1)).date()},"
        f" end: {(change_day + pd.Timedelta(days=2)).date()}, expected_uplift: -0.5}}\n"
    )
    as_of = change_day - pd.Timedelta(days=1)
    known = world(as_of)
    events = load_events(tmp_path)
    local = pd.DatetimeIndex(events[events["kind"] == "campaign"]["start"]).tz_convert("Europe/Berlin")
    assert set(local.hour) == {12}
    for event in events[events["kind"] == "campaign"].to_dict("records"):
        held = (known.samples["ds"] >= event["start"]) & (known.samples["ds"] < event["end"])
        known.samples.loc[held, "y"] *= 3.0
    plain, told = (
        forecast(History(known.series, known.samples, listed), as_of=as_of, horizon="5d", interval="1h", model="seasonal_naive").frame
        for listed in (events.iloc[:0], events)
    )
    for device, zone in ZONES.items():
        part = told["unique_id"] == f"{device}|eth1|if_out_bps"
        ratio = (told["mean"] / plain["mean"])[part].to_numpy()
        when = pd.DatetimeIndex(told["ds"][part])
        feast = when.tz_convert(zone).date == (change_day + pd.Timedelta(days=1)).date()
        assert ratio[feast] == pytest.approx(0.5, abs=0.05), device
        lifted = when[ratio > 1.5].tz_convert("Europe/Berlin")
        assert lifted.hour.tolist() == [12, 13, 14], device
