"""Stand-ins that fail on purpose: they take what the real function takes, so that the failure is the one that is meant."""

from __future__ import annotations

import inspect
import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class OnPurposeError(Exception):
    """A bug that a test puts in."""


class Failing:
    """Raises an error wherever the real function would be called as it can be; counts how often it did."""

    def __init__(self, real: Callable[..., Any], error: BaseException) -> None:
        self.signature = inspect.signature(real)
        self.error = error
        self._calls = mmap.mmap(-1, 8)  # shared with children: mail is understood in a process of its own

    @property
    def calls(self) -> int:
        return int.from_bytes(self._calls[:])

    def __call__(self, *values: Any, **named: Any) -> Any:
        self.signature.bind(*values, **named)  # otherwise a TypeError, which counts for nothing
        self._calls[:] = (self.calls + 1).to_bytes(8)
        raise self.error


@contextmanager
def bug_in(owner: object, name: str, error: BaseException | None = None) -> Iterator[Failing]:
    """Let a function fail; it must have been called, as it can be, when the block ends."""
    failing = Failing(getattr(owner, name), error or OnPurposeError("a bug"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, failing)
        yield failing
    assert failing.calls, f"{name} was never called as it can be: it is another failure that arrived"
