# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' HTTP API, as far as a history needs it: ``/api/v1/query_range``, paged.

Source: the Prometheus manual, "HTTP API", section "Range queries"; a server answers at most 11,000 points a series.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..errors import InputError
from .fetching import QueryRefused, Series
from .http_server import Server, TooMuch, in_halves

MOST_POINTS = 11_000
TOO_MUCH = ("too many samples", "exceeded maximum resolution", "exceeds the limit")


def query_range(server: Server, query: str, begin: int, end: int, step_s: int) -> Iterator[Series]:
    """All series of `query` at begin, begin + step_s, … up to `end` (Unix times, s, both included), page by page.

    A series comes once a page. Where the server has no sample there is no point.

    Raises:
        QueryRefused: the query is wrong, or too large.
        InputError: the server cannot be reached, refuses the login, or is no Prometheus.
    """
    page = (MOST_POINTS - 1) * step_s
    ask = partial(_ask, server, query, step_s)
    for first in range(begin, end + 1, page + step_s):
        yield from in_halves(ask, first, min(first + page, end), step_s, f"{server}: the query {query!r}")


def _ask(server: Server, query: str, step_s: int, begin: int, end: int) -> list[Series]:
    form = {"query": query, "start": begin, "end": end, "step": step_s, "timeout": f"{server.timeout_s:g}s"}
    status, body = server.post("/api/v1/query_range", form)
    try:
        answer = json.loads(body)
        if answer["status"] == "success" and answer["data"]["resultType"] == "matrix":
            return [_series(item) for item in answer["data"]["result"]]
        message = str(answer["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{server} answered {status} with something that is not Prometheus' JSON; check the url") from None
    if any(sign in message for sign in TOO_MUCH):
        raise TooMuch(message[:200])
    raise QueryRefused(f"{server} refuses the query {query!r}: {message[:300]}; correct the query")


def _series(item: Mapping[str, Any]) -> Series:
    points = item.get("values", [])
    times = np.array([point[0] for point in points], dtype=float)
    return dict(item["metric"]), times, np.array([float(point[1]) for point in points])
