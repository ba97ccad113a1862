"""casefleet reads: who opened which e-mail."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import reading
from casefleet_cli.store import references

_COLUMNS = (
    Column("at", "when"),
    Column("user_id", only="machine"),
    Column("user", "who"),
    Column("email_id", "email"),
    Column("what", "opened"),
)


@output.listing
def reads(
    context: typer.Context,
    email: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only of this e-mail.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only by this user.")] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List who opened which e-mail, on the pages and at the command line, newest first."""
    connection = context.obj.reader()
    email_id = references.email(connection, email, context.obj.sight) if email else None
    user_id = references.user(connection, user) if user else None
    rows = reading.listed(connection, context.obj.database_path, user_id, email_id, options.limit)
    empty = (
        "Nobody has opened such an e-mail since it is noted."
        if reading.is_noted(connection)
        else "It is not noted who opens mail; casefleet settings read-log on has it noted from now on."
    )
    output.show(rows, _COLUMNS, options, empty=empty)
