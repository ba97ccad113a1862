"""What the readers of dates share: the zones, the order, and a firm's days."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from casefleet_cli.core.moments import field, order, typed, written, zones
from casefleet_cli.core.moments.days import Days

NOW = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "second", "known", "expected"),
    [
        (13, 6, None, (13, 6)),
        (6, 13, None, (13, 6)),
        (6, 13, "dmy", (13, 6)),
        (5, 5, None, (5, 5)),
        (5, 6, None, None),
        (5, 6, "dmy", (5, 6)),
        (5, 6, "mdy", (6, 5)),
        (13, 14, "dmy", None),
        (0, 14, "dmy", None),
    ],
)
def test_day_and_month(first: int, second: int, known: str | None, expected: tuple[int, int] | None) -> None:
    assert order.day_and_month(first, second, known) == expected


@pytest.mark.parametrize("name", [name for name in zones.OFFSETS if name.isascii()])
def test_every_reader_knows_the_same_zones(name: str) -> None:
    moment = datetime(2026, 5, 1, 14, tzinfo=timezone(timedelta(minutes=zones.OFFSETS[name])))
    assert field.parse(f"Fri, 1 May 2026 14:00:00 {name}") == moment
    assert written.parse(f"1 May 2026 14:00:00 {name}") == moment
    assert typed.moment(f"1 May 2026 14:00:00 {name}", Days(NOW, UTC)) == moment


def test_the_same_numbers_are_read_by_what_is_known_of_them() -> None:
    assert field.parse("3.4.2026") is None
    assert written.parse("3/4/2026") is None
    assert str(written.parse("3/4/2026", " fr "))[:10] == "2026-04-03"
    with pytest.raises(typed.BadDateError):
        typed.moment("3.4.2026", Days(NOW, UTC))
    assert typed.moment("3.4.2026", Days(NOW, UTC, "dmy")) == datetime(2026, 4, 3, tzinfo=UTC)


def test_a_firm_has_its_own_days() -> None:
    sydney = Days(NOW, ZoneInfo("Australia/Sydney"))
    assert str(sydney.today) == "2026-11-29"
    assert sydney.day("2026-05-16T22:30:00Z") == "2026-05-17"
    assert sydney.minute("2026-05-16T22:30:59Z") == "2026-05-17 08:30"
    assert Days(NOW, UTC).minute("2026-05-16T22:30:59Z") == "2026-05-16 22:30"


@pytest.mark.parametrize(
    ("zone", "stamp"), [("Australia/Sydney", "9999-12-31T23:59:59Z"), ("America/New_York", "0001-01-01T00:00:00Z")]
)
def test_the_ends_of_the_calendar_stay_in_utc(zone: str, stamp: str) -> None:
    assert Days(NOW, ZoneInfo(zone)).minute(stamp) == stamp[:16].replace("T", " ")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "CET-1CEST,M3.5.0,M10.5.0/3", "UTC"])
def test_the_zone_of_this_machine_is_as_the_library_has_it(zone: str) -> None:
    program = """
from datetime import UTC, datetime, timedelta
from casefleet_cli import clock
at = datetime(2017, 1, 1, 0, 30, tzinfo=UTC)
while at.year < 2018:
    here, there = at.astimezone(clock.zone()), at.astimezone()
    assert here.replace(tzinfo=None) == there.replace(tzinfo=None) and here.utcoffset() == there.utcoffset(), at
    assert here.astimezone(UTC) == at and here.tzname() == there.tzname(), at
    at += timedelta(hours=1)
print(clock.zone_name())
"""
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "TZ": zone}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().strip() == zone
