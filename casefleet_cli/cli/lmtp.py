"""casefleet lmtp: the delivery door that stays open."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from casefleet_cli import lmtp as door
from casefleet_cli.cli import output


def lmtp(
    context: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="WHERE", help="unix:/path/to/socket, or 127.0.0.1:PORT.")
    ] = "127.0.0.1:2424",
) -> None:
    """Take mail by LMTP until SIGTERM, for firms where a process a mail is too slow."""
    asyncio.run(
        door.serve(context.obj.database_path, listen, lambda where: output.say(f"Listening for LMTP on {where}."))
    )
    output.say("Ended.")
