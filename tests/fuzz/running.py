"""One function, many calls."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.fuzz.targets import Target, arguments, call

_LONGEST = 2000


class Finding(NamedTuple):
    """A call that ended as it should not, the smallest that was found."""

    name: str
    given: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"FOUND {self.name}\n  given {self.given}\n  {self.what}\n{self.where}"


def fuzz(target: Target, calls: Counter[str], *, most: int, start: int | None) -> Finding | None:
    """Call a function so often, and note how often; from a number always in the same way."""
    last: list[Any] = []

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=start is not None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    @given(arguments(target))
    def attempt(given: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
        last[:] = [repr(given)[:_LONGEST]]
        calls[target.name] += 1
        call(target, *given)

    try:
        (attempt if start is None else seed(start)(attempt))()
    except Exception as error:
        lines = traceback.format_exception(error)
        return Finding(target.name, last[0] if last else "?", f"{type(error).__name__}: {error}"[:_LONGEST], lines[-2])
    return None
