"""Processes that take mail apart and answer questions for the pages, so that neither holds up the server; each work
has a budget.

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
from queue import Empty, Queue
from socket import socketpair
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.intake.budget import Budget, limit_memory

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 2
"""Processes of a pool; one visitor's mail leaves one for the others."""
_MEGABYTES = 512
_PATIENCE = 0.5
"""Seconds to wait for a process that is busy."""
_STARTING = 10.0
"""Seconds that a process may take to start."""
_READY = b"ready"
_PROGRAM = "import sys; from casefleet_cli.web.workers import work; work(int(sys.argv[1]), *sys.argv[2:])"


class Task(NamedTuple):
    """Something to be done, and what that may take."""

    function: Callable[..., bytes]
    """Of a module, by its name; the process gets its arguments and gives back octets."""
    processor: float
    """Seconds of processor time."""
    clock: float
    """Seconds by the clock, on a machine that does other things, too."""
    pool: str = ""
    """Which processes do it: those of one pool keep no other waiting."""
    patience: float | None = None
    """Seconds to wait for a process that is busy, where that is not the usual."""
    begin: str = ""
    """A function beside the other one that a process calls before there is anything to do."""


class OverrunError(Exception):
    """A work took more processor time or memory than it may, or its process broke."""


class BusyError(Exception):
    """Every process works for others, none can be started, or this one was too slow."""


def do(task: Task, *given: object) -> bytes:
    """What the task makes of the arguments, in another process.

    Raises OverrunError where that takes more processor time or memory, BusyError where it takes more of the clock.
    """
    idle = _idle(task.pool)
    try:
        worker = idle.get(timeout=_PATIENCE if task.patience is None else task.patience)
    except Empty:
        raise BusyError from None
    answer = None
    error: type[Exception] = BusyError
    try:
        worker = worker or _Worker(task)
        answer = worker.answer(task, given)
        if answer is None:
            error = OverrunError if worker.end() else BusyError
            worker = None
            worker = _Worker(task)  # it is ready when the next mail comes
    except OSError:  # this machine starts no more processes
        pass
    finally:
        idle.put(worker)
    if answer is None:
        raise error
    return answer


def prepare(task: Task) -> None:
    """Start the processes before there is anything to do; this waits for none of them."""
    idle = _idle(task.pool)
    waiting = [idle.get() for _ in range(idle.qsize())]
    for worker in waiting:
        try:
            idle.put(worker or _Worker(task))
        except OSError:
            idle.put(None)


@cache
def _idle(pool: str) -> Queue[_Worker | None]:  # noqa: ARG001 - each pool has its own
    """The processes of a pool that have nothing to do; None is one that was not started yet."""
    idle: Queue[_Worker | None] = Queue()
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
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), task.function.__module__, task.begin],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
        self._connection = Connection(ours.detach())
        self._is_ready = self._has_ended = False

    def answer(self, task: Task, given: tuple[object, ...]) -> bytes | None:
        """What the task makes of these; None where it has ended over it, or has not ended yet."""
        try:
            if not self._is_ready and not self._connection.poll(max(_STARTING, task.clock)):
                return None  # what it says at last would be taken for the answer
            self._is_ready = self._is_ready or self._connection.recv_bytes() == _READY
            self._connection.send((task.function, given, task.processor))
            if self._connection.poll(task.clock):
                return self._connection.recv_bytes()
        except (EOFError, OSError):
            self._has_ended = True
        return None

    def end(self) -> bool:
        """End the process; whether it had ended by itself."""
        if not self._has_ended:
            self._process.kill()
        self._process.wait()
        self._connection.close()
        return self._has_ended


def work(descriptor: int, module: str, begin: str) -> None:
    """Do what comes until nobody is at the other end; the main function of a worker's process.

    `module` is imported, and what it calls `begin` done, before there is anything to do.
    """
    known = import_module(module)
    if begin:
        getattr(known, begin)()
    connection = Connection(descriptor)
    limit_memory(Budget(megabytes=_MEGABYTES))
    try:
        connection.send_bytes(_READY)
        while True:
            function, given, seconds = pickle.loads(connection.recv_bytes())  # noqa: S301 - of the server itself
            signal.setitimer(signal.ITIMER_PROF, seconds)  # the kernel ends us then
            answer = function(*given)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send_bytes(answer)
    finally:
        os._exit(1)
