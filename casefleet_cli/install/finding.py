"""What one check of an installation found."""

from __future__ import annotations

from typing import NamedTuple

OK, WARNING, FAILURE = "ok", "warning", "failure"


class Finding(NamedTuple):
    """What one check found."""

    check: str
    state: str
    """"ok", "warning" or "failure"."""
    sentence: str
    advice: str = ""
    """What to do; "" when nothing has to be done."""
