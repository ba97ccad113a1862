"""Processes that take mail apart for the pages, so that no mail holds up the server; each work has a budget.

A regular expression or a parser in C holds the interpreter: no time-out of a thread runs before it is done. So the
kernel ends a process that takes more processor time or memory, the next one is started, and the page says so.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from socket import socketpair
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.intake.budget import Budget, limit_memory

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 2
"""Processes; one visitor's mail leaves one for the others."""
_MEGABYTES = 512
_SLOWNESS = 5
"""How many times its processor time a work may take by the clock, on a machine that does other things."""
_PATIENCE = 2.0
"""Seconds to wait for a process that is busy."""
_PROGRAM = "import sys; from casefleet_cli.web.workers import work; work(int(sys.argv[1]), sys.argv[2])"


class Task(NamedTuple):
    """Something to be done with a mail, and what that may take."""

    function: Callable[..., bytes]
    """Of a module, by its name; the process gets its arguments and gives back octets."""
    seconds: float
    """Of processor time."""


class OverrunError(Exception):
    """A work took more than its budget."""


class BusyError(Exception):
    """Every process works for others, or none can be started."""


def do(task: Task, *given: object) -> bytes:
    """What the task makes of the arguments, in another process.

    Raises OverrunError where that takes more than its budget, BusyError where all processes are busy for too long.
    """
    idle = _idle()
    try:
        worker = idle.get(timeout=_PATIENCE)
    except Empty:
        raise BusyError from None
    try:
        worker = worker or _Worker(task)
        answer = worker.answer(task, given)
        if answer is None:
            worker = None
            worker = _Worker(task)  # it is ready when the next mail comes
    except OSError:  # this machine starts no more processes
        raise BusyError from None
    finally:
        idle.put(worker)
    if answer is None:
        raise OverrunError
    return answer


@cache
def _idle() -> LifoQueue[_Worker | None]:
    """The processes that have nothing to do; None is one that was not started yet."""
    idle: LifoQueue[_Worker | None] = LifoQueue()
    for _ in range(_AT_ONCE):
        idle.put(None)
    return idle


class _Worker:
    """One process; it ends when we do, since nobody is at the other end then."""

    def __init__(self, task: Task) -> None:
        # A new program, since a fork would inherit locks that other threads hold; and a process group of its own, so
        # that Ctrl-C in a terminal reaches the server alone.
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), task.function.__module__],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
        self._connection = Connection(ours.detach())

    def answer(self, task: Task, given: tuple[object, ...]) -> bytes | None:
        """What the task makes of these; None where it has ended over it."""
        try:
            self._connection.send((task.function, given, task.seconds))
            if self._connection.poll(task.seconds * _SLOWNESS):
                return self._connection.recv_bytes()
        except (EOFError, OSError):
            pass
        self._process.kill()
        self._process.wait()
        self._connection.close()
        return None


def work(descriptor: int, module: str) -> None:
    """Do what comes until nobody is at the other end; the main function of a worker's process.

    `module` is imported before there is anything to do.
    """
    import_module(module)
    connection = Connection(descriptor)
    limit_memory(Budget(megabytes=_MEGABYTES))
    try:
        while True:
            function, given, seconds = pickle.loads(connection.recv_bytes())  # noqa: S301 - of the server itself
            signal.setitimer(signal.ITIMER_PROF, seconds)  # the kernel ends us then
            answer = function(*given)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send_bytes(answer)
    finally:
        os._exit(1)
