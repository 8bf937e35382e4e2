# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration's place: its folders, its environment, its queue and its running lab."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / ".cache" / "collections"


@dataclass
class World:
    """Everything lies under `folder`; the lab is the fabric named `fabric`. `as_of` is the analytics' clock."""

    folder: Path
    fabric: str
    as_of: str
    own: dict[str, str] = field(default_factory=dict)

    @property
    def history(self) -> Path:
        """Where the generator writes."""
        return self.folder / "history"

    def bring(self, history: Path, mapping: Path | None, policies: Path) -> None:
        """Use a history of the user's own, with the policies that fit it."""
        self.own = {"forestage_history": str(history), "forestage_policies": str(policies)}
        if mapping:
            self.own["forestage_mapping"] = str(mapping)

    @property
    def variables(self) -> Path:
        """The file that every command of the demonstration gets as `-e @file`."""
        return self.folder / "vars.yml"

    @property
    def queue(self) -> Path:
        return self.folder / "queue.db"

    def write_variables(self) -> None:
        """Write `variables` for the clock as it stands."""
        shared = {
            "forestage_fabric": self.fabric,
            "forestage_as_of": self.as_of,
            "forestage_history": str(self.history),
            "forestage_policies": str(ROOT / "inventories/lab/policies.yml"),
            "forestage_queue_url": str(self.queue),
            "forestage_workdir": str(self.folder / "work"),
            "forestage_deadline_s": 60,
            "deploy_health_tries": 2,
        }
        self.variables.write_text(yaml.safe_dump({**shared, **self.own}, sort_keys=False), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What the commands run with; a user's own Ansible settings stay out of it."""
        quiet = {"ANSIBLE_DISPLAY_OK_HOSTS": "false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "ANSIBLE_NOCOLOR": "1"}
        return {
            **quiet,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "ANSIBLE_COLLECTIONS_PATH": str(TREE),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_FORKS": "10",
            "PYTHONPATH": str(ROOT),
            "FORESTAGE_QUEUE_URL": str(self.queue),
            # What the administrator of AWX says, and AWX itself: the commands name the two people whom the demonstration plays.
            "FORESTAGE_TRUST_AWX_USER": "true",
            "AWX_HOST": "https://awx.example.com",
            "JOB_ID": "1",
        }

    def jobs(self, **chosen: Any) -> list[dict[str, Any]]:
        """The queue's jobs in the order of their priority, as seen at `as_of`."""
        from ansible_collections.forestage.network.forecasting.contracts import parse_time
        from ansible_collections.forestage.network.plugins.plugin_utils.queue import Store

        jobs: list[dict[str, Any]] = Store.open(str(self.queue)).jobs(now=parse_time(self.as_of), **chosen)
        return jobs

    def forecast(self) -> dict[str, Any]:
        """The newest Provisioning Forecast."""
        made: dict[str, Any] = json.loads(self.forecast_file().read_text(encoding="utf-8"))
        return made

    def forecast_file(self) -> Path:
        files = (self.folder / "work" / "forecasts").glob("*/provisioning_forecast.json")
        return max(files, key=lambda file: file.stat().st_mtime_ns)

    def lab(self) -> Any:
        """The running virtual network."""
        from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

        return Fabric.load(self.fabric)


def last_sample(history: Path) -> str:
    """When a history ends: a step after its last sample, as the forecast starts there."""
    from ansible_collections.forestage.network.forecasting.contracts import to_text
    from pandas import DataFrame, Timedelta, read_csv, read_parquet, to_datetime

    found = next(file for file in (history, history / "values.parquet", history / "values.csv") if file.is_file())
    table: DataFrame = read_parquet(found) if found.suffix == ".parquet" else read_csv(found)
    times = to_datetime(table["ds"], utc=True)
    return to_text((times.max().floor("s") + Timedelta(minutes=5)).to_pydatetime())


def find_collection() -> None:
    """Let this process import the collection by its full name, from the checkout's own tree."""
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    _AnsibleCollectionFinder(paths=[str(TREE)])._install()
