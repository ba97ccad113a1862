"""casefleet settings: what the firm decided, and deciding it."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.errors import UsageError

_COLUMNS = (
    Column("name", "setting"),
    Column("value", cell=lambda row: row["value"] or "-"),
    Column("source", "from"),
    Column("meaning", "decides"),
)


@output.listing
def settings(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A setting; without VALUE it is shown.")] = None,
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="What it is from now on.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Set it no more: the default counts again.")] = False,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List the settings, each with its value and where that comes from, or set one."""
    if default and (name is None or value is not None):
        raise UsageError("--default takes the name of a setting, and no value.")
    if name is not None and default:
        changed = settings_desk.forget(context.obj.connection(), name, acting=context.obj.acting())
        output.say(f"{settings_desk.one(name).name} is {'' if changed else 'already '}the default.")
    elif name is not None and value is not None:
        kept = settings_desk.put(context.obj.connection(), name, value, acting=context.obj.acting())
        known = settings_desk.checked(settings_desk.one(name), value)
        output.say(f"{settings_desk.one(name).name} is {'already' if kept is None else 'now'} {known}.")
    else:
        wanted = settings_desk.one(name).name if name is not None else None
        rows = settings_desk.listed(context.obj.reader(), acting=context.obj.acting())
        output.show([row for row in rows if wanted in (None, row["name"])], _COLUMNS, options, empty="")
