"""redeliver: what a mail server put aside while casefleet could not take it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from casefleet_cli.archive import redelivering
from casefleet_cli.cli import output
from casefleet_cli.errors import ConfigError, UsageError


def redeliver(
    context: typer.Context,
    mailbox: Annotated[Path, typer.Argument(metavar="MAILDIR|MBOX", help="The mail server's fall-back mailbox.")],
    recipient_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="The one header that tells the recipient, as for deliver.")
    ] = None,
    recipient_prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="What stands before the address in that header, as for deliver.")
    ] = "",
) -> None:
    """Log the mail of a fall-back mailbox as deliver would have, and take out of it what is logged."""
    field = None
    if recipient_header is not None:
        field = redelivering.Field(recipient_header.strip().removesuffix(":"), recipient_prefix.lower())
    elif recipient_prefix:
        raise UsageError("--recipient-prefix needs --recipient-header.")
    connection = context.obj.connection()
    try:
        done = redelivering.redeliver(connection, mailbox, field)
    except OSError as error:
        raise ConfigError(f"{mailbox} cannot be emptied: {error.strerror or error}.") from error
    never = f"{done.never_logged} never logged, " if done.never_logged else ""
    output.say(f"{done.logged} logged, {done.known} known, {never}{len(done.stays)} stay.")
    what = "mail stays in the mailbox" if len(done.stays) == 1 else "mails stay in the mailbox"
    output.some_failed([f"{one.origin}: {one.reason}" for one in done.stays], what)
