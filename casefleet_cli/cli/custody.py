"""Proving that nothing was changed, and copies: verify, backup, restore, recover."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import clock
from casefleet_cli.cli import output
from casefleet_cli.cli.doctor import tell_finding
from casefleet_cli.cli.mailserver import program
from casefleet_cli.cli.users import tell_postfix
from casefleet_cli.custody import copies, recovering, rotation, trail, verifying
from casefleet_cli.errors import CasefleetError, ConfigError, UsageError
from casefleet_cli.install import doctor, recipients
from casefleet_cli.install.finding import OK
from casefleet_cli.install.postconf import Postconf
from casefleet_cli.store import activities

if TYPE_CHECKING:
    from collections.abc import Callable

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
    connection = _to_be_checked(context)
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
        output.json_value({"checks": told, "head": trail.head_in_words(last)})
    else:
        output.say(f"Head of the journal, to be noted elsewhere: {trail.head_in_words(last)}")
    note = trail.Note(clock.stamp(), trail.head_in_words(last), faults=len(failures))
    _noting(lambda: trail.keep(Path(context.obj.database_path), trail.VERIFY, note))
    output.some_failed(failures, "things are not as they were")


def _to_be_checked(context: typer.Context) -> sqlite3.Connection:
    """The database for changing it, as the index's own check asks for; where it cannot be written, for reading."""
    try:
        connection: sqlite3.Connection = context.obj.connection()
    except ConfigError:
        connection = context.obj.reader()
    return connection


def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet; with --keep, a folder.")],
    keep: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Name the copy by its date, and keep the newest N there.")
    ] = None,
) -> None:
    """Copy the database as it is now, while mail goes on coming in, and verify the copy."""
    connection = context.obj.reader()
    at = clock.stamp()
    if keep is None:
        output.say(f"Wrote {to}, {copies.backup(connection, to)} bytes, verified.")
        _noting(lambda: trail.keep_copy(Path(context.obj.database_path), to, at))
        return
    done = rotation.backup(connection, to, keep)
    output.say(f"Wrote {done.copy}, {done.size} bytes, verified.")
    _noting(lambda: trail.keep_copy(Path(context.obj.database_path), done.copy, at))
    for name in done.removed:
        output.say(f"Removed {name}.")
    output.some_failed(done.stay, "of the older copies cannot be removed")


def restore(
    context: typer.Context,
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="What casefleet backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put the database that is there aside.")] = False,
) -> None:
    """Put a copy, once it is verified, in the place of the database; say what it lacks, and what is left to do."""
    to = Path(context.obj.database_path)
    done = copies.restore(copy, to, replace=replace)
    output.say(f"Restored {to} from {copy}.")
    if not done.migrated:  # a copy of this schema, verified this very moment
        made = clock.stamp(datetime.fromtimestamp(copy.stat().st_mtime, UTC))
        _noting(lambda: trail.keep_copy(to, copy, made))
    if done.migrated:
        output.say(f"The copy was of an earlier release; it was brought up to this one: {', '.join(done.migrated)}.")
    if done.feeds:
        which = "The 1 feed" if done.feeds == 1 else f"The {done.feeds} feeds"
        output.say(f"{which} of the copy ended: whoever wants one adds it anew by casefleet atom add.")
    for name in done.leftovers:
        output.say(f"What was left beside its place is {name} now.")
    if done.replaced:
        output.say(f"The database that was there is {done.replaced} now.")
        _tell_missing(context, to, done.replaced)
    _refresh_map(context, done.replaced)
    _tell_to_do(to)


def recover(
    context: typer.Context,
    other: Annotated[Path, typer.Argument(metavar="FILE", help="The database that a restored copy took the place of.")],
) -> None:
    """Bring in the mail, the users and their addresses that another database of the firm has and this one lacks."""
    connection = context.obj.connection()
    done = recovering.recover(connection, other, acting=context.obj.acting())
    for words in done.users:
        output.say(f"{words}.")
    output.say(f"{done.logged} logged, {done.known} known, {len(done.stays)} not brought in.")
    if done.users:
        tell_postfix(connection)
    output.some_failed(done.stays, "things are not brought in")


def _noting(keep: Callable[[], None]) -> None:
    """Keep a note for casefleet doctor; what was done is done, also when that fails."""
    try:
        keep()
    except CasefleetError as error:
        output.warn(f"casefleet: The doctor will not know of this: {error}")


def _tell_missing(context: typer.Context, to: Path, replaced: Path) -> None:
    """What the database that was replaced has and the restored one lacks, and how it is brought in."""
    try:
        missing = recovering.missing(context.obj.reader(), replaced)
    except (CasefleetError, sqlite3.Error) as error:
        output.say(f"Whether it has mail that the restored one lacks cannot be told; keep it. {error}")
        return
    if missing.deliveries:
        by_user = ", ".join(f"{name} {count}" for name, count in missing.by_user)
        emails = "1 e-mail" if missing.emails == 1 else f"{missing.emails} e-mails"
        times = "1 delivery" if missing.deliveries == 1 else f"{missing.deliveries} deliveries"
        output.say(
            f"It has {emails} ({times}) since {output.moment(missing.since)} that the restored one lacks: {by_user}."
        )
    if missing.addresses:
        names = ", ".join(missing.addresses)
        output.say(f"It has BCC addresses that the restored one does not know; mail to them is refused: {names}.")
    if missing.deliveries or missing.addresses:
        output.say(f"Bring that in: casefleet --db {to} recover {replaced}")
    else:
        output.say("It has no mail that the restored one lacks.")


def _refresh_map(context: typer.Context, replaced: Path | None) -> None:
    """Bring the map that Postfix reads up to the restored users, where it is this database's."""
    try:
        connection = context.obj.connection()
        if replaced is not None:
            recipients.remember_as(connection, str(replaced))
        if recipients.is_ours(connection):
            recipients.refresh_remembered(connection)
            output.say(f"The map {recipients.remembered(connection)} is that of the restored users.")
    except CasefleetError as error:
        output.warn(f"casefleet: Postfix does not know of this yet: {error}")


def _tell_to_do(to: Path) -> None:
    """What casefleet doctor finds to be done here."""
    found = [finding for finding in doctor.findings(to.absolute(), program(), Postconf(None)) if finding.state != OK]
    if found:
        output.say("Left to do here, as casefleet doctor says:")
    for finding in found:
        tell_finding(finding)


def _noted(head: str | None) -> activities.Head | None:
    if head is None:
        return None
    match = _HEAD.fullmatch(head.strip())
    if match is None:
        raise UsageError("A head of the journal is a number, a colon and 64 letters, as casefleet verify prints it.")
    return activities.Head(int(match[1]), match[2])
