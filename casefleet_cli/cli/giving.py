"""Unassigned mail goes to a colleague: email give."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.desk import handing
from casefleet_cli.store import references, users


def give(
    context: typer.Context,
    numbers: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="The numbers of the e-mails.")],
    to: Annotated[str, typer.Option("--to", metavar="USER", help="Who is to file them.")],
) -> None:
    """Give unassigned e-mails to a colleague, who sees them, is told, and finds them in `unassigned --mine`."""
    connection, sight = context.obj.connection(), context.obj.sight
    user_id = references.user(connection, to)
    chosen = list(dict.fromkeys(references.email(connection, number, sight) for number in numbers))
    given = handing.give(connection, chosen, user_id, acting=context.obj.acting())
    name = users.one(connection, user_id)["name"]
    for number in chosen:
        output.say(f"E-mail {number} is {'now' if number in given else 'already'} {name}'s to file.")
