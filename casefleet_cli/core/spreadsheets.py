"""Cells as spreadsheets read them: what a sender wrote is never calculated."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate a cell."""


def harmless_cell(value: object) -> object:
    """A cell that is shown as it is: with an apostrophe before what would be a formula, or looks as if it had one;
    nothing for None.
    """
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(_FORMULA) else value


def typed_cell(text: str) -> str:
    """What `harmless_cell` was given, where it put an apostrophe; else the cell as it is."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
