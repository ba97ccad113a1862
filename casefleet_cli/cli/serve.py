"""The pages: serve, and signin for who is let in."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import access
from casefleet_cli.cli import output
from casefleet_cli.errors import ConfigError, UsageError
from casefleet_cli.install import ownership
from casefleet_cli.store import passwords, references, users, visits
from casefleet_cli.web import server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casefleet_cli.cli.state import State
    from casefleet_cli.web.sessions import Terms

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,80}")


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="H", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", help="0 takes any that is free.")] = 8001,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
    by_passwords: Annotated[
        bool, typer.Option("--passwords", help="Let people sign in by a password (casefleet user password).")
    ] = False,
    public_name: Annotated[
        list[str] | None,
        typer.Option("--public-name", metavar="NAME", help="Under which name people come, through a proxy with TLS."),
    ] = None,
    behind_proxy: Annotated[
        str, typer.Option("--behind-proxy", metavar="ADDR", help="The proxy that says who they are.")
    ] = "",
    auth_header: Annotated[
        str, typer.Option("--auth-header", metavar="NAME", help="In which header it does; from that proxy only.")
    ] = "",
) -> None:
    """Show cases, leads and e-mail in a browser, for reading only, until Ctrl-C.

    Prints an address that works once: whoever opens it sees everything, or with --as what that user sees. With
    --passwords or --behind-proxy people sign in by themselves, each with the own eyes.
    """
    state: State = context.obj
    terms = _terms(by_passwords, public_name or [], behind_proxy, auth_header)
    ownership.refuse_other_user(Path(state.database_path).absolute())
    connection = state.reader()
    user_id = state.acting()
    is_missing = terms is not None and terms.passwords and not passwords.any_is_set(connection)
    path = state.database_path
    state.close()

    def ready(address: str, entrance: str) -> None:
        by_themselves = terms is not None and (terms.passwords or terms.proxy)
        if by_themselves:
            sys.stdout.write(f"Open this address and sign in:\n\n    {address}\n\nCtrl-C ends.\n")
            if is_missing:
                sys.stdout.write("Nobody has a password yet: casefleet user password USER.\n")
        else:
            sys.stdout.write(f"Open this address; it works once:\n\n    {address}{entrance}\n\nCtrl-C ends.\n")
        sys.stdout.flush()
        if open_browser:
            import webbrowser  # noqa: PLC0415 - rarely asked for

            webbrowser.open(address if by_themselves else address + entrance)

    server.run(path, user_id=user_id, host=host, port=port, terms=terms, ready=ready)
    sys.stdout.write("Ended.\n")


def signin(
    context: typer.Context, user: Annotated[str, typer.Argument(metavar="USER", help="A number, address or name.")]
) -> None:
    """Print an address that lets a user into the running server, once, within ten minutes."""
    state: State = context.obj
    connection = state.reader()
    user_id = references.user(connection, user)
    viewer = state.viewer()
    if state.colleague() is not None and viewer.user_id != user_id:
        raise access.NotAllowedError("Through sudo you sign in yourself only.")
    access.require_own(viewer, user_id, "way in")
    if users.one(connection, user_id)["disabled"]:
        raise UsageError(f"User {user_id} {users.one(connection, user_id)['name']} is disabled and cannot sign in.")
    with running(state.database_path) as (book, address):
        token = book.invite(user_id, visits.INVITED_SECONDS)
    output.say(f"{address}/login?token={token}", raw=True)


@contextlib.contextmanager
def running(path: str) -> Iterator[tuple[visits.Book, str]]:
    """The visits of a database and the address of the server that runs; raises UsageError where none does."""
    with visits.opened(path) as book:
        addresses = book.servers()
        if not addresses:
            raise UsageError("No server runs; start one with casefleet serve.")
        yield book, addresses[0]


def _terms(by_passwords: bool, public_names: list[str], proxy: str, header: str) -> Terms | None:
    """How people sign in, as the options say; None when they say nothing."""
    from casefleet_cli.web.sessions import Terms  # noqa: PLC0415 - only where it is served

    if not (by_passwords or public_names or proxy or header):
        return None
    names = [name.strip().lower().rstrip(".") for name in public_names]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no name of a server; give one like mail.firm.example, without a port.")
    if bool(proxy) != bool(header):
        raise ConfigError("--behind-proxy and --auth-header go together: whom to trust, and where it names the user.")
    if header and not _HEADER.fullmatch(header):
        raise ConfigError(f"{header!r} is no name of a header; give one like X-Remote-User.")
    try:
        peer = str(ipaddress.ip_address(proxy.strip("[]"))) if proxy else ""
    except ValueError:
        raise ConfigError(f"{proxy!r} is no address of a proxy; give one like 127.0.0.1.") from None
    return Terms(frozenset(names), by_passwords, peer, header.lower())
