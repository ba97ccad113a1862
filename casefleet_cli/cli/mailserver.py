"""What connects the mail server: postfix, route, and the help of deliver."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli import intake, lda
from casefleet_cli.cli import output
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.core.address import normal
from casefleet_cli.core.explanation import sentences
from casefleet_cli.desk import mailserver
from casefleet_cli.errors import UnreadableError, UsageError
from casefleet_cli.store import deliveries, references, settings, users

if TYPE_CHECKING:
    from casefleet_cli.core.routing import Decision


def deliver() -> None:
    """Log one message for the user whose BCC address is the recipient (the delivery door, lda, runs it)."""
    output.block(lda.USAGE)


def postfix(
    context: typer.Context,
    procmail: Annotated[bool, typer.Option("--procmail", help="Print the procmail recipe instead.")] = False,
) -> None:
    """Print the lines that connect Postfix with this installation."""
    connection = context.obj.reader()
    path = Path(context.obj.database_path).absolute()
    owner = pwd.getpwuid(path.stat().st_uid).pw_name
    here = mailserver.Installation(_program(), str(path), owner, settings.logging_domain(connection))
    if procmail:
        output.block(mailserver.procmailrc(here))
        return
    output.block("# /etc/postfix/main.cf (where a setting is there already, append the value to it)")
    output.block(mailserver.main_cf(here))
    output.say("")
    output.block("# /etc/postfix/master.cf (then: postfix reload)")
    output.block(mailserver.master_cf(here))
    if path.stat().st_uid == 0:
        output.warn(
            "casefleet: Postfix never runs a pipe as root; give the database and its folder to a user of its own"
            f" (chown -R casefleet: {path.parent}) and run this again."
        )


def _program() -> str:
    """The absolute path of the program that runs now."""
    called = shutil.which(sys.argv[0]) or shutil.which("casefleet")
    return os.path.realpath(called) if called and not called.endswith(".py") else f"{sys.executable} -m casefleet_cli"


def route(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="For this user (default: who sent it).")] = None,
    as_json: output.Json = False,
) -> None:
    """Say where the message on standard input would go, and why; nothing is logged."""
    connection = context.obj.reader()
    message = intake.understand(sys.stdin.buffer.read())
    if message is None:
        raise UnreadableError("This message cannot be read; casefleet deliver would keep it, unassigned.")
    if user:
        user_id: int | None = references.user(connection, user)
    else:
        senders = (users.by_sender_address(connection, normal(mailbox.address)) for mailbox in message.from_)
        user_id = next((sender for sender in senders if sender is not None), None)
    if user_id is None:
        raise UsageError("No user sends from the address in From; name the user with --user.")
    decision = intake.decide(connection, message, user_id, vouched=False)
    told = _told(decision, str(users.one(connection, user_id)["name"]))
    if as_json:
        output.json_value({**told, "words": sentences(told)})
        return
    headline, *rest = sentences(told)
    output.say(headline.replace("Logged", "It would be logged", 1))
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
