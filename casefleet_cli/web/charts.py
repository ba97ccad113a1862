"""Charts as pictures that a server draws: bars in a box of fixed units, which the page scales to its width."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.moments.days import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 300.0, 60.0
_DAY = 24 * 3600
_WEEK = 7 * _DAY
_EPOCH = date(1970, 1, 1).toordinal()
_FEWEST = 3
"""Weeks; fewer are no picture."""


class Bar(NamedTuple):
    """A week and its bar."""

    monday: str
    """As a day that people read."""
    emails: int
    x: float
    y: float
    width: float
    height: float


class Chart(NamedTuple):
    """Bars from the first week to the last, the empty ones among them."""

    bars: tuple[Bar, ...]
    most: int
    total: int
    width: float = WIDTH
    height: float = HEIGHT


def of_weeks(weeks: Sequence[tuple[int, int]]) -> Chart | None:
    """A chart of counted weeks (the Monday in seconds since 1970, and the count), in order; None for too few."""
    if not weeks:
        return None
    first, last, counted = weeks[0][0], weeks[-1][0], dict(weeks)
    mondays = range(first, last + 1, _WEEK)
    if len(mondays) < _FEWEST:
        return None
    most, step = max(counted.values()), WIDTH / len(mondays)
    bars = []
    for number, monday in enumerate(mondays):
        count = counted.get(monday, 0)
        height = max(HEIGHT * count / most, 1.5) if count else 0.0
        day = date.fromordinal(max(1, _EPOCH + monday // _DAY))
        bar = Bar(spelled(day), count, number * step, HEIGHT - height, step * 0.8, height)
        bars.append(bar._replace(x=round(bar.x, 2), y=round(bar.y, 2), width=round(bar.width, 2)))
    return Chart(tuple(bars), most, sum(counted.values()))
