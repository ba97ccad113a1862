"""How much may be opened for one message: hostile containers end here."""

from __future__ import annotations

DEEPEST = 8
"""Containers in containers."""
MOST_ITEMS = 5000
"""Parts, files and recipients, all containers of a message together."""
_FREE = 100_000_000
_TIMES = 3


class SpentError(Exception):
    """More would be opened than one message may hold."""


class Allowance:
    """What is left for one message: three times its octets and 100 MB, and a number of items."""

    def __init__(self, size: int) -> None:
        self.octets = _TIMES * size + _FREE
        self.items = MOST_ITEMS

    def take(self, octets: int, items: int = 0) -> None:
        """Note what is opened; raises SpentError where that is too much."""
        self.octets -= octets
        self.items -= items
        if self.octets < 0 or self.items < 0:
            raise SpentError


class DamagedError(Exception):
    """The container does not keep to its format."""
