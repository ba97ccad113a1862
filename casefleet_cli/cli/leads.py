"""casefleet lead: potential cases, until they are converted or lost."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import leads, references

app = typer.Typer(help="Leads, until they become cases or are lost.", no_args_is_help=True)

Lead = Annotated[str, typer.Argument(metavar="LEAD", help="A number or name.")]
Contacts = Annotated[list[str], typer.Option("--contact", metavar="CONTACT", help="May be repeated.")]


@app.command("open")
def open_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    contact: Contacts,
    stage: Annotated[str, typer.Option(metavar="STAGE", help="How far it is.")] = "",
    source: Annotated[str, typer.Option(metavar="SOURCE", help="Where it came from.")] = "",
) -> None:
    """Open a lead with at least one contact."""
    connection = context.obj.connection()
    contacts = [references.contact(connection, text, context.obj.sight) for text in contact]
    lead_id = lead_desk.open_lead(connection, name, contacts, stage=stage, source=source, acting=context.obj.acting())
    output.say(f"Opened lead {lead_id} {name}.")


@app.command("list")
@output.listing
def list_(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only open, converted or lost ones.")] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List the leads, the open ones first."""
    if status not in (None, "open", "converted", "lost"):
        raise UsageError(f"{status!r} is no status of a lead; there are open, converted and lost.")
    columns = (Column("id", "lead"), "name", "status", "stage", "source", "contacts")
    rows = leads.listed(context.obj.reader(), status, context.obj.sight)
    output.show(rows, columns, options, empty="No lead yet: casefleet lead open NAME --contact CONTACT")


@app.command("show")
def show(context: typer.Context, lead: Lead, as_json: output.Json = False) -> None:
    """Show a lead with its contacts."""
    connection = context.obj.reader()
    sight = context.obj.sight
    whole = leads.one(connection, references.lead(connection, lead, sight), sight)
    if as_json:
        output.json_value(whole)
        return
    case = whole["case"]
    output.card(
        [
            ("Lead", whole["id"]),
            ("Name", whole["name"]),
            ("Status", whole["status"]),
            ("Stage", whole["stage"]),
            ("Source", whole["source"]),
            ("Opened", output.moment(whole["opened_at"])),
            ("Ended", output.moment(whole["ended_at"])),
            ("Contacts", [f"{contact['id']} {contact['name']}" for contact in whole["contacts"]]),
            (
                "Lost because",
                leads.lost_because(context.obj.reader(), whole["id"]) if whole["status"] == "lost" else None,
            ),
            ("Became case", f"{case['number']} {case['title']}" if case else None),
        ]
    )


@app.command("edit")
def edit(
    context: typer.Context,
    lead: Lead,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name.")] = None,
    source: Annotated[str | None, typer.Option(metavar="S", help="Another source.")] = None,
) -> None:
    """Change the name or the source of a lead."""
    connection = context.obj.connection()
    lead_id = references.lead(connection, lead, context.obj.sight)
    changes = lead_desk.edit(connection, lead_id, name=name, source=source, acting=context.obj.acting())
    output.say(f"Lead {lead_id}{': ' + '; '.join(changes) if changes else ' was so already'}.")


@app.command("stage")
def stage(
    context: typer.Context, lead: Lead, to: Annotated[str, typer.Argument(metavar="STAGE", help="The new stage.")]
) -> None:
    """Move an open lead to another stage."""
    connection = context.obj.connection()
    lead_id = references.lead(connection, lead, context.obj.sight)
    changed = lead_desk.move(connection, lead_id, to, acting=context.obj.acting())
    output.say(f"Lead {lead_id} is {'now' if changed else 'already'} at stage {to}.")


@app.command("lose")
def lose(
    context: typer.Context,
    lead: Lead,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the journal.")] = "",
) -> None:
    """Give an open lead up."""
    connection = context.obj.connection()
    lead_id = references.lead(connection, lead, context.obj.sight)
    lead_desk.lose(connection, lead_id, reason=reason, acting=context.obj.acting())
    output.say(f"Lead {lead_id} is lost; casefleet lead reopen {lead_id} brings it back.")


@app.command("reopen")
def reopen(context: typer.Context, lead: Lead) -> None:
    """Open a lost lead again."""
    connection = context.obj.connection()
    lead_id = references.lead(connection, lead, context.obj.sight)
    changed = lead_desk.reopen(connection, lead_id, acting=context.obj.acting())
    output.say(f"Lead {lead_id} is open{' again' if changed else ' already'}.")


@app.command("convert")
def convert(
    context: typer.Context,
    lead: Lead,
    number: Annotated[str | None, typer.Option(metavar="N", help="The case's number.")] = None,
    title: Annotated[str | None, typer.Option(metavar="T", help="The case's title (default: the lead's name).")] = None,
) -> None:
    """Open a case with the lead's contacts; the case's feed shows the lead's too."""
    connection = context.obj.connection()
    lead_id = references.lead(connection, lead, context.obj.sight)
    case = lead_desk.convert(connection, lead_id, number=number, title=title, acting=context.obj.acting())
    output.say(f"Lead {lead_id} became case {case['number']} {case['title']}.")
