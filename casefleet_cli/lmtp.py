"""The delivery door that stays open: an LMTP server (RFC 2033) doing the work of `deliver` without a start a mail.

Every recipient gets its own answer after the final dot: 250 once the mail is committed and on the disk, 550 5.1.1 for
an unknown BCC address (already at RCPT), 451 for everything that may pass. One writer commits all that waits in one
transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import syslog
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock, config, intake
from casefleet_cli.core.address import normal
from casefleet_cli.errors import CasefleetError, ConfigError, TryAgainError
from casefleet_cli.store import database, users
from casefleet_cli.store.deliveries import Arrival

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from casefleet_cli.core.model import Message
    from casefleet_cli.store.users import BccOwner

if TYPE_CHECKING:
    Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

MOST_OCTETS = 200 * 1024 * 1024
_MOST_RECIPIENTS = 1000
_LINE_LIMIT = 64 * 1024
_IDLE_SECONDS = 300.0
_MOST_IN_A_COMMIT = 200
_PATH = re.compile(rb"<([^>\r\n]*)>|([^\s<>]+)")

OK = b"250 2.0.0 OK"
UNKNOWN = b"550 5.1.1 There is no logging address of this name here."
LATER = b"451 4.3.0 The mail cannot be logged now; try again."
TOO_BIG = b"552 5.3.4 The message is too big."


class Envelope(NamedTuple):
    """What one transaction of the protocol has gathered before its data."""

    sender: str
    owners: tuple[tuple[str, BccOwner], ...]


class _Job(NamedTuple):
    raw: bytes
    message: Message | None
    envelope: Envelope
    answer: asyncio.Future[list[bytes]]


class Writer:
    """The one who writes: takes all jobs that wait, commits them together, and answers only then (group commit)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue(_MOST_IN_A_COMMIT * 2)
        self._lock = asyncio.Lock()

    async def owner(self, recipient: str) -> BccOwner | None:
        """The usable owner of a BCC address, or None; raises CasefleetError or sqlite3.Error when nobody can tell."""
        async with self._lock:
            return await asyncio.to_thread(self._owner, recipient)

    async def deliver(self, raw: bytes, envelope: Envelope) -> list[bytes]:
        """Log one message for every recipient; one answer each, in order."""
        message = await asyncio.to_thread(intake.understand, raw)
        answer: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        await self._jobs.put(_Job(raw, message, envelope, answer))
        return await answer

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
            started = clock.ticks()
            async with self._lock:
                answers = await asyncio.to_thread(self._commit, jobs)
            for job, answer in zip(jobs, answers, strict=True):
                if not job.answer.cancelled():
                    job.answer.set_result(answer)
            _log(f"commit of {len(jobs)} messages ms={round((clock.ticks() - started) * 1000)}")
        if self._connection is not None:
            self._connection.close()

    async def stop(self) -> None:
        """Let `run` finish what waits and end."""
        await self._jobs.put(None)

    def _open(self) -> sqlite3.Connection:
        """The database, opened anew when it was replaced or migrated under us."""
        inode = os.stat(self._path).st_ino if os.path.exists(self._path) else 0  # noqa: PTH110, PTH116
        if self._connection is not None and inode == self._inode:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version == database.SCHEMA_VERSION:
                return self._connection
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._connection = database.open_database(self._path, busy_seconds=config.busy_seconds())
        self._inode = inode
        return self._connection

    def _owner(self, recipient: str) -> BccOwner | None:
        owner = users.by_bcc_address(self._open(), normal(recipient), clock.stamp())
        return owner if owner is not None and owner.usable else None

    def _commit(self, jobs: list[_Job]) -> list[list[bytes]]:
        """Every message for every owner in one transaction; when that fails nothing is kept and all must come again."""
        try:
            connection = self._open()
            with database.transaction(connection):
                for job in jobs:
                    self._record(connection, job)
        except (CasefleetError, sqlite3.Error, OSError, MemoryError) as error:
            reason = database.translated(error, "the database") if isinstance(error, sqlite3.Error) else error
            _log(f"deferred {len(jobs)} messages: {reason}")
            return [[LATER] * len(job.envelope.owners) for job in jobs]
        return [[OK] * len(job.envelope.owners) for job in jobs]

    @staticmethod
    def _record(connection: sqlite3.Connection, job: _Job) -> None:
        for _, owner in job.envelope.owners:
            arrival = Arrival(owner.user_id, "lmtp", owner.bcc_address_id, job.envelope.sender)
            receipt = intake.record(connection, job.raw, job.message, arrival)
            _log(f"outcome={receipt.outcome} email={receipt.email_id}")


class Session:
    """One client: commands line by line, data after DATA, an answer for each recipient."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, store: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._store = store
        self._sender: str | None = None
        self._owners: list[tuple[str, BccOwner]] = []
        self._pending = bytearray()

    async def run(self) -> None:
        """Serve the client until it quits, vanishes or is idle for too long."""
        await self._say(b"220 casefleet LMTP")
        while True:
            line = await asyncio.wait_for(self._line(), _IDLE_SECONDS)
            if line is None:
                return
            word, _, rest = line.partition(b" ")
            verb = word.strip().upper()
            if verb == b"QUIT":
                await self._say(b"221 2.0.0 Bye")
                return
            answer = self._answers().get(verb)
            if answer is None:
                await self._say(b"500 5.5.1 Not a command of LMTP.")
            else:
                await answer(rest)

    def _answers(self) -> dict[bytes, Callable[[bytes], Awaitable[None]]]:
        return {
            b"LHLO": self._lhlo,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"VRFY": self._vrfy,
        }

    async def _lhlo(self, rest: bytes) -> None:  # noqa: ARG002
        self._forget()
        await self._say(
            b"250-casefleet\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
            b"250 SIZE %d" % MOST_OCTETS
        )

    async def _mail(self, rest: bytes) -> None:
        if self._sender is not None:
            await self._say(b"503 5.5.1 There is a sender already.")
            return
        found = _address(rest, b"FROM:")
        if found is None:
            await self._say(b"501 5.5.4 MAIL FROM:<address> is needed.")
            return
        size = re.search(rb"\bSIZE=(\d+)", rest, re.IGNORECASE)
        if size and int(size[1]) > MOST_OCTETS:
            await self._say(TOO_BIG)
            return
        self._sender = found
        await self._say(OK)

    async def _rcpt(self, rest: bytes) -> None:
        if self._sender is None:
            await self._say(b"503 5.5.1 MAIL comes first.")
            return
        recipient = _address(rest, b"TO:")
        if not recipient:
            await self._say(b"501 5.5.4 RCPT TO:<address> is needed.")
            return
        if len(self._owners) >= _MOST_RECIPIENTS:
            await self._say(b"452 4.5.3 Too many recipients.")
            return
        try:
            owner = await self._store.owner(recipient)
        except (CasefleetError, sqlite3.Error, OSError):
            await self._say(LATER)
            return
        if owner is None:
            await self._say(UNKNOWN)
            return
        self._owners.append((recipient, owner))
        await self._say(OK)

    async def _data(self, rest: bytes) -> None:  # noqa: ARG002
        if self._sender is None or not self._owners:
            await self._say(b"503 5.5.1 There is no valid recipient.")
            return
        await self._say(b"354 End with a line that is a dot.")
        raw = await asyncio.wait_for(self._message(), _IDLE_SECONDS * 2)
        if raw is None:
            answers = [TOO_BIG] * len(self._owners)
        else:
            answers = await self._store.deliver(raw, Envelope(self._sender, tuple(self._owners)))
        self._forget()
        await self._say(b"\r\n".join(answers))

    async def _rset(self, rest: bytes) -> None:  # noqa: ARG002
        self._forget()
        await self._say(OK)

    async def _noop(self, rest: bytes) -> None:  # noqa: ARG002
        await self._say(OK)

    async def _vrfy(self, rest: bytes) -> None:  # noqa: ARG002
        await self._say(b"252 2.1.5 Send the mail and see.")

    def _forget(self) -> None:
        self._sender = None
        self._owners = []

    async def _line(self) -> bytes | None:
        """One command line without its end; None when the client is gone or never ends its line."""
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > _LINE_LIMIT or not await self._fill():
                return None
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line.rstrip(b"\r")

    async def _message(self) -> bytes | None:
        """The data up to CRLF.CRLF (nothing less ends it: RFC 5321 section 2.3.8), dots unstuffed, lines ending in LF
        as the pipe gives them; None when it is too big. Raises ConnectionError when the client is gone.
        """
        kept = bytearray(b"\r\n")  # so that a dot on the first line has a line end before it
        too_big = False
        while True:
            searched = max(0, len(kept) - 4)
            kept += self._pending
            self._pending.clear()
            end = kept.find(b"\r\n.\r\n", searched)
            if end >= 0:
                self._pending += kept[end + 5 :]
                del kept[end:]
                break
            if len(kept) > MOST_OCTETS:
                too_big = True
                del kept[:-4]
            if not await self._fill():
                raise ConnectionResetError
        if too_big:
            return None
        body = bytes(kept).replace(b"\r\n..", b"\r\n.")[2:]
        return body.replace(b"\r\n", b"\n") + (b"\n" if body else b"")

    async def _fill(self) -> bool:
        """Take more from the client; False when it is gone."""
        chunk = await self._reader.read(_LINE_LIMIT)
        self._pending += chunk
        return bool(chunk)

    async def _say(self, answer: bytes) -> None:
        self._writer.write(answer + b"\r\n")
        await self._writer.drain()


async def serve(path: str, listen: str, ready: Callable[[str], None]) -> None:
    """Listen on "unix:/path" or "host:port" until SIGTERM or SIGINT; then finish what was taken and end.

    Raises ConfigError for an address that is not of this machine's loopback or cannot be listened on, and what
    open_database raises when the database is not right at the start.
    """
    database.open_database(path).close()
    store = Writer(path)
    sessions: set[asyncio.Task[None]] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            sessions.add(task)
        try:
            await Session(reader, writer, store).run()
        except (ConnectionError, TimeoutError):
            pass  # the client is gone: what was not answered comes again
        finally:
            if task is not None:
                sessions.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server, where = await _listener(client, listen)
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    writing = asyncio.create_task(store.run())
    ready(where)
    await end.wait()
    server.close()
    await asyncio.wait([writing, *sessions], timeout=0.1)
    await store.stop()
    await writing
    # The answers of the last commit are on their way; idle clients are not waited for.
    await asyncio.wait(sessions, timeout=1.0) if sessions else None
    for task in sessions:
        task.cancel()


async def _listener(client: Client, listen: str) -> tuple[asyncio.Server, str]:
    try:
        if listen.startswith("unix:"):
            socket_path = listen.removeprefix("unix:")
            server = await asyncio.start_unix_server(client, socket_path)
            os.chmod(socket_path, 0o660)  # noqa: PTH101
            return server, listen
        host, _, port = listen.rpartition(":")
        if host not in ("127.0.0.1", "localhost", "[::1]", "::1"):
            raise ConfigError(f"{listen} is not an address of this machine alone; use 127.0.0.1:PORT or unix:/PATH.")
        server = await asyncio.start_server(client, host.strip("[]"), int(port))
    except ValueError:
        raise ConfigError(f"{listen} is no address; use 127.0.0.1:PORT or unix:/PATH.") from None
    except OSError as error:
        raise TryAgainError(f"Cannot listen on {listen}: {error.strerror}.") from None
    return server, f"{host}:{server.sockets[0].getsockname()[1]}"


def _address(rest: bytes, keyword: bytes) -> str | None:
    """The address of MAIL FROM or RCPT TO ("" for the null sender), or None."""
    rest = rest.strip()
    if not rest.upper().startswith(keyword):
        return None
    match = _PATH.match(rest[len(keyword) :].strip())
    if match is None:
        return None
    return (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")


def _log(line: str) -> None:
    """One line for the admin: no subject, no address, no secret."""
    syslog.syslog(syslog.LOG_INFO | syslog.LOG_MAIL, line)
