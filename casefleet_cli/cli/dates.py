"""Dates and spans of time as people write them in options."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from casefleet_cli import clock
from casefleet_cli.errors import UsageError

_SPAN = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_WEEKDAY = re.compile(r"(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?", re.IGNORECASE)


class BadDateError(UsageError):
    """Words that are no date, or no span of time."""


def span(text: str) -> timedelta:
    """A span such as 14d, 3w or 36h; raises BadDateError otherwise."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise BadDateError(f"{text!r} is not a span of time; write it like 14d, 3w or 36h.")
    return timedelta(**{_UNITS[match[2].lower()]: int(match[1])})


def moment(text: str, *, until: bool = False) -> str:
    """A moment as a UTC stamp: a span means so long ago, everything else is local time as python-dateutil reads it.

    What is left out is filled up to the start of the day, month or year that is named, or with `until` to its end: a
    bare date is midnight, or 23:59:59. Raises BadDateError when it is no date.
    """
    if _SPAN.fullmatch(text.strip()):
        return clock.stamp(clock.now() - span(text))
    try:
        return clock.stamp(_read(text.strip(), until=until).astimezone())
    except (ValueError, OverflowError):
        raise BadDateError(f'{text!r} is not a date; write it like 2026-05-01, "1 May 2026 14:00" or 14d.') from None


def _read(text: str, *, until: bool) -> datetime:
    from dateutil import parser  # noqa: PLC0415

    today = clock.now().astimezone().replace(hour=0, minute=0, second=0, tzinfo=None)
    evening = today.replace(hour=23, minute=59, second=59)
    near = {"today": today, "yesterday": today - timedelta(days=1)}.get(text.lower())
    if near is not None:
        return near + (evening - today) if until else near
    # Parsed over two defaults, the fields that agree are those that the text names.
    first = parser.parse(text, default=datetime(2000, 1, 1))
    last = parser.parse(text, default=datetime(2003, 12, 31, 23, 59, 59))
    is_weekday = _WEEKDAY.fullmatch(text) is not None
    if is_weekday or (first.year != last.year and first.month != last.month):
        # A time or a weekday: of today, or the last one.
        found = parser.parse(text, default=evening if until else today)
        is_ahead = is_weekday and found.replace(tzinfo=None) > evening
        return found - timedelta(days=7) if is_ahead else found
    found = last if until else first
    return found if first.year == last.year else found.replace(year=today.year)
