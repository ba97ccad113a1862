"""One function, many calls; and one mail, many parsers."""

from __future__ import annotations

import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from tests.fuzz import oracles
from tests.fuzz.inputs import mail, written
from tests.fuzz.targets import Target, arguments, call

ORACLES = "oracles"
"""What the comparison with other parsers is called among the targets."""
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
    return _try(target.name, arguments(target), lambda given: call(target, *given), calls, most, start)


def ask_oracles(calls: Counter[str], *, most: int, start: int | None) -> Finding | None:
    """Ask other parsers about so many mails; a finding where they all agree and we differ."""

    def ask(raw: bytes) -> None:
        found = oracles.differences(raw)
        assert not found, "; ".join(found)

    return _try(ORACLES, st.one_of(mail, written), ask, calls, most, start)


def _try(
    name: str,
    strategy: st.SearchStrategy[Any],
    work: Callable[[Any], None],
    calls: Counter[str],
    most: int,
    start: int | None,
) -> Finding | None:
    last: list[str] = []

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
    @given(strategy)
    def attempt(given: Any) -> None:
        last[:] = [repr(given)[:_LONGEST]]
        calls[name] += 1
        work(given)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)  # of strategies that take long to write down
            (attempt if start is None else seed(start)(attempt))()
    except Exception as error:
        lines = traceback.format_exception(error)
        return Finding(name, last[0] if last else "?", f"{type(error).__name__}: {error}"[:_LONGEST], lines[-2])
    return None
