"""Dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.moments import field


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("21 Nov 97 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Thu, 13 Feb 1969 23:32 -0330 (NFT)", "1969-02-13T23:32:00-03:30"),
        ("1 Jan 24 10:00 EST", "2024-01-01T10:00:00-05:00"),
        ("Sun,12 Oct 2014 16:09:01 -0700 (PDT)", "2014-10-12T16:09:01-07:00"),
        ("Thu Jan  1 10:11:12 2004", "2004-01-01T10:11:12+00:00"),
        ("Thu Jan  1 10:11:12 PST 2004", "2004-01-01T10:11:12-08:00"),
        ("2024-07-05T10:11:12.123Z", "2024-07-05T10:11:12+00:00"),
        ("2024-07-05 10:11:12 +0200", "2024-07-05T10:11:12+02:00"),
        ("Mon, 2 Jan 2023 10:00:00.123 +0100", "2023-01-02T10:00:00+01:00"),
        ("Tue, 1 Jul 2003 10:52:37 GMT+0200", "2003-07-01T10:52:37+02:00"),
        ("Tue, 10 Jun 2008 08.00.00 +0000", "2008-06-10T08:00:00+00:00"),
        ("Wed, 5 Jan 2011 3:04:05 PM -0400", "2011-01-05T15:04:05-04:00"),
        ("Thu, 1 Jan 70 00:00:00 XYZ", "1970-01-01T00:00:00+00:00"),
        ("Fri, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ("25-04-2023", "2023-04-25T00:00:00+00:00"),
        ("11-04-2023", None),
        ("Wed, 01 Jan 0001 00:00:00 +0000", None),
        ("Wed, 01 Jan 0010 00:00:00 +0000", None),
        ("Fri, 31 Feb 2020 00:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_parse(value: str, iso: str | None) -> None:
    found = field.parse(value)
    assert (found.isoformat() if found else None) == iso


WORDS = st.sampled_from(
    [
        "Fri,",
        "1",
        "31",
        "Nov",
        "2020",
        "1997",
        "97",
        "9999",
        "10:11:12",
        "24:00",
        "+0200",
        "-2359",
        "+9999",
        "GMT",
        "(x)",
        "-",
        ",",
        "PM",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=8).map(" ".join)))
def test_every_moment_found_is_read_again_as_it_is_written(value: str) -> None:
    found = field.parse(value)
    if found is not None:
        assert field.parse(format_datetime(found.astimezone(UTC))) == found


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9998, 12, 31)), st.integers(-1439, 1439))
def test_the_short_way_reads_what_rfc_5322_writes(moment: datetime, offset: int) -> None:
    at = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    sign = "-" if offset < 0 else "+"
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][at.month - 1]
    zone = f"{sign}{abs(offset) // 60:02}{abs(offset) % 60:02}"
    text = f"{at.day} {month} {at.year} {at.hour:02}:{at.minute:02}:{at.second:02} {zone}"
    assert field.parse(text) == at
    assert field.parse(f"Mon , {text} x") == at
