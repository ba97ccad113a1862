"""Where a message would go, and why: route."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli import access
from casefleet_cli.cli import output
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.core.address import normal
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.core.rules.routing import letterhead_of
from casefleet_cli.errors import UnreadableError, UsageError
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.understanding import parse
from casefleet_cli.store import deliveries, references, users

if TYPE_CHECKING:
    from casefleet_cli.core.rules.routing import Decision


def route(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="For this user (default: who sent it).")] = None,
    as_json: output.Json = False,
) -> None:
    """Say where the message on standard input would go, and why; nothing is logged."""
    connection = context.obj.reader()
    message = parse(sys.stdin.buffer.read())
    if message is None:
        raise UnreadableError("This message cannot be read; casefleet deliver would keep it, unassigned.")
    if user:
        user_id: int | None = references.user(connection, user)
    else:
        senders = (users.by_sender_address(connection, normal(mailbox.address)) for mailbox in message.from_)
        user_id = next((sender for sender in senders if sender is not None), None)
    viewer = context.obj.viewer()
    user_id = user_id if viewer.is_admin or user else viewer.user_id
    access.require_own(viewer, user_id, "mail")
    if user_id is None:
        raise UsageError("No user sends from the address in From; name the user with --user.")
    decision = Memory(connection).decide(letterhead_of(message), user_id, vouched=False)
    told = _told(decision, str(users.one(connection, user_id)["name"]))
    if as_json:
        output.json_value({**told, "words": sentences(told, context.obj.days())})
        return
    headline, *rest = sentences(told, context.obj.days())
    output.say(headline.replace("Logged", "It would be logged", 1).replace("Not logged", "It would not be logged", 1))
    for sentence in rest:
        output.say(f"  - {clean(sentence)}", raw=True)


def _told(decision: Decision, user: str) -> dict[str, Any]:
    return {
        "user": user,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "places": [place._asdict() for place in decision.places],
        "contacts": [contact._asdict() for contact in decision.contacts],
        "verdicts": [deliveries.verdict_as_json(verdict) for verdict in decision.verdicts],
        "exposed": bool(decision.exposed),
    }
