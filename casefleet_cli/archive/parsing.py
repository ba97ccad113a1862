"""Understanding ahead of the writer, in worker processes."""

from __future__ import annotations

import time
from collections import deque
from multiprocessing.connection import wait as wait_for
from socket import socketpair
from threading import Thread
from typing import TYPE_CHECKING, Any

from casefleet_cli import clock
from casefleet_cli.archive.reading import raws
from casefleet_cli.intake.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from socket import socket

    from casefleet_cli.archive.reading import Met
    from casefleet_cli.intake.budget import Budget
    from casefleet_cli.intake.understanding import Understood

_MOST_AHEAD = 16
"""How many batches are under way or wait for the writer."""


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

    def __init__(
        self,
        batches: Iterator[list[Met]],
        logging_domain: str,
        addresses: Sequence[str],
        budget: Budget,
        *,
        jobs: int,
    ) -> None:
        self._batches = batches
        self._terms = (logging_domain, addresses, budget)
        self._jobs = jobs
        self._is_exhausted = False
        self._queue: deque[Parsed] = deque()
        self._workers: list[Worker] = []
        self._given: dict[Worker, deque[Parsed]] = {}

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.end()

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
        """Take in what is ready within `timeout` seconds (None: wait for something) and hand out work.

        False when there is nothing to wait for.
        """
        self._hand_out()
        by_connection: dict[Any, Worker] = {worker.connection: worker for worker in self._workers if worker.tasks}
        if not by_connection:
            return False
        for ready in wait_for([*by_connection, *([ended] if ended else [])], timeout):
            if ready is not ended:
                worker = by_connection[ready]
                self._given[worker].popleft().understood = worker.take()
        self._hand_out()
        return True

    def _hand_out(self) -> None:
        while len(self._queue) < _MOST_AHEAD and not self._is_exhausted:
            batch = next(self._batches, None)
            if batch is None:
                self._is_exhausted = True
                return
            parsed = Parsed(batch)
            self._queue.append(parsed)
            messages = raws(batch)
            if messages:
                worker = self._idlest()
                worker.give(messages)
                self._given[worker].append(parsed)
            else:
                parsed.understood = []

    def _idlest(self) -> Worker:
        """The process with the least to do; a new one while all are busy and there may be more."""
        worker = min(self._workers, key=lambda worker: len(worker.tasks), default=None)
        if worker is None or (worker.tasks and len(self._workers) < self._jobs):
            worker = Worker(*self._terms)
            self._workers.append(worker)
            self._given[worker] = deque()
        return worker
