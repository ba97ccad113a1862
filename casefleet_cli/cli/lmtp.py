"""casefleet lmtp: the delivery door that stays open."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.lmtp import server


def lmtp(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="WHERE", help="unix:/path/to/socket, or 127.0.0.1:PORT.")
    ] = "127.0.0.1:2424",
) -> None:
    """Take mail by LMTP until SIGTERM, for firms where a process a mail is too slow."""

    def ready(where: str) -> None:
        output.say(f"Listening for LMTP on {where}.")
        sys.stdout.flush()  # whoever started us may wait for this line

    asyncio.run(server.serve(context.obj.database_path, listen, ready))
    output.say("Ended.")
