"""Time as the tests may speak of it: what twice as much takes, compared with once, on a machine that does other things."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

_AT_ONCE = 0.02
"""Seconds that measure nothing."""
_TRIES = 5


def ratio(work: Callable[[Any], object], made: Callable[[int], Any], size: int) -> float:
    """How much longer the work takes for twice the size; 1 where both are done at once."""

    def seconds(given: Any) -> float:
        started = time.process_time()
        work(given)
        return time.process_time() - started

    once, twice = made(size), made(2 * size)
    best = [float("inf")] * 2
    for _ in range(4):
        best = [min(best[0], seconds(once)), min(best[1], seconds(twice))]
        if best[1] < _AT_ONCE or best[1] < 2.2 * best[0]:
            break
    return best[1] / best[0] if best[1] >= _AT_ONCE else 1


def is_linear(work: Callable[[Any], object], made: Callable[[int], Any], size: int) -> bool:
    """Whether twice the size takes less than 3.4 times as long.

    What is quadratic takes four times as long, however often it is tried; what is linear is seen to be so in one of
    a few tries, whatever else the machine does.
    """
    work(made(size // 100 or 1))
    return any(ratio(work, made, size) < 3.4 for _ in range(_TRIES))
