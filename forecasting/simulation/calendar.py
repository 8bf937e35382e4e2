# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaigns as an iCalendar file (RFC 5545)."""

from __future__ import annotations

from datetime import datetime

from icalendar import Calendar, Event

from .network import Network
from .timeline import Timeline

METRICS = ("app_response_ms", "app_transactions", "app_error_ratio", "if_out_bps")


def calendar(network: Network, timeline: Timeline) -> bytes:
    """Every announced campaign, with the devices and metrics it acts on."""
    book = Calendar()
    book.add("prodid", "-//Forestage//simulation//EN")
    book.add("version", "2.0")
    devices = [app.device for app in network.applications if app.campaign_uplift != 1.0]
    for number, (first, last) in enumerate(timeline.campaigns(), 1):
        book.add_component(_event(number, first, last, timeline.start, devices))
    text: bytes = book.to_ical()
    return text


def _event(number: int, first: datetime, last: datetime, stamp: datetime, devices: list[str]) -> Event:
    event = Event()
    event.add("uid", f"campaign-{number}@forestage.invalid")
    event.add("summary", f"Campaign {number}")
    event.add("categories", ["CAMPAIGN"])
    event.add("dtstamp", stamp)
    event.add("dtstart", first)
    event.add("dtend", last)
    event.add("x-forestage-devices", ",".join(devices))
    event.add("x-forestage-metrics", ",".join(METRICS))
    return event
