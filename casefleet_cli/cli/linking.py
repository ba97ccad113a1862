"""Emptying the list: link, unlink, release, reject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.core.routing import Place
from casefleet_cli.desk import links as desk
from casefleet_cli.desk import threads
from casefleet_cli.errors import UsageError
from casefleet_cli.store import links, references

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

Emails = Annotated[list[str], typer.Argument(metavar="EMAIL...", help="The numbers of the e-mails.")]
Contacts = Annotated[list[str] | None, typer.Option("--contact", help="A contact; may be repeated.")]
Cases = Annotated[list[str] | None, typer.Option("--case", help="A case; may be repeated.")]
Leads = Annotated[list[str] | None, typer.Option("--lead", help="A lead; may be repeated.")]


def link(
    context: typer.Context,
    numbers: Emails,
    contact: Contacts = None,
    case: Cases = None,
    lead: Leads = None,
    suggested: Annotated[bool, typer.Option("--suggested", help="Accept the best suggestion of each.")] = False,
    thread: Annotated[bool, typer.Option("--thread", help="Link the unassigned mail of the thread too.")] = False,
) -> None:
    """Link e-mails to a contact, a case, a lead, or several; the contact comes first."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    contacts, places = _asked(connection, contact, case, lead)
    if suggested == bool(contacts or places):
        raise UsageError("Say where to: --case, --lead or --contact, or else --suggested alone.")
    chosen = [references.email(connection, number) for number in numbers]
    if thread:
        chosen = threads.with_unassigned(connection, chosen)

    def one(email_id: int) -> None:
        if suggested:
            done = desk.link_suggested(connection, email_id, acting=acting)
        else:
            done = desk.link(connection, email_id, contacts=contacts, places=places, acting=acting)
        output.say(_told(connection, done))

    _each(chosen, one)


def unlink(
    context: typer.Context, numbers: Emails, contact: Contacts = None, case: Cases = None, lead: Leads = None
) -> None:
    """Take e-mails off a case, a lead or a contact; off the last one they are unassigned again."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    contacts, places = _asked(connection, contact, case, lead)
    if not contacts and not places:
        raise UsageError("Say what to take them off: --case, --lead or --contact.")

    def one(email_id: int) -> None:
        standing = desk.unlink(connection, email_id, contacts=contacts, places=places, acting=acting)
        output.say(f"E-mail {email_id} is unlinked and now {standing}.")

    _each([references.email(connection, number) for number in numbers], one)


def release(context: typer.Context, numbers: Emails) -> None:
    """Let held e-mails in, as received mail."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    _each(
        [references.email(connection, number) for number in numbers],
        lambda n: output.say(f"E-mail {n} is released and now {desk.release(connection, n, acting=acting)}."),
    )


def reject(context: typer.Context, numbers: Emails) -> None:
    """Keep held e-mails out of sight; nothing is deleted."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    _each(
        [references.email(connection, number) for number in numbers],
        lambda n: output.say(f"E-mail {n} is now {desk.reject(connection, n, acting=acting)}; release brings it back."),
    )


def _asked(
    connection: sqlite3.Connection, contact: list[str] | None, case: list[str] | None, lead: list[str] | None
) -> tuple[tuple[int, ...], tuple[Place, ...]]:
    contacts = tuple(references.contact(connection, text) for text in contact or ())
    cases = tuple(Place("case", references.case(connection, text)) for text in case or ())
    leads = tuple(Place("lead", references.lead(connection, text)) for text in lead or ())
    return contacts, cases + leads


def _each(email_ids: list[int], work: Callable[[int], None]) -> None:
    """Do the work for each email; a refusal stops one e-mail, not the others."""
    failures = []
    for email_id in email_ids:
        try:
            work(email_id)
        except UsageError as refusal:
            if len(email_ids) == 1:
                raise
            failures.append(str(refusal))
    output.some_failed(failures, f"of {len(email_ids)} e-mails left as they were")


def _told(connection: sqlite3.Connection, done: desk.Linked) -> str:
    names = [f"{place.kind} {links.name_and_status(connection, place)[0]}" for place in done.places]
    names += [f"contact {links.contact_name(connection, contact)}" for contact in done.contacts]
    sentence = f"E-mail {done.email_id} is linked to {', '.join(names)}." if names else ""
    sentence = sentence or f"E-mail {done.email_id} was linked there already."
    return sentence + "".join(f" Note: {note}." for note in done.not_open)
