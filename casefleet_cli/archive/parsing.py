"""Parsing ahead of the writer: in worker processes when there is much to do, else here."""

from __future__ import annotations

import contextlib
import marshal
import sys
import time
from collections import deque
from multiprocessing.connection import wait as wait_for
from socket import socketpair
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import clock
from casefleet_cli.archive import sharing
from casefleet_cli.archive.reading import raws
from casefleet_cli.core.model import Mailbox
from casefleet_cli.core.rules.routing import Letterhead
from casefleet_cli.core.secrets import Mask
from casefleet_cli.intake.understanding import Understood, bare, packed, understand
from casefleet_cli.store import originals
from casefleet_cli.store.emails import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socket import socket

    from casefleet_cli.archive.reading import Met

_BATCHES_HERE = 3
"""How many batches are parsed here before starting processes is worth its time."""
_MOST_TASKS = 12
"""How many batches wait for one process, so that it has enough to do while the writer is busy."""
_PROGRAM = """import sys; from casefleet_cli.archive.parsing import work
work(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])"""


class Parsed:
    """A batch and, when it is known, what became of each of its messages."""

    def __init__(self, batch: list[Met]) -> None:
        self.batch = batch
        self.understood: list[Understood] | None = None

    def pairs(self) -> Iterator[tuple[Met, Understood | None]]:
        """Everything met, with what was understood where it is a message."""
        found = iter(self.understood or ())
        for met in self.batch:
            yield met, next(found) if met.item and not met.is_known else None


class Parsers:
    """Gives the batches back in order, parsed; to be used as a context, so that no process outlives it."""

    def __init__(self, batches: Iterator[list[Met]], logging_domain: str, jobs: int) -> None:
        self._batches = batches
        self._domain = logging_domain
        self._mask = Mask(logging_domain)
        self._jobs = jobs
        self._parsed_here = 0
        self._is_exhausted = False
        self._queue: deque[Parsed] = deque()
        self._workers: list[_Worker] = []
        self._slots: sharing.Slots | None = None

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.end()
        if self._slots:
            self._slots.close()

    def next(self, *, wait: bool) -> Parsed | None:
        """The next batch; None when there is none left, or (unless `wait`) none that is ready."""
        self._advance(0)
        if not self._queue or (not wait and self._queue[0].understood is None):
            return None
        while self._queue[0].understood is None:
            self._advance(None)
        return self._queue.popleft()

    def gather(self, seconds: float) -> None:
        """Read and parse ahead for so long, though nothing may be left to do."""
        until = clock.ticks() + seconds
        while (rest := until - clock.ticks()) > 0:
            if not self._advance(rest):
                time.sleep(max(until - clock.ticks(), 0))

    def gather_beside(self, work: Callable[[], object]) -> None:
        """Read and parse ahead while another thread does work that needs little of Python; errors are those of `work`.

        Ctrl-C waits for the work to end.
        """
        errors: list[BaseException] = []
        ours, theirs = socketpair()

        def run() -> None:
            with theirs:
                try:
                    work()
                except BaseException as error:  # noqa: BLE001 - it is raised below
                    errors.append(error)

        thread = Thread(target=run)
        thread.start()
        with ours:
            try:
                while not wait_for([ours], 0):
                    if not self._advance(None, ours):
                        break
            finally:
                thread.join()
        if errors:
            raise errors[0]

    def _advance(self, timeout: float | None, ended: socket | None = None) -> bool:
        """Take in what is ready within `timeout` seconds (None: wait for something) and hand out work."""
        if self._workers:
            return self._exchange(timeout, ended)
        if self._queue and not ((timeout or ended) and len(self._queue) < _BATCHES_HERE):
            return False
        parsed = self._read()
        if parsed is None:
            return False
        if self._jobs > 1 and self._parsed_here >= _BATCHES_HERE:
            self._start()
            self._workers[0].give(parsed)
            return self._exchange(timeout, ended)
        self._parsed_here += 1
        parsed.understood = [understand(packed(raw), self._mask) for raw in raws(parsed.batch)]
        return True

    def _start(self) -> None:
        self._slots = slots = sharing.Slots(sharing.new_file())
        self._workers = [_Worker(self._domain, slots) for _ in range(self._jobs)]

    def _exchange(self, timeout: float | None, ended: socket | None) -> bool:
        self._hand_out()
        busy = [worker for worker in self._workers if worker.tasks]
        if not busy:
            return False
        by_connection: dict[Any, _Worker] = {worker.connection: worker for worker in busy}
        for ready in wait_for([*by_connection, *([ended] if ended else [])], timeout):
            if ready is not ended:
                by_connection[ready].take()
        self._hand_out()
        return True

    def _hand_out(self) -> None:
        while len(self._queue) < sharing.COUNT:
            worker = min(self._workers, key=lambda worker: len(worker.tasks))
            if worker.is_full:
                return
            parsed = self._read()
            if parsed is None:
                return
            worker.give(parsed)

    def _read(self) -> Parsed | None:
        batch = None if self._is_exhausted else next(self._batches, None)
        if batch is None:
            self._is_exhausted = True
            return None
        self._queue.append(Parsed(batch))
        return self._queue[-1]


class _Task(NamedTuple):
    """A batch that a process has been given."""

    parsed: Parsed
    given: list[bytes]
    slot: int | None
    """None where the messages are too large for one, and are sent."""


class _Worker:
    """A process that parses batches, one after the other."""

    def __init__(self, logging_domain: str, slots: sharing.Slots) -> None:
        self._domain = logging_domain
        self._slots = slots
        self.tasks: deque[_Task] = deque()
        """What it has been given and not given back, oldest first."""
        self._start()

    def _start(self) -> None:
        # A new program: a forked child would inherit the open database (SQLite forbids that), and multiprocessing's
        # spawn would run the caller's main module once more.
        import socket  # noqa: PLC0415
        import subprocess  # noqa: PLC0415
        from multiprocessing.connection import Connection  # noqa: PLC0415

        ours, theirs = socket.socketpair()
        with theirs:
            numbers = (theirs.fileno(), self._slots.descriptor)
            command = [sys.executable, "-P", "-c", _PROGRAM, *map(str, numbers), self._domain]
            self._process = subprocess.Popen(command, pass_fds=numbers, stdin=subprocess.DEVNULL)
        self.connection = Connection(ours.detach())

    @property
    def is_full(self) -> bool:
        """Whether it has to finish something first."""
        return len(self.tasks) >= _MOST_TASKS or any(task.slot is None for task in self.tasks)

    def give(self, parsed: Parsed) -> None:
        """Hand over a batch; what is larger than a slot waits until nothing else is under way."""
        given = raws(parsed.batch)
        slot = self._slots.take()
        if slot is not None and not self._slots.put(slot, given):
            self._slots.give_back(slot)
            slot = None
        while slot is None and self.tasks:  # neither side may wait to be heard by the other
            self.take()
        self.tasks.append(_Task(parsed, given, slot))
        self._send(self.tasks[-1])

    def _send(self, task: _Task) -> None:
        with contextlib.suppress(OSError):  # it has died; take() notices
            lengths = None if task.slot is None else list(map(len, task.given))
            self.connection.send((task.slot, lengths or task.given))

    def take(self) -> None:
        """Take the oldest batch back, parsed."""
        if not self.tasks:
            return
        task = self.tasks[0]
        try:
            answers = self._answers(task.slot)
        except (EOFError, OSError):
            answers = self._one_by_one(task.given)
            for other in list(self.tasks)[1:]:
                self._send(other)
        self.tasks.popleft()
        if task.slot is not None:
            self._slots.give_back(task.slot)
        task.parsed.understood = [_whole(plain, raw) for plain, raw in zip(answers, task.given, strict=True)]

    def _answers(self, slot: int | None) -> list[tuple[Any, ...]]:
        length = self.connection.recv()
        if slot is not None and length:
            (answer,) = self._slots.get(slot, [length])
        else:
            answer = self.connection.recv_bytes()
        answers: list[tuple[Any, ...]] = marshal.loads(answer)  # noqa: S302 - of our own process
        return answers

    def _one_by_one(self, given: list[bytes]) -> list[tuple[Any, ...]]:
        """A message has killed the process: find out which, and keep that one unread."""
        answers: list[tuple[Any, ...]] = []
        self._restart()
        for raw in given:
            try:
                self.connection.send((None, [raw]))
                answers += self._answers(None)
            except (EOFError, OSError):
                answers.append(_plain(bare(packed(raw).original)))
                self._restart()
        return answers

    def _restart(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.kill()
        self._process.wait()


def work(descriptor: int, shared: int, logging_domain: str) -> None:
    """Parse what comes until nobody is at the other end; the main function of a worker process."""
    import gc  # noqa: PLC0415
    import signal  # noqa: PLC0415
    from multiprocessing.connection import Connection  # noqa: PLC0415

    connection = Connection(descriptor)
    slots = sharing.Slots(shared)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the writer, which then ends us
    gc.freeze()
    mask = Mask(logging_domain)
    while True:
        try:
            slot, given = connection.recv()
            messages = given if slot is None else slots.get(slot, given)
            answer = marshal.dumps([_plain(understand(packed(raw), mask)) for raw in messages])
            if slot is not None and slots.put(slot, [answer]):
                connection.send(len(answer))
            else:
                connection.send(0)
                connection.send_bytes(answer)
        except (EOFError, OSError):
            return


def _plain(understood: Understood) -> tuple[object, ...]:
    """The same in plain tuples, without the bytes that the writer has already."""
    digest, size, content, packing = understood.original
    letterhead = understood.letterhead and tuple(tuple(map(tuple, people)) for people in understood.letterhead)
    return digest, size, content if packing else b"", packing, tuple(understood.rows), letterhead


def _whole(plain: tuple[Any, ...], raw: bytes) -> Understood:
    """What became plain, given the bytes of its message."""
    digest, size, content, packing, rows, letterhead = plain
    return Understood(
        originals.Original(digest, size, content if packing else raw, packing),
        Rows._make(rows),
        letterhead and Letterhead._make([tuple(map(Mailbox._make, people)) for people in letterhead]),
    )
