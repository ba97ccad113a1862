"""Parentheses, OR and NOT as clauses, of each of which at least one term must fit (conjunctive normal form).

What is negated is turned inside out while it is read: NOT (a OR b) is -a -b, and NOT (a b) is -a OR -b.
"""

from __future__ import annotations

from functools import reduce

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Clauses = list[tuple[Any, ...]]

MOST = 256
"""Terms in all clauses together: (a b c) OR (d e f) has nine clauses of two."""


class TooManyError(Exception):
    """More clauses than anybody looks for."""


class Frame:
    """What stands between two parentheses, or in the whole: terms that all must fit, OR between some of them.

    `is_odd`: it stands in an odd number of negations, and its terms come negated already.
    """

    def __init__(self, *, is_odd: bool) -> None:
        self.is_odd = is_odd
        self._chains: list[Clauses] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet."""
        return not self._chains

    def add(self, clauses: Sequence[tuple[Any, ...]], *, joined: bool) -> None:
        """Take one thing more, `joined` to the one before by OR. Raises TooManyError."""
        found = list(clauses)
        if joined and self._chains:
            self._chains[-1] = self._within(self._chains[-1], found)
        else:
            self._chains.append(found)

    def clauses(self) -> Clauses:
        """All of it. Raises TooManyError."""
        return reduce(self._between, self._chains, self._chains.pop(0)) if self._chains else []

    @property
    def _within(self) -> Callable[[Clauses, Clauses], Clauses]:
        return _both if self.is_odd else _either

    @property
    def _between(self) -> Callable[[Clauses, Clauses], Clauses]:
        return _either if self.is_odd else _both


def _both(one: Clauses, other: Clauses) -> Clauses:
    return one + other


def _either(one: Clauses, other: Clauses) -> Clauses:
    if len(other) * sum(map(len, one)) + len(one) * sum(map(len, other)) > MOST:
        raise TooManyError
    return [tuple(dict.fromkeys((*first, *second))) for first in one for second in other]
