"""Serving the pages on this computer: one process, one address that works once."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.errors import ConfigError, TryAgainError
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasette.app import Datasette


class Site(NamedTuple):
    """The pages of one database, ready to be served."""

    datasette: Datasette
    app: Any
    """The ASGI application, gate included."""
    entrance: str
    """The path that lets one person in, once."""


def build(path: str, user_id: int | None = None) -> Site:
    """The pages of the database at `path`, with an entrance for this user, or (None) for an admin at this computer.

    Raises the errors of `open_reader` when there is no casefleet database there.
    """
    database.open_reader(path).close()
    from datasette.app import Datasette  # noqa: PLC0415 - most of a second
    from datasette.plugins import pm  # noqa: PLC0415

    from casefleet_cli.web import plugin, sessions  # noqa: PLC0415

    if not pm.is_registered(plugin):  # run from a source tree that was never installed
        pm.register(plugin, "casefleet")
    settings = {"default_allow_sql": False, "allow_download": False, "allow_facet": False, "suggest_facets": False}
    datasette: Any = Datasette([path], settings=settings)  # type: ignore[no-untyped-call]
    token = sessions.door_of(datasette).invite(user_id)
    return Site(datasette, datasette.app(), f"/login?token={token}")


def run(
    path: str, *, user_id: int | None = None, host: str = "127.0.0.1", port: int = 8001, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C; `ready` is told the one-time address when the port is open.

    Raises ConfigError for a host that others can reach, TryAgainError when the port is taken.
    """
    address = _loopback(host)
    listening = _listen(address, port)
    try:
        site = build(path, user_id)
        name = f"[{address}]" if ":" in address else address
        ready(f"http://{name}:{listening.getsockname()[1]}{site.entrance}")
        _serve(site.app, listening)
    finally:
        listening.close()


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


def _loopback(host: str) -> str:
    """The loopback address that a host names; any other host is refused."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(host.strip("[]")).is_loopback:
            return host.strip("[]")
    except ValueError:
        pass
    raise ConfigError(f"casefleet serve listens on this computer only (127.0.0.1, ::1), not on {host}.")


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
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
