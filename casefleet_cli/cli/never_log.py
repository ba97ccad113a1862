"""casefleet never-log: whose mail nobody is to log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import never_log as never_log_desk
from casefleet_cli.store import references

if TYPE_CHECKING:
    import sqlite3

app = typer.Typer(help="Addresses and domains whose mail is not logged.", no_args_is_help=True)

Entries = Annotated[list[str], typer.Argument(metavar="ADDRESS|DOMAIN...", help="ann@bank.example or bank.example.")]
User = Annotated[str | None, typer.Option(metavar="USER", help="On this user's list (default: the firm's).")]


@app.command("add")
def add(context: typer.Context, entries: Entries, user: User = None) -> None:
    """Log no more own mail whose recipients are all listed, and let no rule ask about them."""
    connection = context.obj.connection()
    user_id = _user(connection, user)
    for entry in entries:
        is_new = never_log_desk.add(connection, entry, user_id, acting=context.obj.acting())
        output.say(f"{never_log_desk.entry_of(entry)} is {'now' if is_new else 'already'} on the never-log list.")


@app.command("remove")
def remove(context: typer.Context, entries: Entries, user: User = None) -> None:
    """Take addresses or domains off the list; mail that was not logged does not come back."""
    connection = context.obj.connection()
    user_id = _user(connection, user)
    for entry in entries:
        never_log_desk.remove(connection, entry, user_id, acting=context.obj.acting())
        output.say(f"{never_log_desk.entry_of(entry)} is no more on the never-log list.")


@app.command("list")
@output.listing
def list_(context: typer.Context, user: User = None, options: ListOptions = ListOptions()) -> None:  # noqa: B008 - immutable
    """List the firm's entries and the users'."""
    connection = context.obj.reader()
    columns = (
        Column("entry"),
        Column("user", "for", cell=lambda row: row["user"] or "the firm"),
        Column("added_at", "since", cell=lambda row: output.moment(row["added_at"])),
    )
    rows = never_log_desk.listed(connection, _user(connection, user), acting=context.obj.acting())
    output.show(rows, columns, options, empty="Nothing is on the never-log list: casefleet never-log add ADDRESS")


def _user(connection: sqlite3.Connection, text: str | None) -> int | None:
    return None if text is None else references.user(connection, text)
