"""The one who writes: takes all mail that waits, commits it together, and answers only then (group commit)."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock, config
from casefleet_cli.core.address import normal
from casefleet_cli.errors import CasefleetError, ConfigError, TryAgainError
from casefleet_cli.intake.budget import budget_of
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.recording import Mail, record
from casefleet_cli.intake.workers import Pool
from casefleet_cli.store import database, settings, users
from casefleet_cli.store.deliveries import Arrival

if TYPE_CHECKING:
    from casefleet_cli.intake.understanding import Understood
    from casefleet_cli.lmtp.syslog import Syslog
    from casefleet_cli.store.users import BccOwner

_MOST_IN_A_COMMIT = 200
_WORKERS = 6
"""Processes at most that understand mail: so many poisonous ones may be under way before any other waits."""


class Envelope(NamedTuple):
    """What the mail server said of one message before its data."""

    sender: str
    owners: tuple[BccOwner, ...]
    queue_id: str | None = None


class _Job(NamedTuple):
    raw: bytes
    envelope: Envelope
    started: float
    understood: Understood
    logged: asyncio.Future[bool]


class Writer:
    """Owns the only connection to the database; everything that blocks runs in threads."""

    def __init__(self, path: str, syslog: Syslog) -> None:
        self._path = path
        self._syslog = syslog
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._pool: Pool | None = None
        self._newest_bcc_address = -1
        # Threads of its own: those that wait for a worker must not keep the database's waiting.
        self._understanding = ThreadPoolExecutor(_WORKERS)
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue(_MOST_IN_A_COMMIT * 2)
        self._lock = asyncio.Lock()

    async def owner(self, recipient: str, queue_id: str | None) -> BccOwner | None:
        """The usable owner of a BCC address, or None; raises CasefleetError or sqlite3.Error when nobody can tell."""
        started = clock.ticks()
        async with self._lock:
            owner = await asyncio.to_thread(self._owner, recipient)
        if owner is None:
            self._syslog.outcome(queue_id, "unknown-address", None, started)
        return owner

    async def deliver(self, raw: bytes, envelope: Envelope) -> bool:
        """Whether the message is committed for all its owners; when not, for none of them."""
        started = clock.ticks()
        loop = asyncio.get_running_loop()
        try:
            understood = await loop.run_in_executor(self._understanding, self._understand, raw)
        except OSError as error:
            self._syslog.say(f"deferred 1: no process can be started ({error.strerror}).")
            return False
        logged: asyncio.Future[bool] = loop.create_future()
        await self._jobs.put(_Job(raw, envelope, started, understood, logged))
        return await logged

    async def run(self) -> None:
        """Write until told to stop; what waits by then is still written."""
        stopping = False
        while not stopping:
            batch = [await self._jobs.get()]
            while len(batch) < _MOST_IN_A_COMMIT and not self._jobs.empty():
                batch.append(self._jobs.get_nowait())
            stopping = None in batch
            jobs = [job for job in batch if job is not None]
            if not jobs:
                continue
            async with self._lock:
                results = await asyncio.to_thread(self._commit, jobs)
            for job, logged in zip(jobs, results, strict=True):
                if not job.logged.cancelled():
                    job.logged.set_result(logged)
        if self._connection is not None:
            self._connection.close()
        if self._pool is not None:
            self._pool.end()

    async def stop(self) -> None:
        """Let `run` finish what waits and end."""
        await self._jobs.put(None)

    def _open(self) -> sqlite3.Connection:
        """The database, opened anew when it was replaced or migrated under us."""
        inode = os.stat(self._path).st_ino if os.path.exists(self._path) else 0  # noqa: PTH110, PTH116
        if self._connection is not None:
            if inode == self._inode and database.schema_version(self._connection) == database.SCHEMA_VERSION:
                self._keep_pool(self._connection)
                return self._connection
            self._connection.close()
            self._connection = None
        self._connection = database.open_database(self._path, busy_seconds=config.busy_seconds())
        self._inode = inode
        self._newest_bcc_address = -1
        self._keep_pool(self._connection)
        return self._connection

    def _keep_pool(self, connection: sqlite3.Connection) -> None:
        """Have workers that know every BCC address there is by now."""
        newest = users.newest_bcc_address(connection)
        if newest == self._newest_bcc_address:
            return
        self._newest_bcc_address = newest
        terms = (settings.logging_domain(connection), users.bcc_addresses(connection), budget_of(connection))
        if self._pool is None or self._pool.terms != terms:
            if self._pool is not None:
                self._pool.end()
            self._pool = Pool(*terms, _WORKERS)

    def _understand(self, raw: bytes) -> Understood:
        """Only called once the database was asked for an owner, and so was opened."""
        if self._pool is None:
            raise TryAgainError("The database was not opened yet.")
        return self._pool.understand(raw)

    def _owner(self, recipient: str) -> BccOwner | None:
        connection, address = self._open(), normal(recipient)
        owner = users.by_bcc_address(connection, address, clock.stamp())
        if owner is None and not address.endswith(f"@{settings.logging_domain(connection)}"):
            raise ConfigError("A recipient is not at the logging domain of this database; see casefleet doctor.")
        return owner if owner is not None and owner.usable else None

    def _commit(self, jobs: list[_Job]) -> list[bool]:
        """Log all jobs in one transaction, or, when a bug gets in the way of that, each in one of its own."""
        try:
            connection = self._open()
            with database.transaction(connection):
                receipts = iter(record(connection, [mail for job in jobs for mail in _mails(job)], Memory(connection)))
        except Exception as error:  # noqa: BLE001 - a bug must neither end the server nor keep other mail waiting
            passes = isinstance(error, (CasefleetError, OSError)) or database.is_of_the_machine(error)
            if not passes and len(jobs) > 1:
                return [logged for job in jobs for logged in self._commit([job])]
            return self._deferred(jobs, error)
        for job in jobs:
            for receipt in islice(receipts, len(job.envelope.owners)):
                self._syslog.outcome(job.envelope.queue_id, receipt.outcome, receipt.email_id, job.started)
        return [True] * len(jobs)

    def _deferred(self, jobs: list[_Job], error: Exception) -> list[bool]:
        told = database.translated(error, self._path) if isinstance(error, sqlite3.Error) else error
        reason = str(told) if isinstance(told, CasefleetError) else f"A fault in casefleet ({type(error).__name__})."
        self._syslog.say(f"deferred {len(jobs)}: {reason}")
        for job in jobs:
            for _ in job.envelope.owners:
                self._syslog.outcome(job.envelope.queue_id, "deferred", None, job.started)
        return [False] * len(jobs)


def _mails(job: _Job) -> list[Mail]:
    """The message once for each owner."""
    envelope = job.envelope
    return [
        Mail(
            job.understood,
            Arrival(owner.user_id, "lmtp", owner.bcc_address_id, envelope.sender, envelope.queue_id, tag=owner.tag),
        )
        for owner in envelope.owners
    ]
