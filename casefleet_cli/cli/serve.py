"""casefleet serve: the pages on this computer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.web import server

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Where to listen; only this computer.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", help="0 takes any that is free.")] = 8001,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
) -> None:
    """Show cases, leads and e-mail in a browser, for reading only, until Ctrl-C.

    Prints an address that works once: whoever opens it sees everything, or with --as what that user sees.
    """
    state: State = context.obj
    state.reader()
    user_id = state.acting()
    path = state.database_path
    state.close()

    def ready(address: str) -> None:
        sys.stdout.write(f"Open this address; it works once:\n\n    {address}\n\nCtrl-C ends.\n")
        sys.stdout.flush()
        if open_browser:
            import webbrowser  # noqa: PLC0415 - rarely asked for

            webbrowser.open(address)

    server.run(path, user_id=user_id, host=host, port=port, ready=ready)
    sys.stdout.write("Ended.\n")
