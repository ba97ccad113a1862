"""Dates and spans that people type: what each means in which zone, and that what can be misread is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.moments import typed
from casefleet_cli.core.moments.days import Days

BERLIN, SYDNEY, SAO_PAULO = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney"), ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
"""A Saturday; in Sydney it is evening."""


def read(text: str, zone: tzinfo = UTC, order: str | None = None, now: datetime = NOW) -> tuple[str, str]:
    days = Days(now, zone, order)
    first, last = (typed.moment(text, days, until=until) for until in (False, True))
    return first.isoformat()[:-6], last.isoformat()[:-6]


A_DAY = ("2026-05-01T00:00:00", "2026-05-01T23:59:59")
A_MONTH = ("2026-05-01T00:00:00", "2026-05-31T23:59:59")
A_MINUTE = ("2026-05-01T14:00:00", "2026-05-01T14:00:59")
TYPED = {
    "2026-05-01": A_DAY, "2026/5/1": A_DAY, "2026.05.01": A_DAY, "20260501": A_DAY, " 2026-05-01. ": A_DAY,
    "1 May 2026": A_DAY, "May 1, 2026": A_DAY, "1-may-2026": A_DAY, "1MAY2026": A_DAY, "2026-May-01": A_DAY,
    "1st of May 2026": A_DAY, "Friday, 1 May 2026": A_DAY, "fri 2026-05-01": A_DAY, "1 May": A_DAY,
    "2026-05": A_MONTH, "2026/5": A_MONTH, "05.2026": A_MONTH, "5/2026": A_MONTH, "May 2026": A_MONTH, "may": A_MONTH,
    "Feb 2024": ("2024-02-01T00:00:00", "2024-02-29T23:59:59"),
    "2025": ("2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    "1 May 2026 14:00": A_MINUTE, "2026-05-01T14:00": A_MINUTE, "2026-05-01, 2:00 pm": A_MINUTE,
    "14:00 1 May 2026": A_MINUTE, "1 May 2026 at 14:00": A_MINUTE, "20260501T1400": A_MINUTE,
    "202605011400": A_MINUTE, "2026-05-01T14:00:00.5": ("2026-05-01T14:00:00", "2026-05-01T14:00:00"),
    "1 May 2026 2pm": ("2026-05-01T14:00:00", "2026-05-01T14:59:59"),
    "2026-05-01T16:00+02:00": A_MINUTE, "2026-05-01 16:00 CEST": A_MINUTE, "1 May 2026 10:00 EDT": A_MINUTE,
    "1 May 2026 17:00 GMT+3": A_MINUTE, "1 May 2026 17:00 UTC+0300": A_MINUTE, "2026-05-01T14:00Z": A_MINUTE, "2026-05-01t14:00z": A_MINUTE,
    "20260501T1600+0200": A_MINUTE, "2026-05-01 09:00 am -0500": A_MINUTE,
    "13.06.2026": ("2026-06-13T00:00:00", "2026-06-13T23:59:59"),
    "6/13/2026": ("2026-06-13T00:00:00", "2026-06-13T23:59:59"),
    "05.05.2026": ("2026-05-05T00:00:00", "2026-05-05T23:59:59"),
    "31.12.99": ("1999-12-31T00:00:00", "1999-12-31T23:59:59"),
    "13.06.2026 14:30": ("2026-06-13T14:30:00", "2026-06-13T14:30:59"),
    "today": ("2026-11-28T00:00:00", "2026-11-28T23:59:59"),
    "Yesterday": ("2026-11-27T00:00:00", "2026-11-27T23:59:59"),
    "saturday": ("2026-11-28T00:00:00", "2026-11-28T23:59:59"),
    "Sun": ("2026-11-22T00:00:00", "2026-11-22T23:59:59"),
    "wednesday": ("2026-11-25T00:00:00", "2026-11-25T23:59:59"),
    "thurs 10:00": ("2026-11-26T10:00:00", "2026-11-26T10:00:59"),
    "08:15": ("2026-11-28T08:15:00", "2026-11-28T08:15:59"),
    "14d": ("2026-11-14T09:30:00", "2026-11-14T09:30:00"),
    "3W": ("2026-11-07T09:30:00", "2026-11-07T09:30:00"),
    "36 h": ("2026-11-26T21:30:00", "2026-11-26T21:30:00"),
}  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_what_cannot_be_misread(text: str) -> None:
    assert read(text) == TYPED[text]
    assert read(text, order="mdy") == read(text, order="dmy") == TYPED[text]


@pytest.mark.parametrize("text", ["05.06.2026", "05/06/2026", "5-6-2026", "05.06.26"])
def test_the_order_of_the_firm_decides(text: str) -> None:
    assert read(text, order="dmy")[0] == "2026-06-05T00:00:00"
    assert read(text, order="mdy")[0] == "2026-05-06T00:00:00"


SEVERAL = {
    "05.06.2026": "'05.06.2026' is 5 June 2026 or 6 May 2026. Write 2026-06-05 or 2026-05-06, or say once"
    " how the firm writes dates: casefleet settings date-order dmy (day first), or mdy.",
    "3/4/2026 14:00": "'3/4/2026' is 3 April 2026 or 4 March 2026. Write 2026-04-03 or 2026-03-04, or",
    "13.06.26": "'13.06.26' is 13 June 2026 or 26 June 2013. Write",
    "05.06.07": "'05.06.07' is 5 June 2007, 6 May 2007 or 7 June 2005. Write 2007-06-05, 2007-05-06 or 2005-06-07, or",
    "24 Dec": "'24 Dec' is 24 December 2025 or 24 December 2026; write the year too.",
    "december": "'december' is December 2025 or December 2026; write the year too.",
    "Mon 1 May 2026": "'Mon 1 May 2026' is no day: 1 May 2026 is a Friday. Leave the weekday out.",
}


@pytest.mark.parametrize("text", SEVERAL)
def test_what_can_be_misread_is_refused_with_its_readings(text: str) -> None:
    with pytest.raises(typed.BadDateError, match=re.escape(SEVERAL[text])) as refusal:
        read(text)
    assert refusal.value.exit_code == 2


NO_DATES = [
    "", "soon", "soon monday", "2026-13-45", "2026-02-30", "2026-05-00", "31.04.2026", "0.5.2026", "29 Feb", "31 Sep 2026",
    "99999999999d", "14x", "-3d", "+1", "12", "12th", "12 14:00", "2026 12", "14:00 CEST 1 May 2026", "1400", "14.30", "260517", "12.5", "5.6", "1.2.3.4", "1e5", "²", "٢٠٢٦",
    "May 32", "26 May 5", "May 1 2", "May 2026 14:00", "2026 14:00", "Thu May 2026", "10:00 11:00", "24:00",
    "2026-05-01 10:00 11:00", "2026-05-01 2026-05-02", "1 May and 2 May 2026", "2026-05-01 May", "2026-05-01-02",
    "2026-05-01 14", "2026-05-01 14:00 XYZ", "2026-05-01 14:00-99", "1 May 2026 14:00 BRST+3", "1 May 2026 EST",
    "x" * 101, "2026-05-01" + " " * 200 + "x", "\0", "2026-05-01\ud800",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DATES, ids=range(len(NO_DATES)))
@pytest.mark.parametrize("order", [None, "dmy"])
def test_what_is_no_date_is_one_sentence(text: str, order: str | None) -> None:
    with pytest.raises(typed.BadDateError, match=r"is not a date; write it like 2026-05-01") as refusal:
        read(text, order=order)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("text", "zone", "first", "last"),
    [
        ("2026-05-17", SYDNEY, "2026-05-16T14:00:00", "2026-05-17T13:59:59"),
        ("today", SYDNEY, "2026-11-27T13:00:00", "2026-11-28T12:59:59"),
        ("2026-01-01", BERLIN, "2025-12-31T23:00:00", "2026-01-01T22:59:59"),
        ("2026-05-01 14:00 EST", BERLIN, "2026-05-01T19:00:00", "2026-05-01T19:00:59"),
        # Clocks go forward: the hour is not there, and a day may begin at one o'clock.
        ("2026-03-29 02:30", BERLIN, "2026-03-29T01:30:00", "2026-03-29T01:30:59"),
        ("2017-10-15", SAO_PAULO, "2017-10-15T03:00:00", "2017-10-16T01:59:59"),
        # Clocks go back: the hour is there twice.
        ("2026-10-25 02:30", BERLIN, "2026-10-25T00:30:00", "2026-10-25T01:30:59"),
        ("2018-02-17", SAO_PAULO, "2018-02-17T02:00:00", "2018-02-18T02:59:59"),
    ],
)
def test_days_are_of_the_zone(text: str, zone: tzinfo, first: str, last: str) -> None:
    assert read(text, zone) == (first, last)


def test_a_weekday_is_that_of_the_zone() -> None:
    # Sunday in Sydney, Saturday in Berlin.
    now = datetime(2026, 11, 28, 22, tzinfo=UTC)
    assert read("sunday", SYDNEY, now=now)[0] == "2026-11-28T13:00:00"
    assert read("sunday", BERLIN, now=now)[0] == "2026-11-21T23:00:00"


def test_a_span_is_so_long() -> None:
    assert [typed.span(text) for text in ("14d", " 3W ", "36h", "0d")] == [
        timedelta(14), timedelta(21), timedelta(hours=36), timedelta(),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "2026-05-01", "d", "-3d", "123456d", "١d"])
def test_what_is_no_span_is_one_sentence(text: str) -> None:
    with pytest.raises(typed.BadDateError, match="is not a span of time; write it like 14d, 3w or 36h"):
        typed.span(text)


PIECES = st.sampled_from(
    "1 31 05 12 2026 99 0 . / - : , T Z at of May sep fri sunday am pm 14:00 +02 -0530 EST GMT+3 d w 20260517 ' h".split(
        " "
    )
)


@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=7).map("".join), st.lists(PIECES, max_size=6).map(" ".join)),
    st.sampled_from([None, "dmy", "mdy"]),
)
def test_any_text_is_a_moment_or_refused(text: str, order: str | None) -> None:
    days = Days(NOW, SYDNEY, order)
    try:
        first = typed.moment(text, days)
    except typed.BadDateError:
        with pytest.raises(typed.BadDateError):
            typed.moment(text, days, until=True)
        return
    assert first.tzinfo is UTC
    assert first <= typed.moment(text, days, until=True)


@given(st.dates(min_value=datetime(1900, 1, 2).date(), max_value=datetime(2199, 12, 30).date()), st.booleans())
def test_every_day_is_read_in_the_order_of_the_firm(day: datetime, month_first: bool) -> None:
    order = "mdy" if month_first else "dmy"
    pattern = "%m/%d/%Y" if month_first else "%d/%m/%Y"
    assert read(day.strftime(pattern), order=order) == read(day.isoformat()) == read(day.strftime("%d %B %Y"))
