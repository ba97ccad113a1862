"""Notes and labels on e-mails: note, label, unlabel."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import linking, output
from casefleet_cli.desk import labels as label_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import references

Words = Annotated[list[str], typer.Argument(metavar="EMAIL... NAME", help="The numbers of the e-mails, and the label.")]


def note(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="EMAIL", help="The number of the e-mail.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be remembered.")],
) -> None:
    """Write a note on an e-mail, for whoever sees it; it stands in the journal."""
    connection = context.obj.connection()
    email_id = references.email(connection, number, context.obj.sight)
    label_desk.note(connection, email_id, text, acting=context.obj.acting())
    output.say(f"E-mail {email_id} has the note; casefleet email show {email_id} shows it.")


def label(context: typer.Context, words: Words) -> None:
    """Give e-mails a label, to be found by `label:`."""
    connection, acting = context.obj.connection(), context.obj.acting()
    numbers, name = _asked(words)

    def one(email_id: int) -> None:
        new = label_desk.put(connection, email_id, name, acting=acting)
        output.say(f"E-mail {email_id} {'is labelled' if new else 'has already the label'} {name}.")

    linking.each([references.email(connection, number, context.obj.sight) for number in numbers], one)


def unlabel(context: typer.Context, words: Words) -> None:
    """Take a label away that a person gave."""
    connection, acting = context.obj.connection(), context.obj.acting()
    numbers, name = _asked(words)

    def one(email_id: int) -> None:
        label_desk.take(connection, email_id, name, acting=acting)
        output.say(f"E-mail {email_id} is no more labelled {name}.")

    linking.each([references.email(connection, number, context.obj.sight) for number in numbers], one)


def _asked(words: list[str]) -> tuple[list[str], str]:
    """The numbers, and the label, which is the last word."""
    if len(words) < 2:
        raise UsageError("Say which e-mails, by their numbers, and the label last.")
    return words[:-1], words[-1]
