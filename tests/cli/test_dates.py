"""Dates and spans as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from casefleet_cli import clock
from casefleet_cli.cli import dates

TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    __import__("time").tzset()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01T23:59:59Z"),
        ("1 May 2026 14:00", "2026-05-01T14:00:00Z", "2026-05-01T14:00:59Z"),
        ("2026-05-01T14:00:00+02:00", "2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"),
        ("May 2026", "2026-05-01T00:00:00Z", "2026-05-31T23:59:59Z"),
        ("Feb 2024", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z"),
        ("2025", "2025-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
        ("today", f"{TODAY}T00:00:00Z", f"{TODAY}T23:59:59Z"),
        ("yesterday", f"{TODAY - timedelta(1)}T00:00:00Z", f"{TODAY - timedelta(1)}T23:59:59Z"),
    ],
)
def test_a_moment(text: str, since: str, until: str) -> None:
    assert (dates.moment(text), dates.moment(text, until=True)) == (since, until)


@pytest.mark.parametrize("text", ["monday", "Wed", "sunday"])
def test_a_weekday_is_the_last_one(text: str) -> None:
    day = datetime.fromisoformat(dates.moment(text)).date()
    assert TODAY - timedelta(7) < day <= TODAY
    assert day.strftime("%A").lower().startswith(text.lower())


def test_a_span_is_so_long_ago() -> None:
    for text, span in (("14d", timedelta(14)), ("3w", timedelta(21)), ("36h", timedelta(hours=36))):
        assert dates.span(text) == span
        ago = clock.now() - datetime.fromisoformat(dates.moment(text))
        assert span <= ago <= span + timedelta(seconds=5)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-45", "99999999999d", "14x"])
def test_what_is_no_date_is_one_sentence(text: str) -> None:
    with pytest.raises(dates.BadDateError, match="is not a date"):
        dates.moment(text)


@pytest.mark.parametrize("text", ["", "2026-05-01", "d", "-3d"])
def test_what_is_no_span_is_one_sentence(text: str) -> None:
    with pytest.raises(dates.BadDateError, match="is not a span"):
        dates.span(text)
