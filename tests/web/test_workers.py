"""The processes that take mail apart: each work ends by its budget, whatever it does, and the next one is done."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from casefleet_cli.web import workers
from casefleet_cli.web.workers import BusyError, OverrunError, Task

POISONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "a held interpreter": (re.sub, (b"(a*)*b", b"", b"a" * 64)),
    "memory": (bytes, (10**9,)),
    "a crash": (os.abort, ()),
    "a bug": (int, ("x",)),
    "waiting": (time.sleep, (60,)),
    "no octets": (len, ("x",)),
}


@pytest.fixture(autouse=True)
def own_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    workers._idle.cache_clear()
    yield
    workers._idle.cache_clear()


@pytest.mark.parametrize("poison", POISONS)
def test_what_takes_too_much_is_ended_and_the_next_is_done(poison: str) -> None:
    function, given = POISONS[poison]
    for _ in range(workers._AT_ONCE + 1):
        with pytest.raises(BusyError if poison == "waiting" else OverrunError):
            workers.do(Task(function, 0.2, 1 if poison == "waiting" else 20), *given)
    assert workers.do(Task(bytes, 5, 20), b"done") == b"done"


def test_a_process_does_many_works() -> None:
    for number in range(5):
        assert workers.do(Task(bytes, 5, 20), [number]) == bytes([number])
    assert len({worker._process.pid for worker in workers._idle("").queue if worker}) <= workers._AT_ONCE


def test_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PATIENCE", 0.05)
    idle = workers._idle("")
    taken = [idle.get() for _ in range(workers._AT_ONCE)]
    with pytest.raises(BusyError):
        workers.do(Task(bytes, 5, 20), b"x")
    for worker in taken:
        idle.put(worker)
    assert workers.do(Task(bytes, 5, 20), b"x") == b"x"


def test_where_no_process_can_be_started_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(workers.sys, "executable", "/nowhere/python")
        for _ in range(workers._AT_ONCE + 1):
            with pytest.raises(BusyError):
                workers.do(Task(bytes, 5, 20), b"x")
    assert workers.do(Task(bytes, 5, 20), b"x") == b"x"


def test_a_process_that_starts_late_is_waited_for_and_its_greeting_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "_STARTING", 0.001)
    assert workers.do(Task(bytes, 5, 20, pool="late"), b"x") == b"x"
    with pytest.raises(BusyError):
        workers.do(Task(bytes, 5, 0.001, pool="later"), b"x")
