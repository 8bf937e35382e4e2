# SPDX-License-Identifier: GPL-3.0-or-later
"""A history is read whole or refused whole, in one sentence that names what to mend."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from forecasting.contracts import ContractError
from forecasting.errors import InputError
from forecasting.history import History, load_history

TIMES = pd.date_range("2026-01-01", periods=48, freq="1h", tz="UTC")


def row(**changes: object) -> dict[str, object]:
    base = {"unique_id": "r1|eth1|if_out_bps", "device": "r1", "object": "eth1", "metric": "if_out_bps", "unit": "bit/s", "tz": "UTC"}
    return base | {"kind": "gauge"} | changes


def write(folder: Path, rows: list[dict[str, object]], values: pd.DataFrame | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    if values is None:
        values = pd.concat([pd.DataFrame({"unique_id": item["unique_id"], "ds": TIMES, "y": 5.0}) for item in rows])
    pd.DataFrame(rows).to_parquet(folder / "series.parquet")
    values.to_parquet(folder / "values.parquet")
    return folder


def test_a_folder_and_its_csv_twin_are_the_same_history(tmp_path):
    first = write(tmp_path / "parquet", [row(), row(unique_id="r1|eth1|x", metric="x", site="site a")])
    second = tmp_path / "csv"
    second.mkdir()
    for name in ("series", "values"):
        pd.read_parquet(first / f"{name}.parquet").to_csv(second / f"{name}.csv", index=False)
    one, two = load_history(first), load_history(second)
    pd.testing.assert_frame_equal(one.series, two.series)
    pd.testing.assert_frame_equal(one.samples, two.samples, check_dtype=False)
    assert one.row("r1|eth1|x")["interval_s"] == 3600.0


def test_counters_become_rates_beside_them(tmp_path):
    counter = row(unique_id="r1|eth1|if_out_octets", metric="if_out_octets", unit="B", kind="counter")
    values = pd.DataFrame({"unique_id": counter["unique_id"], "ds": TIMES, "y": range(0, 48 * 450, 450)})
    found = load_history(write(tmp_path / "h", [counter], values))
    rate = found.values("r1|eth1|if_out_bps")
    assert rate.index[0] == TIMES[0] and len(rate) == 47
    assert rate.to_numpy() == pytest.approx(1.0)
    assert found.demand_series["unique_id"].tolist() == ["r1|eth1|if_out_bps"]


def test_limits_are_dated_and_the_last_one_is_in_force(tmp_path):
    limit = row(unique_id="r1|eth1|capacity_bps", metric="capacity_bps", kind="limit")
    values = pd.DataFrame({"unique_id": limit["unique_id"], "ds": [TIMES[10], TIMES[20]], "y": [100.0, 200.0]})
    demand = pd.DataFrame({"unique_id": row()["unique_id"], "ds": TIMES, "y": 5.0})
    found = load_history(write(tmp_path / "h", [row(), limit], pd.concat([values, demand])))
    at = [found.limit_at("r1", "eth1", TIMES[place]) for place in (9, 10, 19, 20, 47)]
    assert at == [None, 100.0, 100.0, 200.0, 200.0]
    assert found.limit_at("r2", "eth1", TIMES[0]) is None
    known = found.until(TIMES[20])
    assert known.limit_at("r1", "eth1", TIMES[47]) == 200.0
    assert known.values("r1|eth1|if_out_bps").index[-1] == TIMES[19]


def test_a_series_without_values_is_named(tmp_path):
    values = pd.DataFrame({"unique_id": row()["unique_id"], "ds": TIMES, "y": 1.0})
    found = load_history(write(tmp_path / "h", [row(), row(unique_id="r2|eth1|if_out_bps", device="r2")], values))
    assert [item["unique_id"] for item in found.left_out] == ["r2|eth1|if_out_bps"]


@pytest.mark.parametrize("hostile", ["eth0; reboot", "{{ 7*7 }}", "<script>", "eth0\n", "../../etc", "", "e" * 200])
def test_hostile_names_are_refused(tmp_path, hostile):
    with pytest.raises(InputError, match=r"series 1 \('r1\|eth1\|if_out_bps'\).*object"):
        load_history(write(tmp_path / "h", [row(object=hostile)]))


@pytest.mark.parametrize(
    ("changes", "why"), [({"tz": "Mars/Base"}, "no known time zone"), ({"kind": "guess"}, "kind"), ({"interval_s": "soon"}, "interval_s")]
)
def test_bad_rows_are_refused(tmp_path, changes, why):
    with pytest.raises(InputError, match=why):
        load_history(write(tmp_path / "h", [row(**changes)]))


def test_samples_of_an_unknown_series_are_refused(tmp_path):
    values = pd.DataFrame({"unique_id": "stranger", "ds": TIMES, "y": 1.0})
    with pytest.raises(InputError, match=r"'stranger' is not in series\.parquet"):
        load_history(write(tmp_path / "h", [row()], values))


def test_files_that_are_no_tables_are_refused(tmp_path):
    empty, rubbish, other = tmp_path / "empty.csv", tmp_path / "rubbish.parquet", tmp_path / "values.txt"
    empty.write_bytes(b"")
    rubbish.write_bytes(b"not parquet")
    other.write_text("x")
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(json.dumps({"a": {"device": "r1", "object": "eth1", "metric": "if_out_bps"}}))
    for path, why in ((empty, "is empty"), (rubbish, "not a readable Parquet"), (other, "neither"), (tmp_path / "none.csv", "no history")):
        with pytest.raises(InputError, match=why):
            load_history(path, mapping)
    with pytest.raises(InputError, match="has no series"):
        load_history(tmp_path)
    with pytest.raises(InputError, match="--mapping"):
        load_history(empty)


def plain(tmp_path: Path, mapping: str) -> History:
    pd.DataFrame({"unique_id": ["A"] * 48 + ["B"] * 48, "ds": [*TIMES, *TIMES], "y": 300.0}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text(mapping)
    return load_history(tmp_path / "t.csv", tmp_path / "m.yml")


def test_a_plain_table_is_mapped_scaled_and_limited(tmp_path):
    found = plain(tmp_path, "A: {device: r1, object: eth1, metric: if_out_bps, scale: 0.5, capacity_bps: 1e3}")
    assert found.values("r1|eth1|if_out_bps").unique().tolist() == [150.0]
    assert found.limit_at("r1", "eth1", TIMES[0]) == 1000.0
    assert found.left_out[0]["unique_id"] == "B" and "mapping" in found.left_out[0]["reason"]


def test_a_mapped_series_without_a_number_is_left_out_by_name(tmp_path):
    pd.DataFrame({"unique_id": "A", "ds": TIMES, "y": ""}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.yml").write_text("A: {device: r1, object: eth1, metric: if_out_bps}")
    found = load_history(tmp_path / "t.csv", tmp_path / "m.yml")
    assert found.left_out == ({"unique_id": "r1|eth1|if_out_bps", "reason": "it has no samples with a value"},)
    assert found.demand_series.empty


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ("C: {device: r1, object: eth1, metric: if_out_bps}", "maps 'C'"),
        ("A: {device: 'r1; x', object: eth1, metric: if_out_bps}", "device"),
        ("A: {device: r1, object: eth1}", "metric"),
        ("A: {device: r1, object: eth1, metric: if_out_bps}\nB: {device: r1, object: eth1, metric: if_out_bps}", "described twice"),
        ("A: [", "m.yml:1: this is not YAML"),
        ("A: {device: r1, object: eth1, metric: if_out_bps}\nA: {device: r2, object: eth1, metric: if_out_bps}", "m.yml:2: .*stands twice"),
        ("A:\n  device: r1\n  object: eth1\n  metric: if_out_bps\n  capacity_bps: .nan", "m.yml:5: .*finite"),
        ("A:\n  device: r1\n  object: eth1\n  metric: if_out_bps\n  tz: Europe/Berln", "m.yml:5: tz: .*no known time zone"),
    ],
)
def test_a_bad_mapping_is_refused(tmp_path, mapping, why):
    with pytest.raises((InputError, ContractError), match=why):
        plain(tmp_path, mapping)
