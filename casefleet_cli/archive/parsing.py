"""Parsing ahead of the writer: in worker processes when there is much to do, else here."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

from casefleet_cli import clock, intake
from casefleet_cli.archive.reading import raws
from casefleet_cli.core.masking import Mask
from casefleet_cli.store import originals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casefleet_cli.archive.reading import Met
    from casefleet_cli.intake import Prepared

_BATCHES_HERE = 3
"""How many batches are parsed here before starting processes is worth its time."""
_BATCHES_AHEAD = 12
"""Bounds the memory: so many batches are read and not yet written, at most."""
_PROGRAM = "import sys; from casefleet_cli.archive.parsing import work; work(int(sys.argv[1]), sys.argv[2])"


class Parsed:
    """A batch and, when it is known, what became of each of its messages."""

    def __init__(self, batch: list[Met]) -> None:
        self.batch = batch
        self.prepared: list[Prepared] | None = None

    def pairs(self) -> Iterator[tuple[Met, Prepared | None]]:
        """Everything met, with what was understood where it is a message."""
        prepared = iter(self.prepared or ())
        for met in self.batch:
            yield met, next(prepared) if met.item and not met.is_known else None


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

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.end()

    def next(self, *, wait: bool) -> Parsed | None:
        """The next batch; None when there is none left, or (unless `wait`) none that is ready."""
        self._advance(0)
        if not self._queue or (not wait and self._queue[0].prepared is None):
            return None
        while self._queue[0].prepared is None:
            self._advance(None)
        return self._queue.popleft()

    def gather(self, seconds: float) -> None:
        """Read and parse ahead for so long, though nothing may be left to do."""
        until = clock.ticks() + seconds
        while (rest := until - clock.ticks()) > 0:
            if not self._advance(rest):
                time.sleep(max(until - clock.ticks(), 0))

    def _advance(self, timeout: float | None) -> bool:
        """Take in what is ready within `timeout` seconds (None: wait for something) and hand out work."""
        if self._workers:
            return self._exchange(timeout)
        if self._queue and not (timeout and len(self._queue) < _BATCHES_HERE):
            return False
        parsed = self._read()
        if parsed is None:
            return False
        if self._jobs > 1 and self._parsed_here >= _BATCHES_HERE:
            self._workers = [_Worker(self._domain) for _ in range(self._jobs)]
            self._workers[0].give(parsed)
            return self._exchange(timeout)
        self._parsed_here += 1
        parsed.prepared = [intake.prepare(raw, self._mask) for raw in raws(parsed.batch)]
        return True

    def _exchange(self, timeout: float | None) -> bool:
        from multiprocessing.connection import wait  # noqa: PLC0415

        self._hand_out()
        busy = {worker.connection: worker for worker in self._workers if worker.parsed}
        if not busy:
            return False
        for connection in wait(list(busy), timeout):
            worker = busy[connection]  # type: ignore[index]
            worker.take()
            if not worker.parsed:
                self._hand_out()
        return True

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.parsed is None and len(self._queue) < _BATCHES_AHEAD:
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


class _Worker:
    """A process that parses one batch at a time."""

    def __init__(self, logging_domain: str) -> None:
        self._domain = logging_domain
        self.parsed: Parsed | None = None
        self._start()

    def _start(self) -> None:
        # A new program: a forked child would inherit the open database (SQLite forbids that), and multiprocessing's
        # spawn would run the caller's main module once more.
        import socket  # noqa: PLC0415
        import subprocess  # noqa: PLC0415
        from multiprocessing.connection import Connection  # noqa: PLC0415

        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-P", "-c", _PROGRAM, str(number), self._domain]
            self._process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
        self.connection = Connection(ours.detach())

    def give(self, parsed: Parsed) -> None:
        """Hand over a batch."""
        self.parsed = parsed
        with contextlib.suppress(OSError):  # it has died; take() notices
            self.connection.send(raws(parsed.batch))

    def take(self) -> None:
        """Take the batch back, parsed."""
        if self.parsed is None:
            return
        given = raws(self.parsed.batch)
        try:
            answers = self.connection.recv()
        except (EOFError, OSError):
            answers = self._one_by_one(given)
        self.parsed.prepared = [_whole(answer, raw) for answer, raw in zip(answers, given, strict=True)]
        self.parsed = None

    def _one_by_one(self, given: list[bytes]) -> list[Prepared]:
        """A message has killed the process: find out which, and keep that one unread."""
        answers: list[Prepared] = []
        self._restart()
        for raw in given:
            try:
                self.connection.send([raw])
                answers += self.connection.recv()
            except (EOFError, OSError):
                answers.append(intake.Prepared(originals.pack(raw), None, None))
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


def work(descriptor: int, logging_domain: str) -> None:
    """Parse what comes until nobody is at the other end; the main function of a worker process."""
    import gc  # noqa: PLC0415
    import signal  # noqa: PLC0415
    from multiprocessing.connection import Connection  # noqa: PLC0415

    connection = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the writer, which then ends us
    gc.freeze()
    mask = Mask(logging_domain)
    while True:
        try:
            given = connection.recv()
            connection.send([_light(intake.prepare(raw, mask)) for raw in given])
        except (EOFError, OSError):
            return


def _light(prepared: Prepared) -> Prepared:
    """Without the bytes that the writer has already."""
    return (
        prepared if prepared.original.packing else prepared._replace(original=prepared.original._replace(content=b""))
    )


def _whole(prepared: Prepared, raw: bytes) -> Prepared:
    return (
        prepared if prepared.original.packing else prepared._replace(original=prepared.original._replace(content=raw))
    )
