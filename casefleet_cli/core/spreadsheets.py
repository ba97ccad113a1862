"""Cells as spreadsheets read them: what a sender wrote is never calculated."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate a cell."""


def harmless_cell(value: object) -> object:
    """A cell that is shown as it is: with an apostrophe before what would be a formula; nothing for None."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
