"""Dates as header fields write them (RFC 5322 sections 3.3 and 4.3), with the common violations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_TIME = r"(\d{1,2})\s*[:.h]\s*(\d{1,2})(?:\s*[:.]\s*(\d{1,2})(?:[.,:]\d+)?)?\s*([AaPp]\.?[Mm]\.?(?![A-Za-z]))?"
_ZONE = r"(?:\s*(?:GMT|UTC|UT)?\s*([+-])\s*(\d{1,2}):?(\d{2})?\b|\s*([A-Za-z]{1,5})\b)?"
_FORMS = (
    # 5 Jul 2024 10:11:12 +0200, with or without the day's name, commas and dashes
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s,.-]*(?P<m>[A-Za-z]{{3,9}})[\s,.-]*(?P<y>\d{{2,4}})[\s,T-]+{_TIME}{_ZONE}",
    # Jul 5 10:11:12 CEST 2024 (asctime, date(1)); Jul 5, 2024 10:11:12
    rf"(?P<m>[A-Za-z]{{3,9}})[\s.]+(?P<d>\d{{1,2}})\s+{_TIME}{_ZONE}\s+(?P<y>\d{{4}})(?:{_ZONE})",
    rf"(?P<m>[A-Za-z]{{3,9}})[\s.]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<y>\d{{4}})[\s,]+(?:at\s+)?{_TIME}{_ZONE}",
    # 2024-07-05T10:11:12.123Z, 2024/07/05 10:11
    rf"(?P<y>\d{{4}})[-/.](?P<n>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?:[T\s,]+{_TIME}{_ZONE})?",
    # 5 Jul 2024
    r"(?P<d>\d{1,2})[\s,.-]*(?P<m>[A-Za-z]{3,9})[\s,.-]*(?P<y>\d{4})\b",
)  # fmt: skip
_NUMERIC = rf"(?P<a>\d{{1,2}})([-/.])(?P<b>\d{{1,2}})\2(?P<y>\d{{4}}|\d{{2}})(?!\d)(?:[\s,]+{_TIME}{_ZONE})?"
_COMMENT = r"\([^()]*\)?"
_LONGEST = 200
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
"""RFC 5322 section 3.3 begins with 1900; the last year leaves room for every offset."""


def parse(value: str) -> datetime | None:
    """The moment, aware, in the header's own offset; None where no single moment can be read.

    A missing or unknown zone counts as +00:00 (RFC 5322 section 4.3); two- and three-digit years as there. A header
    field does not say whether day or month comes first: numbers alone are read only when just one can be the month.
    """
    usual = _usual(value[:_LONGEST].split())
    if usual:
        return usual
    text = " ".join(re.sub(_COMMENT, " ", value[:_LONGEST]).split())
    for form in _FORMS:
        found = re.search(form, text)
        if found:
            return _moment(found, int(found["d"]), _month(found))
    numeric = re.search(_NUMERIC, text)
    if not numeric:
        return None
    from casefleet_cli.core.moments.order import day_and_month  # noqa: PLC0415 - few dates are numbers alone

    named = day_and_month(int(numeric["a"]), int(numeric["b"]), None)
    return _moment(numeric, *named) if named else None


def _usual(words: list[str]) -> datetime | None:
    """The moment of a date written as RFC 5322 section 3.3 has it: nearly all are."""
    if words and words[0].endswith(","):
        del words[0]
    if len(words) < 5 or (len(words) > 5 and not words[5].startswith("(")):
        return None
    day, name, year, time, zone = words[:5]
    month = _MONTHS.get(name.lower())
    digits = f"{day}{year}{zone[1:]}{time[:2]}{time[3:5]}{time[6:]}"
    if not (month and digits.isascii() and digits.isdecimal() and len(year) == 4 and len(time) in (5, 8)):
        return None
    if len(zone) != 5 or zone[0] not in "+-" or time[2] != ":" or time[5:6] not in ("", ":"):
        return None
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR or int(zone[1:3]) > 23:
        return None
    offset = (int(zone[1:3]) * 60 + int(zone[3:])) * (-1 if zone[0] == "-" else 1)
    if abs(offset) >= 24 * 60:
        return None
    at = timezone(timedelta(minutes=offset))
    try:
        return datetime(
            int(year), month, int(day), int(time[:2]), int(time[3:5]), min(int(time[6:] or 0), 59), tzinfo=at
        )
    except ValueError:
        return None


def _month(found: re.Match[str]) -> int:
    names = found.groupdict()
    return int(names["n"]) if names.get("n") else _MONTHS.get(names["m"][:3].lower(), 0)


def _moment(found: re.Match[str], day: int, month: int) -> datetime | None:
    year = _year(found["y"])
    rest = [group for index, group in enumerate(found.groups(), start=1) if index not in _named(found)]
    rest += [None] * 8
    hour, minute, second = (int(digits or 0) for digits in rest[:3])
    half = (rest[3] or "")[:1].lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    offset = _offset(rest[4:8]) or _offset(rest[8:12])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(timedelta(minutes=offset)))
    except (ValueError, OverflowError):
        return None


def _named(found: re.Match[str]) -> frozenset[int]:
    indexes = set(found.re.groupindex.values())
    if "a" in found.re.groupindex:
        indexes.add(2)  # the separator
    return frozenset(indexes)


def _year(digits: str) -> int:
    """RFC 5322 section 4.3: 00-49 are 2000-2049, 50-999 are 1950-2899."""
    year = int(digits)
    if len(digits) <= 3:
        return year + (2000 if year < 50 and len(digits) == 2 else 1900)
    return year


def _offset(groups: list[str | None]) -> int:
    """Minutes east of UTC; 0 where nothing usable is said."""
    if len(groups) < 4:
        return 0
    sign, hours, minutes, name = groups[:4]
    if not sign or not hours:
        return _named_offset(name) if name else 0
    total = int(hours) * 60 + int(minutes or 0)
    if total >= 24 * 60:
        return 0
    return -total if sign == "-" else total


def _named_offset(name: str) -> int:
    from casefleet_cli.core.moments.zones import OFFSETS  # noqa: PLC0415 - nearly all zones are numbers

    return OFFSETS.get(name.upper(), 0)
