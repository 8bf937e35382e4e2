# SPDX-License-Identifier: GPL-3.0-or-later
"""What devices observe becomes a history that the engine reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.forestage.network.forecasting.contracts import ContractError
from ansible_collections.forestage.network.plugins.plugin_utils.observation import ObservationError, add, attributes_of, samples_of

from forecasting.history import load_history


def seen(tx: int = 1000) -> dict[str, Any]:
    port = {"tx_bytes": tx, "tx_dropped": 1, "rx_bytes": 5}
    return {
        "interfaces": {"eth1": port, "lo": port},
        "qos": {"eth1": {"1": {"drops": 0}, "16": {"drops": 7}}},
        "nft": [
            {"table": "inet forestage_block", "packets": 3},
            {"table": "inet forestage_block", "packets": 4},
            {"table": "ip nat", "packets": 9},
        ],
    }


def put(folder: Path, minute: int, tx: int, device: str = "core-a1") -> int:
    attributes = attributes_of({"site": "a", "role": "core", "labels": {"owner": "noc"}})
    return add(folder, device, f"2026-01-01T00:{minute:02}:00Z", samples_of(seen(tx), {"eth1": {"rate_kbit": 20000}}), attributes)


def test_observations_become_a_history(tmp_path: Path) -> None:
    for minute in range(0, 30, 5):
        assert put(tmp_path, minute, 1000 + minute * 7500) == 4
        assert put(tmp_path, minute, 1000 + minute * 7500, device="core-b1") == 4
    assert put(tmp_path, 5, 0) == 0, "the same observation is added once"
    history = load_history(tmp_path)
    assert history.row("core-a1|eth1|if_out_octets")["site"] == "a"
    assert history.values("core-a1|eth1|if_out_octets").tolist()[:2] == [1000, 38500]
    assert history.values("core-a1|eth1|if_drops").iloc[0] == 8
    assert history.values("core-a1|forestage_block|rule_packets").iloc[0] == 7
    assert history.values("core-b1|eth1|capacity_bps").iloc[0] == 20e6


def test_tables_of_another_form_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "values.parquet").write_bytes(b"PAR1")
    with pytest.raises(ObservationError, match="Parquet"):
        put(tmp_path, 0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["values.parquet"]


def test_a_hostile_name_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    hostile = seen()
    hostile["interfaces"]["eth0; reboot"] = hostile["interfaces"]["eth1"]
    with pytest.raises(ContractError):
        add(tmp_path / "new", "core-a1", "2026-01-01T00:00:00Z", samples_of(hostile), {})
    assert not (tmp_path / "new").exists()
