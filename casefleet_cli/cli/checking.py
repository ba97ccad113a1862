"""Conflict checks: who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli import access
from casefleet_cli.cli import output, people
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import checking, spoofing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import checks

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 20
_MAIL = (Column("id", "email"), "date", *people.SENDER, *people.SUBJECT, "standing")


def who(
    context: typer.Context,
    name: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="A name, or an address.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep it as a conflict check of today.")] = False,
    recorded: Annotated[bool, typer.Option("--recorded", help="List the conflict checks that were kept.")] = False,
    as_json: output.Json = False,
) -> None:
    """Say all that there is of a person: contacts, cases, leads, mail and files, also of names that are like it."""
    asked = " ".join(name or ()).strip()
    if recorded == bool(asked):
        raise UsageError("Say whom to look for, or --recorded alone.")
    if recorded:
        access.require(context.obj.viewer(), "who --recorded")
        _list(context, as_json=as_json)
        return
    if record:
        access.require(context.obj.viewer(), "who --record")
    connection = context.obj.connection() if record else context.obj.reader()
    sight = context.obj.sight
    found = checking.report(connection, asked, sight)
    if as_json:
        output.json_value({**found, "is_complete": context.obj.viewer().is_admin})
    else:
        _section("Contacts", found["contacts"], (Column("id", "contact"), Column("name"), "addresses", "note"))
        _section("Cases", found["cases"], ("number", Column("name", "title"), "status"))
        _section("Leads", found["leads"], (Column("id", "lead"), Column("name"), "status"))
        mails = list(spoofing.marked(connection, sight, found["emails"][:_SHOWN]))
        _section("E-mails", found["emails"], _MAIL, shown=mails)
        _section("Files", found["files"], ("email", "date", "filename"))
        if not context.obj.viewer().is_admin:
            output.say("This is what you may see and may be incomplete; an admin sees all.")
    if record:
        number = checking.record(connection, asked, found, acting=context.obj.acting())
        output.warn(f"Kept as conflict check {number}; casefleet who --recorded lists them.")


def _section(
    title: str, rows: Sequence[dict[str, Any]], columns: Sequence[str | Column], *, shown: Sequence[Any] | None = None
) -> None:
    some = rows[:_SHOWN] if shown is None else shown
    more = f", the first {len(some)} of them" if len(some) < len(rows) else ""
    output.say(f"{title}: {len(rows) or 'none'}{more}")
    if some:
        output.show(some, columns, ListOptions(), empty="")


def _list(context: typer.Context, *, as_json: bool) -> None:
    kept = checks.kept(context.obj.reader())
    if as_json:
        output.json_value(kept)
        return
    counted = [{**row, **{kind: len(row["report"][kind]) for kind in ("contacts", "cases", "emails")}} for row in kept]
    columns = (Column("id", "check"), Column("checked_at", "when"), "user", "asked", "contacts", "cases", "emails")
    output.show(counted, columns, ListOptions(), empty="No conflict check was kept.")
