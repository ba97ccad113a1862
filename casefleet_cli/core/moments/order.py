"""Dates of numbers that end with the year: which is the day, and which year two digits are."""

from __future__ import annotations

ORDERS = ("dmy", "mdy")
"""How a date of numbers may be written: day, month, year, or month, day, year."""


def day_and_month(first: int, second: int, order: str | None) -> tuple[int, int] | None:
    """The day and the month that two numbers mean, in the order written: the only reading, else that of `order`.

    None where neither can be the month, and where both can and no order is known: nothing is guessed.
    """
    readings = {(day, month) for day, month in ((first, second), (second, first)) if 1 <= month <= 12}
    if len(readings) == 1:
        return readings.pop()
    if not readings or order is None:
        return None
    return (first, second) if order == "dmy" else (second, first)


def whole_year(digits: str) -> int:
    """The year that people and programs write; two digits are 1970 to 2069."""
    year = int(digits)
    return year + (2000 if year < 70 else 1900) if len(digits) == 2 else year
