"""Listens for LMTP clients until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import stat
from typing import TYPE_CHECKING

from casefleet_cli.errors import ConfigError, TryAgainError
from casefleet_cli.lmtp.session import Session
from casefleet_cli.lmtp.syslog import Syslog
from casefleet_cli.lmtp.writer import Writer
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(path: str, listen: str, ready: Callable[[str], None]) -> None:
    """Listen on "unix:/path" or "host:port" until SIGTERM or SIGINT; then finish what was taken and end.

    Raises ConfigError for an address that is not of this machine's loopback or cannot be listened on, and what
    open_database raises when the database is not right at the start.
    """
    database.open_database(path).close()
    store = Writer(path, Syslog())
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
    _tell_manager(b"READY=1")
    await end.wait()
    _tell_manager(b"STOPPING=1")
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
            bound = _bound(listen.removeprefix("unix:"), listen)
            return await asyncio.start_unix_server(client, sock=bound), listen
        host, _, port = listen.rpartition(":")
        if host not in ("127.0.0.1", "localhost", "[::1]", "::1"):
            raise ConfigError(f"{listen} is not an address of this machine alone; use 127.0.0.1:PORT or unix:/PATH.")
        server = await asyncio.start_server(client, host.strip("[]"), int(port))
    except (ValueError, OverflowError, IndexError):  # no number, a port beyond 65535, a socket without a name
        raise ConfigError(f"{listen} is no address; use 127.0.0.1:PORT or unix:/PATH.") from None
    except OSError as error:
        raise TryAgainError(f"Cannot listen on {listen}: {error.strerror or error}.") from None
    return server, f"{host}:{server.sockets[0].getsockname()[1]}"


def _bound(path: str, listen: str) -> socket.socket:
    """A socket at a path that listens, in the place of one that a dead server left; raises OSError.

    Raises TryAgainError where a server listens: taking its name would cut it off from its mail without a word.
    """
    if not path:
        raise ValueError
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)  # noqa: PTH120
    try:
        # Of two servers that start at once, the later one finds the earlier one listening.
        fcntl.flock(folder, fcntl.LOCK_EX)
        if _is_live(path):
            raise TryAgainError(
                f"A server listens on {listen} already; stop that one first (systemctl stop casefleet-lmtp), or choose"
                " another place."
            )
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116
                os.unlink(path)  # noqa: PTH108
        bound = socket.socket(socket.AF_UNIX)
        try:
            bound.bind(path)
            os.chmod(path, 0o660)  # noqa: PTH101
            bound.listen()
        except OSError:
            bound.close()
            raise
    finally:
        os.close(folder)
    return bound


def _is_live(path: str) -> bool:
    """Whether somebody listens on a socket; one that cannot be asked counts as live."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except TimeoutError:
            return True  # more wait there than it takes in
    return True


def _tell_manager(state: bytes) -> None:
    """Tell systemd how it stands with us, where systemd asked for it (sd_notify(3))."""
    where = os.environ.get("NOTIFY_SOCKET")
    if where:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(state, "\0" + where[1:] if where.startswith("@") else where)
