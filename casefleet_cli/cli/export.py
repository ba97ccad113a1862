"""casefleet export: hand a case or a lead over."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.core.query import parse
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.custody import handover
from casefleet_cli.errors import UsageError
from casefleet_cli.store import links, mailbook, references, search


def export(
    context: typer.Context,
    to: Annotated[
        Path,
        typer.Option(metavar="PATH", help="A folder or a .zip that is not there yet; - is a .zip to standard output."),
    ],
    case: Annotated[str | None, typer.Option(metavar="CASE", help="A number or title.")] = None,
    lead: Annotated[str | None, typer.Option(metavar="LEAD", help="A number or name.")] = None,
    query: Annotated[str | None, typer.Option(metavar="QUERY", help="Of these only what a search finds.")] = None,
    privilege_log: Annotated[bool, typer.Option("--privilege-log", help="With a privilege log to fill in.")] = False,
    redact_bcc: Annotated[
        bool, typer.Option("--redact-bcc", help="Copies without the users' BCC addresses, and a list of both hashes.")
    ] = False,
) -> None:
    """Write the originals of a case or lead, with attachments, an index and the journal; repeatable byte for byte."""
    if (case is None) == (lead is None):
        raise UsageError("Say what: --case or --lead.")
    if str(to) == "-" and sys.stdout.isatty():
        raise UsageError("A .zip is nothing to read: send it to a file by > FILE.zip, or into a pipe.")
    connection = context.obj.reader()
    kind = "case" if case else "lead"
    viewer = context.obj.viewer()
    sight = viewer.sight
    number = references.case(connection, case, sight) if case else references.lead(connection, lead or "", sight)
    chosen = mailbook.of_place(connection, kind, number)
    if query is not None:
        found = set(search.numbers(connection, parse(query, context.obj.days()), sight))
        chosen = [email_id for email_id in chosen if email_id in found]
    name, _ = links.name_and_status(connection, Place(kind, number))
    title = f"{kind.capitalize()} {name}"
    done = handover.hand_over(connection, to, kind, number, title, email_ids=chosen, privilege_log=privilege_log,
                              redact=redact_bcc, viewer=viewer)  # fmt: skip
    say = output.warn if str(to) == "-" else output.say
    where = "standard output" if str(to) == "-" else to
    say(f"{title}: wrote {done.emails} e-mails and {done.attachments} attachments to {where}.")
    output.some_failed(
        done.withheld, "e-mails are left out, since they hold the BCC address of another user; for admins"
    )
    output.some_failed(done.not_redacted, "copies may still hold a BCC address; redactions.csv says where")
