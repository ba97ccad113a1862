"""What a day is for a firm, and how moments are told to its people."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from casefleet_cli.light import NamedTuple

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Days(NamedTuple):
    """The present moment, the time zone whose days count, and the order of a date of numbers, as one firm has them."""

    now: datetime
    """Aware."""
    zone: tzinfo
    order: str | None = None
    """One of order.ORDERS; None when the firm did not say."""

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.astimezone(self.zone).date()

    @property
    def east(self) -> int:
        """The seconds by which the firm's clock is ahead of UTC today."""
        ahead = self.now.astimezone(self.zone).utcoffset()
        return int(ahead.total_seconds()) if ahead is not None else 0

    def local(self, stamp: str) -> datetime:
        """A UTC stamp of the database on the firm's clock; at the very ends of the calendar it stays in UTC."""
        moment = datetime.fromisoformat(stamp)
        try:
            return moment.astimezone(self.zone)
        except (OverflowError, ValueError, OSError):
            return moment.astimezone(UTC)

    def day(self, stamp: str) -> str:
        """The day of a stamp: 2026-05-17."""
        return self.local(stamp).date().isoformat()

    def minute(self, stamp: str) -> str:
        """The day and time of a stamp, to the minute: 2026-05-17 08:30."""
        return self.local(stamp).replace(tzinfo=None).isoformat(" ", "minutes")


def spelled(day: date) -> str:
    """A day that nobody can misread: 5 June 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
