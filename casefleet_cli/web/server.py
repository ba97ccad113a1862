"""Serving the pages: one process, on this machine's loopback, or where a proxy or passwords let people in."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.errors import CannotCreateError, ConfigError, TryAgainError
from casefleet_cli.store import database, unwritable, visits

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasette.app import Datasette

    from casefleet_cli.store.visits import Book
    from casefleet_cli.web.sessions import Door, Terms

_AFTER_FIRST_PAGE = 2.0
"""Seconds."""


class Site(NamedTuple):
    """The pages of one database, ready to be served."""

    datasette: Datasette
    app: Any
    """The ASGI application, gate included."""
    entrance: str
    """The path that lets one person in, once."""
    book: Book
    """Who is signed in."""
    door: Door


def build(path: str, user_id: int | None = None, *, book: Book | None = None, terms: Terms | None = None) -> Site:
    """The pages of the database at `path`, with an entrance for this user, or (None) for an admin at this computer.

    Visits are kept in `book`, or in memory alone.

    Raises the errors of `open_reader` when there is no casefleet database there.
    """
    with contextlib.closing(database.open_reader(path)) as reader:
        is_stand_in = isinstance(reader, unwritable.StandIn)
    from datasette.app import Datasette  # noqa: PLC0415 - most of a second
    from datasette.plugins import pm  # noqa: PLC0415

    from casefleet_cli.web import gate, plugin, sessions  # noqa: PLC0415

    if not pm.is_registered(plugin):  # run from a source tree that was never installed
        pm.register(plugin, "casefleet")
    settings = {"default_allow_sql": False, "allow_download": False, "allow_facet": False, "suggest_facets": False}
    # Its own connections would find nothing to open where nothing can be written; the pages have theirs.
    files = {"immutables": [path]} if is_stand_in else {"files": [path]}
    datasette: Any = Datasette(**files, settings=settings)  # type: ignore[no-untyped-call]
    kept = visits.in_memory() if book is None else book
    door = sessions.open_door(datasette, sessions.Door(kept, terms or sessions.Terms()))
    # Once more around what any plugin may have wrapped around it.
    return Site(datasette, gate.Gate(datasette.app(), datasette), f"/login?token={door.invite(user_id)}", kept, door)


def run(
    path: str,
    *,
    user_id: int | None = None,
    host: str = "127.0.0.1",
    port: int = 8001,
    terms: Terms | None = None,
    ready: Callable[[str, str], None],
) -> None:
    """Serve until Ctrl-C; `ready` is told the address, and the path that works once, when the port is open.

    Raises ConfigError for a host that others can reach where neither passwords nor a proxy say who they are, or without
    the names under which they do; TryAgainError when the port is taken.
    """
    address = _loopback(host)
    if address is None:
        if terms is None or not (terms.passwords or terms.proxy) or not terms.public_names:
            raise ConfigError(
                f"{host} can be reached from other machines: say how people sign in, by --passwords or --behind-proxy,"
                " and under which name they come, by --public-name."
            )
        address = host.strip("[]")
    listening = _listen(address, port)
    from casefleet_cli.web import frame, workers  # noqa: PLC0415 - as in build
    from casefleet_cli.web.data import making  # noqa: PLC0415 - as in build

    # They load all of Datasette, and the first page should not have to wait for that.
    later = threading.Timer(_AFTER_FIRST_PAGE, workers.prepare, (making.MAKE,))
    later.daemon = True
    try:
        book = _book(path)
        site = build(path, user_id, book=book, terms=terms)
        name = f"[{address}]" if ":" in address else address
        public = site.door.terms.origin(f"{name}:{listening.getsockname()[1]}")
        workers.prepare(frame.MAKE)
        later.start()
        with book.serving(public):
            ready(public, site.entrance)
            _serve(site.app, listening)
    finally:
        later.cancel()
        listening.close()


def _book(path: str) -> Book:
    """The visits beside the database; in memory, where nothing can be written there."""
    try:
        return visits.beside(path)
    except CannotCreateError:
        return visits.in_memory()


def _serve(app: Any, listening: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - slow

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn ends in good order first, then passes Ctrl-C on
        return


def _loopback(host: str) -> str | None:
    """The loopback address that a host names; None for what others can reach."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return host.strip("[]") if ipaddress.ip_address(host.strip("[]")).is_loopback else None
    except ValueError:
        raise ConfigError(f"{host!r} is no address to listen on; give one like 127.0.0.1, ::1 or 0.0.0.0.") from None


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # By its name: asyncio lets an answer go at once (TCP_NODELAY) only where it is told that this is TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(128)
    except OverflowError:
        listening.close()
        raise ConfigError(f"{port} is no port: take one from 1 to 65535, or 0 for any that is free.") from None
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise TryAgainError(f"Port {port} on {address} is taken; choose another with --port.") from None
        if error.errno in (errno.EACCES, errno.EADDRNOTAVAIL):
            raise ConfigError(f"Port {port} on {address} cannot be opened: {error.strerror}.") from None
        raise
    return listening
