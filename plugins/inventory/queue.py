# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prioritised queue as an inventory of devices."""

from __future__ import annotations

DOCUMENTATION = r"""
name: queue
short_description: The devices that have changes in the queue
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Every device with a job in the queue is a host, and merges with the host of that name in your own inventory.
  - C(forestage_jobs) of a host lists its jobs, the most urgent first. Each has its O(fields), C(template), and C(rank), its
    place in the whole queue beginning at 1. C(forestage_rank) is the rank of the host's most urgent job.
  - The hosts are in the group C(forestage_queue) and in groups by their jobs' state (C(state_queued)), change
    (C(change_capacity)), site (C(site_a)) and priority tier (C(priority_critical)).
  - It shows the queue. Work is taken with M(forestage.network.job_claim), which also judges the priority anew.
  - The values come from the queue and are data, never templates.
options:
  plugin:
    description: Must be V(forestage.network.queue).
    type: str
    required: true
    choices: [forestage.network.queue]
  queue_url:
    description: Where the queue is, the path of an SQLite file or a V(postgresql://) URL.
    type: str
    default: ~/.forestage/queue.db
    env:
      - name: FORESTAGE_QUEUE_URL
  states:
    description: Jobs in these states are shown.
    type: list
    elements: str
    default: [held, queued, claimed, staged, awaiting_approval, approved, deploying, deployed, rollback_blocked]
  fields:
    description:
      - What each entry of C(forestage_jobs) carries of the job, by the names of the schema C(job).
      - The more it carries, the longer C(ansible-inventory --list) takes. M(forestage.network.job_info) gives whole jobs.
    type: list
    elements: str
    default: [change_id, object, state, priority, needed_by]
  as_of:
    description: The time for which priorities are judged, as RFC 3339 in UTC; without it the present.
    type: str
    env:
      - name: FORESTAGE_AS_OF
requirements:
  - sqlalchemy >= 2.0.30
  - psycopg >= 3.1.18 (for PostgreSQL)
"""

EXAMPLES = r"""
# queue.yml
plugin: forestage.network.queue
queue_url: ~/.forestage/queue.db
states: [queued, awaiting_approval, approved]
"""

import re
from functools import cache
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible_collections.forestage.network.forecasting.contracts import parse_time
from ansible_collections.forestage.network.plugins.plugin_utils.queue import QueueError, Store


class InventoryModule(BaseInventoryPlugin):
    NAME = "forestage.network.queue"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("queue.yml", "queue.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        as_of = self.get_option("as_of")
        try:
            store = Store.open(str(self.get_option("queue_url")))
            fields = self.get_option("fields")
            jobs = store.overview(self.get_option("states"), fields, parse_time(str(as_of)) if as_of else None)
        except (QueueError, ValueError) as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        self._show(jobs, ["rank", "template", *fields])

    def _show(self, jobs: list[dict[str, Any]], fields: list[str]) -> None:
        """Add the devices in the order of their most urgent job, and the groups of their jobs."""
        self.inventory.add_group("forestage_queue")
        entries: dict[str, list[dict[str, Any]]] = {}
        members: dict[str, dict[str, None]] = {}
        for job in jobs:
            entries.setdefault(job["device"], []).append({name: job[name] for name in fields})
            for group in _groups_of(job):
                members.setdefault(group, {})[job["device"]] = None
        for device, own in entries.items():
            self.inventory.add_host(device, group="forestage_queue")
            # not inventory.set_variable: it copies and tags value by value, seconds for a long queue, and these are plain already
            host = self.inventory.get_host(device)
            host.set_variable("forestage_rank", own[0]["rank"])
            host.set_variable("forestage_jobs", own)
        for group, devices in members.items():
            name = self.inventory.add_group(group)
            for device in devices:
                self.inventory.add_child(name, device)


def _groups_of(job: dict[str, Any]) -> list[str]:
    named = [("state", job["state"]), ("change", job["template"]), ("site", job["site"]), ("priority", job["tier"])]
    return [_group_name(f"{kind}_{value}") for kind, value in named if value]


@cache
def _group_name(text: str) -> str:
    return re.sub(r"\W", "_", text, flags=re.ASCII)
