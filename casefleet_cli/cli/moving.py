"""Putting right what was filed wrongly: move."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import linking, output
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import entries
from casefleet_cli.desk import links as link_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import parties, references


def move(
    context: typer.Context,
    numbers: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="The numbers of the e-mails.")],
    taken_from: Annotated[
        str, typer.Option("--from", metavar="CASE", help="Where they are wrongly: a case, or lead-N.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="CASE", help="Where they belong: a case, or lead-N.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it stands in both feeds.")],
    contact: linking.Contacts = None,
    thread: Annotated[bool, typer.Option("--thread", help="And the mail of the thread that is there, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Move e-mails from a case or lead, where they were filed wrongly, to another.

    The wrong feed keeps that an e-mail was there, who took it out and why; neither its subject nor its people.
    """
    connection, sight, acting = context.obj.connection(), context.obj.sight, context.obj.acting()
    if not reason.strip():
        raise UsageError("Say why with --reason; it stands in the feeds of both.")
    why = entries.label(reason, "reason")
    places = tuple(_place(context, text) for text in (taken_from, to))
    contacts = tuple(references.contact(connection, text, sight) for text in contact or ())
    chosen = [references.email(connection, number, sight) for number in numbers]
    if thread:
        chosen = link_desk.with_those_of_their_threads_on(connection, chosen, places[:1], sight)
    is_other = places[0] != places[1]
    strange = [number for number in chosen if is_other and parties.is_missing(connection, number, places[1], contacts)]
    linking.ask_of_strange(connection, {places[1:]: strange} if strange else {}, yes=yes)

    def one(email_id: int) -> None:
        done = link_desk.move(
            connection, email_id, taken_from=places[0], to=places[1], reason=why, contacts=contacts, acting=acting
        )
        names = [linking.named(connection, (place,), ()) for place in places]
        notes = "".join(f" Note: {note}." for note in done.not_open)
        output.say(f"E-mail {email_id} is moved from {names[0]} to {names[1]}.{notes}")

    linking.each(list(dict.fromkeys(chosen)), one)


def _place(context: typer.Context, text: str) -> Place:
    word, _, number = text.strip().lower().partition("-")
    if word == "lead" and number.isdecimal():
        return Place("lead", references.lead(context.obj.connection(), number, context.obj.sight))
    return Place("case", references.case(context.obj.connection(), text, context.obj.sight))
