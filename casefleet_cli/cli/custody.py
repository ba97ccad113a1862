"""Proving that nothing was changed, and copies: verify, backup, restore."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.custody import copies, verifying
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def verify(
    context: typer.Context,
    head: Annotated[
        str | None, typer.Option(metavar="HEAD", help="A head of the journal that was noted: it must still be in it.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Prove that bytes, index, links and journal are what they were; changes nothing."""
    noted = _noted(head)
    connection = context.obj.connection()
    failures = []
    told = []
    for checked in verifying.checks(connection, noted):
        failures += [f"{checked.check}: {fault}" for fault in checked.faults]
        told.append({"check": checked.check, "looked_at": checked.looked_at, "faults": list(checked.faults)})
        if not as_json:
            state = "FAULTY" if checked.faults else "ok"
            output.say(f"{state:<7} {checked.check:<10} {checked.looked_at} {checked.of_what}", raw=True)
    last = activities.head(connection)
    if as_json:
        output.json_value({"checks": told, "head": f"{last.id}:{last.hash}"})
    else:
        output.say(f"Head of the journal, to be noted elsewhere: {last.id}:{last.hash}")
    output.some_failed(failures, "things are not as they were")


def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
) -> None:
    """Copy the database as it is now, while mail goes on coming in, and verify the copy."""
    size = copies.backup(context.obj.reader(), to)
    output.say(f"Wrote {to}, {size} bytes, verified.")


def restore(
    context: typer.Context,
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="What casefleet backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put the database that is there aside.")] = False,
) -> None:
    """Put a copy, once it is verified, in the place of the database."""
    to = Path(context.obj.database_path)
    was_there = to.exists()
    aside = copies.restore(copy, to, replace=replace)
    output.say(f"Restored {to} from {copy}.")
    for name in aside:
        output.say(f"{'The database that was there' if was_there else 'What was left beside its place'} is {name} now.")


def _noted(head: str | None) -> activities.Head | None:
    if head is None:
        return None
    match = _HEAD.fullmatch(head.strip())
    if match is None:
        raise UsageError("A head of the journal is a number, a colon and 64 letters, as casefleet verify prints it.")
    return activities.Head(int(match[1]), match[2])
