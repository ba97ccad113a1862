"""Reading logged mail: email list, email show, explain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from casefleet_cli import clock
from casefleet_cli.cli import card, choosing, giving, output, people, printing, saving
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.moments import typed
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.custody import originals
from casefleet_cli.desk import reading, spoofing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, deliveries, emails, links, mailbook, references

if TYPE_CHECKING:
    import sqlite3


class _Emails(TyperGroup):
    """Takes the number of an e-mail for the command that shows it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, ["show", *args] if args[0].isdecimal() else args)


email = typer.Typer(
    cls=_Emails, help="Logged e-mails: list, show, save and print; email 55 shows e-mail 55.", no_args_is_help=True
)
email.command("give")(giving.give)
email.command("save")(saving.save)
email.command("print")(printing.print_)

_COLUMNS = (
    Column("id", "email"),
    "date",
    *people.SENDER,
    Column("recipients", "to"),
    *people.SUBJECT,
    Column("places", "on", cell=lambda row: [*row["cases"], *(f"lead {name}" for name in row["leads"])], only="table"),
    "standing",
    Column("cases", only="machine"),
    Column("leads", only="machine"),
    Column("attachments", "files", cell=lambda row: row["attachments"] or ""),
)


@email.command("list")
@output.listing
def list_(
    context: typer.Context,
    case: Annotated[str | None, typer.Option(help="Only mail on this case.")] = None,
    lead: Annotated[str | None, typer.Option(help="Only mail on this lead.")] = None,
    contact: Annotated[str | None, typer.Option(help="Only mail linked to this contact.")] = None,
    user: Annotated[str | None, typer.Option(help="Only mail logged for this user.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only mail logged for whoever acts.")] = False,
    since: Annotated[str | None, typer.Option(help="Only mail from this date on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only mail up to this date.")] = None,
    logged_since: Annotated[str | None, typer.Option(help="Only mail that was logged from this date on.")] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List logged e-mails, newest first."""
    connection = context.obj.reader()
    days = context.obj.days()
    asked = {
        "case": references.case(connection, case, context.obj.sight) if case else None,
        "lead": references.lead(connection, lead, context.obj.sight) if lead else None,
        "contact": references.contact(connection, contact, context.obj.sight) if contact else None,
        "user": choosing.whose(context.obj, user, mine=mine),
        "since": clock.stamp(typed.moment(since, days)) if since else None,
        "until": clock.stamp(typed.moment(until, days, until=True)) if until else None,
        "logged_since": clock.stamp(typed.moment(logged_since, days)) if logged_since else None,
    }
    sight, wanted = context.obj.sight, output.rows_wanted(options)
    found = mailbook.listed(connection, asked, wanted and wanted + 1, sight=sight)
    rows = spoofing.marked(connection, sight, mailbook.with_places(connection, sight, found[:wanted]))
    output.show(rows, _COLUMNS, options, empty="No e-mail fits. casefleet deliver and casefleet import log mail.")
    if wanted is not None and len(found) > wanted and options.limit is None:
        output.warn(f"These are the {wanted} newest; --limit N shows N.")


@email.command("show")
def show(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="EMAIL", help="The number of the e-mail.")],
    raw: Annotated[bool, typer.Option("--raw", help="Give the bytes as they came.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Show every header, decoded.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Give the HTML, not made safe.")] = False,
    as_json: output.Json = False,
) -> None:
    """Show one e-mail: who, when, what, its places, its text, and suggestions while it waits."""
    connection = context.obj.reader()
    email_id = references.email(connection, number, context.obj.sight)
    if raw + headers + html + as_json > 1:
        raise UsageError("Choose one of --raw, --headers, --html and --json.")
    what = "bytes" if raw else "headers" if headers else "HTML" if html else "text"
    octets = originals.octets_for(connection, context.obj.viewer(), email_id) if raw else b""
    if reading.is_noted(connection):
        reading.note(context.obj.database_path, context.obj.viewer(), email_id, what)
    if raw:
        sys.stdout.buffer.write(octets)
    elif headers:
        for name, value in mailbook.headers(connection, email_id):
            output.say(f"{name}: {value}")
    elif html:
        found = mailbook.html(connection, email_id)
        if found is None:
            raise UsageError(f"E-mail {email_id} has no HTML; casefleet email show {email_id} shows its text.")
        output.block(found)
    elif as_json:
        output.json_value(card.whole(connection, email_id, context.obj.sight))
    else:
        _card(card.whole(connection, email_id, context.obj.sight))


def _card(whole: dict[str, Any]) -> None:
    output.card(card.fields(whole))
    if whole["text"]:
        output.say("")
        output.block(whole["text"])
    if whole["suggestions"]:
        output.say("")
        for suggestion in whole["suggestions"]:
            output.say(f"Suggested: {suggestion['summary']}: {suggestion['reason']}.")
            for choice in suggestion["choices"]:
                output.say(f"  {choice['command']}  ({clean(choice['name'])})", raw=True)
            if not suggestion["choices"]:
                output.say(f"  {suggestion['command']}", raw=True)


def explain(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="EMAIL", help="The number of the e-mail.")],
    as_json: output.Json = False,
) -> None:
    """Say why an e-mail is where it is."""
    connection = context.obj.reader()
    email_id = references.email(connection, number, context.obj.sight)
    decisions = deliveries.decisions(connection, email_id, sight=context.obj.sight)
    places = links.places_of(connection, email_id, context.obj.sight)
    standing = emails.standing(connection, email_id)
    if as_json:
        found = [{**decision, "words": sentences(decision, context.obj.days())} for decision in decisions]
        output.json_value({"email": email_id, "standing": standing, "places": places, "decisions": found})
        return
    output.say(f"E-mail {email_id} is {standing}.")
    for place in places:
        name = f"{place['kind']} {place['number'] or place['id']} {place['name']}"
        by = "a rule" if place["linked_by"] == "rule" else place["user"] or "a person at the command line"
        output.say(f"It is on {name} since {output.moment(str(place['linked_at']))}, put there by {by}.")
    if standing == "rejected":
        _say_who_rejected(connection, email_id)
    for decision in decisions:
        output.say("")
        headline, *rest = sentences(decision, context.obj.days())
        output.say(f"{output.moment(str(decision['decided_at']))}  {headline}")
        for sentence in rest:
            output.say(f"  - {clean(sentence)}", raw=True)
    if standing == "held":
        output.say(f"casefleet release {email_id} lets it in; casefleet reject {email_id} keeps it out of sight.")
    if standing == "rejected":
        output.say(f"casefleet release {email_id} brings it back.")


def _say_who_rejected(connection: sqlite3.Connection, email_id: int) -> None:
    rejected = activities.rejection(connection, email_id)
    if rejected is not None:
        by = rejected["user"] or "a person at the command line"
        why = f": {rejected['detail']}" if rejected["detail"] else ""
        output.say(f"It was rejected {output.moment(rejected['at'])} by {by}{why}.")
