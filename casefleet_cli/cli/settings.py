"""casefleet settings: what the firm decided, what this machine says, and deciding it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import config
from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.errors import UsageError

if TYPE_CHECKING:
    from casefleet_cli.cli.state import State

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
    if name is not None and (default or value is not None):
        _of_the_firm(name)
    if name is not None and default:
        changed = settings_desk.forget(context.obj.connection(), name, acting=context.obj.acting())
        output.say(f"{settings_desk.one(name).name} is {'' if changed else 'already '}the default.")
    elif name is not None and value is not None:
        kept = settings_desk.put(context.obj.connection(), name, value, acting=context.obj.acting())
        known = settings_desk.checked(settings_desk.one(name), value)
        output.say(f"{settings_desk.one(name).name} is {'already' if kept is None else 'now'} {known}.")
    else:
        wanted = _known(name) if name is not None else None
        rows = settings_desk.listed(context.obj.reader(), acting=context.obj.acting()) + _of_the_machine(context.obj)
        output.show([row for row in rows if wanted in (None, row["name"])], _COLUMNS, options, empty="")


_DATABASE, _ACTING = "database", "acting-user"
_MACHINE = {
    _DATABASE: "where everything is kept",
    _ACTING: "who acts, for the journal; nobody: the person at this machine",
    "CASEFLEET_BUSY_SECONDS": "how long a delivery waits for a locked database, in seconds",
    "CASEFLEET_TIME_LIMIT_SECONDS": "when a delivery gives up by itself, in seconds",
}
"""What is settled outside the database, and what it decides."""


def _of_the_machine(state: State) -> list[dict[str, str | None]]:
    """The rows of what is settled outside the database."""
    database = state.database()
    found = {
        _DATABASE: database._replace(value=os.path.abspath(database.value)),  # noqa: PTH100
        _ACTING: config.Found(state.acting_reference or "", _named_by(state)),
        **config.limits(),
    }
    return [
        {"name": name, "value": found[name].value or None, "source": found[name].source, "meaning": meaning}
        for name, meaning in _MACHINE.items()
    ]


def _named_by(state: State) -> str:
    if state.acting_reference is None:
        return "default"
    return "--as" if state.acting_option else "$CASEFLEET_USER"


def _known(name: str) -> str:
    machine = {known.lower(): known for known in _MACHINE}
    return machine.get(name.strip().lower()) or settings_desk.one(name).name


def _of_the_firm(name: str) -> None:
    """Refuse to set what is settled outside the database."""
    known = {one.lower(): one for one in _MACHINE}.get(name.strip().lower())
    if known is not None:
        raise UsageError(
            f"{known} is this machine's; casefleet settings {known} shows what it is and where it is from."
        )
