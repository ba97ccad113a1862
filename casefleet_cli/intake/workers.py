"""Processes that understand messages for others, and end when one takes more than its budget; other mail never waits.

What it was about is kept bare, whatever its bytes are.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import subprocess
import sys
from collections import deque
from queue import Empty, LifoQueue, SimpleQueue
from socket import socket, socketpair
from threading import Thread

from casefleet_cli.core.model import Mailbox
from casefleet_cli.core.rules.routing import Letterhead
from casefleet_cli.core.secrets import Mask
from casefleet_cli.intake.budget import Budget, limit_memory, limit_processor
from casefleet_cli.intake.understanding import Understood, bare, packed, understand
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store.emails import Rows
from casefleet_cli.store.originals import Original

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_PROGRAM = "import sys; from casefleet_cli.intake.workers import work; work(*sys.argv[1:])"


class _Fork:
    """A copy of this process that does one thing. It leaves the open database alone and ends without tidying up."""

    def __init__(self, what: Callable[[], None]) -> None:
        self.returncode: int | None = None
        self._number = os.fork()
        if not self._number:
            try:
                what()
            finally:
                os._exit(1)

    def kill(self) -> None:
        os.kill(self._number, signal.SIGKILL)

    def wait(self) -> int:
        if self.returncode is None:
            _, status = os.waitpid(self._number, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class Worker:
    """A process that understands messages by the batch, in order; started when it is first needed, and again.

    `tasks` are the batches it has been given and not given back, oldest first.
    """

    def __init__(self, logging_domain: str, addresses: Sequence[str], budget: Budget) -> None:
        self._domain = logging_domain
        self._addresses = list(addresses)
        self._budget = budget
        self.tasks: deque[Sequence[bytes]] = deque()
        self._start()

    def _start(self) -> None:
        # A new program: a forked child would inherit the open database (SQLite forbids that) and half of the threads;
        # multiprocessing's spawn would run the caller's main module once more.
        self.connection, theirs = socketpair()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-P", "-c", _PROGRAM, str(number), self._domain, *map(str, self._budget)]
            try:
                self._process: subprocess.Popen[bytes] | _Fork = subprocess.Popen(
                    command, pass_fds=[number], stdin=subprocess.DEVNULL
                )
            except PermissionError:  # sudo's NOEXEC: colleagues start no programs, not even ours
                self._process = _Fork(lambda: work(str(number), self._domain, *map(str, self._budget)))
        self._send(self._addresses)  # not as words of the command: every user of the machine can list those

    def give(self, raws: Sequence[bytes]) -> None:
        """Hand over a batch; never waits for long, since the process reads while it works."""
        self.tasks.append(raws)
        self._send(raws)

    def take(self) -> list[Understood]:
        """Take the oldest batch back; waits until it is understood."""
        raws = self.tasks[0]
        found = self._answers(raws)
        if found is None:
            found = self._one_by_one(raws)
            for other in list(self.tasks)[1:]:
                self._send(other)
        self.tasks.popleft()
        return found

    def understand(self, raw: bytes) -> Understood:
        """One message; waits until it is understood."""
        self.give([raw])
        return self.take()[0]

    def end(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    def _send(self, what: Sequence[bytes] | Sequence[str]) -> None:
        try:
            _put(self.connection, list(what))
        except OSError:
            return  # it has died; take() notices

    def _answers(self, raws: Sequence[bytes]) -> list[Understood] | None:
        """What the process says of a batch; None when it has ended."""
        try:
            answers = _get(self.connection)
        except (EOFError, OSError):
            return None
        return [_whole(plain, raw) for plain, raw in zip(answers, raws, strict=True)]

    def _one_by_one(self, raws: Sequence[bytes]) -> list[Understood]:
        """A message has ended the process: find out which, and keep that one bare."""
        self.end()
        has_spent_its_time = self._process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        self._start()
        if len(raws) == 1 and has_spent_its_time:
            return [bare(packed(raws[0]).original)]
        found: list[Understood] = []
        for raw in raws:
            self._send([raw])
            answers = self._answers([raw])
            if answers is None:
                self.end()
                self._start()
            found += answers or [bare(packed(raw).original)]
        return found


class Pool:
    """Workers for many threads, each with one message at a time; started when all others are busy, up to `most`."""

    def __init__(self, logging_domain: str, addresses: Sequence[str], budget: Budget, most: int) -> None:
        self.terms = (logging_domain, addresses, budget)
        self._has_ended = False
        self._idle: LifoQueue[Worker | None] = LifoQueue()
        for _ in range(most):
            self._idle.put(None)

    def understand(self, raw: bytes) -> Understood:
        """What a worker says of a message; waits for one to be idle."""
        worker = self._idle.get()
        try:
            worker = worker or Worker(*self.terms)
            return worker.understand(raw)
        finally:
            self._idle.put(worker)
            if self._has_ended:
                self.end()

    def end(self) -> None:
        """End the workers, those that are busy as soon as they are done."""
        self._has_ended = True
        places = 0
        try:
            while True:
                worker = self._idle.get_nowait()
                places += 1
                if worker is not None:
                    worker.end()
        except Empty:
            for _ in range(places):  # whoever waits for one still gets one
                self._idle.put(None)


def work(descriptor: str, logging_domain: str, seconds: str, megabytes: str) -> None:
    """Understand what comes until nobody is at the other end; the main function of a worker's process.

    First come the BCC addresses there ever were.
    """
    connection = socket(fileno=int(descriptor))
    budget = Budget(int(seconds), int(megabytes))
    try:
        addresses: list[str] = _get(connection)
    except (EOFError, OSError):
        os._exit(0)
    batches: SimpleQueue[list[bytes]] = SimpleQueue()

    def read() -> None:
        try:
            while True:
                batches.put(_get(connection))
        except (EOFError, OSError):
            os._exit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever gave the work, and then ends us
    Thread(target=read, daemon=True).start()
    limit_memory(budget)
    gc.freeze()
    mask = Mask(logging_domain, lambda: addresses)
    try:
        while True:
            answers = []
            for raw in batches.get():
                limit_processor(budget)
                understood = understand(packed(raw), mask)
                answers.append((_kept(understood.original), _meaning(understood)))
            _put(connection, answers)
    finally:
        os._exit(1)


def _put(connection: socket, value: Any) -> None:
    octets = marshal.dumps(value)
    connection.sendall(len(octets).to_bytes(8))
    connection.sendall(octets)


def _get(connection: socket) -> Any:
    """What the other side has put; raises EOFError when it has ended."""
    size = int.from_bytes(_octets(connection, 8))
    return marshal.loads(_octets(connection, size))  # noqa: S302 - of our own process


def _octets(connection: socket, size: int) -> bytearray:
    octets = bytearray(size)
    rest = memoryview(octets)
    while rest:
        received = connection.recv_into(rest)
        if not received:
            raise EOFError
        rest = rest[received:]
    return octets


def _kept(original: Original) -> Any:
    """The original in plain values, without the bytes that the other side has already."""
    return original.sha256, original.size, original.content if original.packing else b"", original.packing


def _meaning(understood: Understood) -> Any:
    """What was understood, in plain tuples."""
    if understood.letterhead is None:
        return tuple(understood.rows), None
    *people, trace, state = understood.letterhead
    return tuple(understood.rows), (trace, state, [list(map(tuple, mailboxes)) for mailboxes in people])


def _understood(original: Original, meaning: tuple[Any, Any]) -> Understood:
    rows, letterhead = meaning
    if letterhead is None:
        return Understood(original, Rows._make(rows), None)
    trace, state, people = letterhead
    mailboxes = [tuple(map(Mailbox._make, plain)) for plain in people]
    return Understood(original, Rows._make(rows), Letterhead._make([*mailboxes, trace, state]))


def _whole(plain: tuple[Any, Any], raw: bytes) -> Understood:
    """What became plain, given the bytes of its message."""
    (digest, size, content, packing), meaning = plain
    return _understood(Original(digest, size, content if packing else raw, packing), meaning)
