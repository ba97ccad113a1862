"""How much of a kind is tried: in `make test` enough to show what is promised, in `make soak` as much as may find more."""

from __future__ import annotations

import os

SOAK = int(os.environ.get("CASEFLEET_SOAK", "0"))
"""How many histories of a firm `make soak` tries; 0: this is no soak."""


def volume(usual: int, soak: int) -> int:
    """How many to try: so many as ever, or in a soak."""
    return soak if SOAK else usual
