"""Dates and spans of time that people type, in options and in queries: what can be misread is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from casefleet_cli.core.moments.days import WEEKDAYS, spelled
from casefleet_cli.core.moments.order import day_and_month, whole_year
from casefleet_cli.core.moments.zones import OFFSETS
from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo
    from typing import NoReturn

    from casefleet_cli.core.moments.days import Days

_LONGEST = 100
_SPAN = re.compile(r"([0-9]{1,5})\s?([hdw])", re.I)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_NEAR = {"today": 0, "yesterday": 1}
_CLOCK = re.compile(
    r"(?<!\d)\d{1,2}(?:\s?:\s?\d\d(?:\s?:\s?\d\d(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?m\b\.?)?|\s?[ap]\.?m\b\.?)(?!\d)", re.I
)
_ZONE = re.compile(r"(?<=[\dm.])\s?(?:(?:gmt|utc|ut)?\s?([+-])(\d\d?)(?::?([0-5]\d))?|([a-z]{1,5}))$", re.I)
_WEEKDAY = re.compile(r"(?<![a-z])(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|r|rs|ur)?(?:day)?(?![a-z])[.,]?", re.I)
_MONTH = re.compile(
    r"(?<![a-z])(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t|tember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])",
    re.I,
)
_COMPACT = re.compile(r"(?<!\d)((?:19|20|21)\d\d)(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d)?)?(?!\d)", re.I)
_YEAR_FIRST = re.compile(r"(?<![\d./:-])((?:19|20|21)\d\d)([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?![\d./:-])")
_YEAR_LAST = re.compile(r"(?<![\d./:-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d./:-])")
_MONTH_YEAR = re.compile(r"(?<![\d./:-])(\d{1,2})[-/.]((?:19|20|21)\d\d)(?![\d./:-])")
_NUMBER = re.compile(r"\d+")


class BadDateError(UsageError):
    """Words that are no date or no span of time, or that can be read as several."""


class _Named(NamedTuple):
    """A date in words that python-dateutil cannot misread, and how much of it is named."""

    text: str
    year: bool
    month: bool
    day: bool
    clock: bool


def span(text: str) -> timedelta:
    """A span of time such as 14d, 3w or 36h; raises BadDateError otherwise."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise BadDateError(f"{_short(text)} is not a span of time; write it like 14d, 3w or 36h.")
    return timedelta(**{_UNITS[match[2].lower()]: int(match[1])})


def moment(text: str, days: Days, *, until: bool = False) -> datetime:
    """The moment that somebody means by a date, in UTC: its first second, or with `until` its last.

    A span means so long ago; everything else is a time, a day, a month or a year of the firm's calendar (a zone may be
    written behind a time). A weekday or a time alone is the last one, or of today. Raises BadDateError when it is no
    date, and when it can be read as several: then the sentence names them.
    """
    words = " ".join(text.split())
    if _SPAN.fullmatch(words):
        return (days.now - span(words)).astimezone(UTC)
    if len(words) > _LONGEST or not words.isascii():
        _refuse(text)
    try:
        found, zone = _read(words.rstrip(".,"), days, until=until)
        found = found.replace(tzinfo=zone, microsecond=0)
        first, again = found.astimezone(UTC), found.replace(fold=1).astimezone(UTC)
        # An hour that comes twice, when clocks go back, ends when it ends the second time.
        return max(first, again) if until else first
    except (ValueError, OverflowError):
        _refuse(text)


def _read(words: str, days: Days, *, until: bool) -> tuple[datetime, tzinfo]:
    """The first or the last second, and the zone that it is in; raises ValueError or BadDateError."""
    if words.lower() in _NEAR:
        return _midnight(days.today - timedelta(_NEAR[words.lower()]), until=until), days.zone
    rest, zone = _without_zone(words)
    rest, weekday = _without_weekday(rest)
    named = _named(rest, days.order)
    today = days.today
    if not named.month and not named.year:
        if not named.clock and (weekday is None or named.text):
            raise ValueError(words)
        if weekday is not None:
            today -= timedelta((today.weekday() - weekday) % 7)
        found = _midnight(today, until=until)
        return (_by_dateutil(named.text, found) if named.clock else found), zone or days.zone
    if (named.clock or weekday is not None) and not named.day:
        raise ValueError(words)
    year = today.year
    if not named.year and _by_dateutil(named.text, datetime(year, 1, 1)).date() > today:
        of_years = [spelled(_by_dateutil(named.text, datetime(each, 1, 1))) for each in (year - 1, year)]
        told = _either(each if named.day else each.split(maxsplit=1)[1] for each in of_years)
        raise BadDateError(f"{_short(words)} is {told}; write the year too.")
    found = _by_dateutil(named.text, datetime(year, 12, 31, 23, 59, 59) if until else datetime(year, 1, 1))
    if weekday not in (None, found.weekday()):
        raise BadDateError(
            f"{_short(words)} is no day: {spelled(found)} is a {WEEKDAYS[found.weekday()]}. Leave the weekday out."
        )
    return found, zone or days.zone


def _by_dateutil(text: str, default: datetime) -> datetime:
    from dateutil import parser  # noqa: PLC0415 - only dates in words need it

    return parser.parse(text, default=default, tzinfos=_no_zone)


def _no_zone(name: str | None, offset: int | None) -> None:
    """What python-dateutil is told of zones: it reads GMT+3 as three hours west, and passes over names it knows not."""
    if name is not None or offset is not None:
        raise ValueError(name)


def _midnight(day: date, *, until: bool) -> datetime:
    return datetime(day.year, day.month, day.day, *((23, 59, 59) if until else ()))


def _without_zone(words: str) -> tuple[str, tzinfo | None]:
    """The words without the zone behind the time, and the zone; None where none is written."""
    found = _ZONE.search(words)
    clock = found and next((each for each in _CLOCK.finditer(words) if each.end() == found.start()), None)
    if found is None or not (clock or _ends_in_compact_time(words[: found.start()])):
        return words, None
    minutes = OFFSETS.get(found[4].upper()) if found[4] else int(found[2]) * 60 + int(found[3] or 0)
    if minutes is None:
        return words, None
    return words[: found.start()], timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def _ends_in_compact_time(words: str) -> bool:
    return any(found.end() == len(words) and found[4] for found in _COMPACT.finditer(words))


def _without_weekday(words: str) -> tuple[str, int | None]:
    """The words without the name of a weekday, and its number; None where none is written."""
    found = _WEEKDAY.search(words)
    if found is None:
        return words, None
    number = next(number for number, name in enumerate(WEEKDAYS) if name.lower().startswith(found[1].lower()))
    return f"{words[: found.start()]} {words[found.end() :]}".strip(), number


def _named(words: str, order: str | None) -> _Named:
    """The date in a form that has one reading; raises ValueError for what has none, BadDateError for several."""
    for pattern in (_COMPACT, _YEAR_FIRST, _YEAR_LAST, _MONTH_YEAR):
        found = pattern.search(words)
        if found is None:
            continue
        rest = f"{words[: found.start()]} {words[found.end() :]}"
        time = ""
        if pattern is _YEAR_LAST:
            year, month, day = _year_last(found, order)
        elif pattern is _MONTH_YEAR:
            year, month, day = int(found[2]), int(found[1]), 0
        elif pattern is _COMPACT:
            year, month, day = int(found[1]), int(found[2]), int(found[3])
            time = ":".join(filter(None, found.groups()[3:]))
        else:
            year, month, day = int(found[1]), int(found[3]), int(found[4] or 0)
            if found[4] is not None and not day:
                raise ValueError(words)
        clocks = [each[0] for each in _CLOCK.finditer(rest)] + [time] * bool(time)
        if len(clocks) > 1 or not re.fullmatch(r"[\s,tT]*(?:at)?\s*", _CLOCK.sub("", rest)):
            raise ValueError(words)
        date(year, month, day or 1)
        text = f"{year:04}-{month:02}" + (f"-{day:02}" if day else "")
        return _Named(" ".join([text, *clocks]), year=True, month=True, day=bool(day), clock=bool(clocks))
    return _in_words(words)


def _in_words(words: str) -> _Named:
    """A date with its month in words, a year, or a time; of its numbers it must be clear which is what."""
    clocks = len(_CLOCK.findall(words))
    rest = _CLOCK.sub(" ", words)
    numbers = _NUMBER.findall(rest)
    years = sum(len(number) == 4 and number.startswith(("19", "20", "21")) for number in numbers)
    short = sum(len(number) <= 2 for number in numbers)
    months = len(_MONTH.findall(rest))
    if years + short != len(numbers) or max(years, short, months, clocks) > 1 or (short and not months):
        raise ValueError(words)
    if short and not any(1 <= int(number) <= 31 for number in numbers if len(number) <= 2):
        raise ValueError(words)  # a number beyond 31 would pass for a year
    return _Named(words, bool(years), bool(months), bool(short), bool(clocks))


def _year_last(found: re.Match[str], order: str | None) -> tuple[int, int, int]:
    """Year, month and day of numbers that end, or may begin, with the year."""
    first, second, year = int(found[1]), int(found[3]), whole_year(found[4])
    if not first or not second:
        raise ValueError(found[0])
    named = day_and_month(first, second, order)
    if order is not None or (named is not None and len(found[4]) == 4):
        if named is None:
            raise ValueError(found[0])
        return year, named[1], named[0]
    readings = [(year, second, first), (year, first, second)]
    if len(found[4]) == 2:
        readings.append((whole_year(found[1]), second, int(found[4])))
    possible = [reading for reading in dict.fromkeys(readings) if _is_day(*reading)]
    if len(possible) == 1:
        return possible[0]
    if not possible:
        raise ValueError(found[0])
    told = [date(*reading) for reading in possible]
    raise BadDateError(
        f"{_short(found[0])} is {_either(map(spelled, told))}. Write {_either(day.isoformat() for day in told)}, or say"
        " once how the firm writes dates: casefleet settings date-order dmy (day first), or mdy."
    )


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _either(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


def _refuse(text: str) -> NoReturn:
    raise BadDateError(
        f'{_short(text)} is not a date; write it like 2026-05-01, "1 May 2026 14:00", 2026-05, yesterday or 14d.'
    ) from None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else text[:39] + "…")
