"""casefleet contact: people and organisations outside the firm."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.cleaning import clean
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import addressbook
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.sources import addressbooks
from casefleet_cli.store import contacts, references

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.desk.addressbook import Report
    from casefleet_cli.store.sight import Sight

app = typer.Typer(help="People and organisations outside the firm.", no_args_is_help=True)

Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="A number, address or name.")]


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    address: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="An address; may be repeated.")] = None,
    organisation: Annotated[bool, typer.Option("--organisation", help="It is no person.")] = False,
    note: Annotated[str, typer.Option(metavar="TEXT", help="A note.")] = "",
) -> None:
    """Add a contact."""
    connection = context.obj.connection()
    kind = "organisation" if organisation else "person"
    contact_id = contact_desk.add(connection, name, address or (), kind=kind, note=note, acting=context.obj.acting())
    output.say(f"Added contact {contact_id} {name}.")
    _tell_shared(connection, contact_id)


@app.command("list")
@output.listing
def list_(context: typer.Context, options: ListOptions = ListOptions()) -> None:  # noqa: B008 - immutable
    """List the contacts."""
    columns = (Column("id", "contact"), "name", "kind", "addresses")
    rows = contacts.listed(context.obj.reader(), context.obj.sight)
    output.show(rows, columns, options, empty="No contact yet: casefleet contact add NAME --address ADDRESS")


@app.command("show")
def show(context: typer.Context, contact: Contact, as_json: output.Json = False) -> None:
    """Show a contact with its cases and leads."""
    connection = context.obj.reader()
    sight = context.obj.sight
    whole = contacts.one(connection, references.contact(connection, contact, sight), sight)
    if as_json:
        output.json_value(whole)
        return
    cases = [
        f"{case['number']} {case['title']} ({case['status']}{', ' if case['role'] else ''}{case['role']})"
        for case in whole["cases"]
    ]
    output.card(
        [
            ("Contact", whole["id"]),
            ("Name", whole["name"]),
            ("Kind", whole["kind"]),
            ("Addresses", whole["addresses"]),
            ("Note", whole["note"]),
            ("Cases", cases),
            ("Leads", [f"{lead['id']} {lead['name']} ({lead['status']})" for lead in whole["leads"]]),
        ]
    )


@app.command("edit")
def edit(
    context: typer.Context,
    contact: Contact,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="person or organisation.")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Another note.")] = None,
    add_address: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="An address more.")] = None,
    remove_address: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="An address less.")] = None,
) -> None:
    """Change a contact's name, kind, note or addresses."""
    connection = context.obj.connection()
    contact_id = references.contact(connection, contact, context.obj.sight)
    changes = contact_desk.edit(
        connection,
        contact_id,
        name=name,
        kind=kind,
        note=note,
        add_addresses=add_address or (),
        remove_addresses=remove_address or (),
        acting=context.obj.acting(),
    )
    told = f": {'; '.join(changes)}" if changes else " was so already"
    output.say(f"Contact {contact_id} {contacts.name_of(connection, contact_id)}{told}.")
    if add_address:
        _tell_shared(connection, contact_id)


@app.command("merge")
def merge(
    context: typer.Context,
    kept: Annotated[str, typer.Argument(metavar="KEPT", help="The contact that stays.")],
    gone: Annotated[str, typer.Argument(metavar="GONE", help="The contact that becomes part of it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Make two contacts one: addresses, cases, leads and mail of both are kept. `contact unmerge` takes it back."""
    connection, sight = context.obj.connection(), context.obj.sight
    kept_id, gone_id = (references.contact(connection, text, sight) for text in (kept, gone))
    if kept_id != gone_id:
        _show_both(connection, kept_id, gone_id, sight)
        if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("Nothing was merged; run it again with --yes to make them one.")
        if not yes:
            typer.confirm("Make them one?", abort=True)
    contact_desk.merge(connection, kept_id, gone_id, acting=context.obj.acting())
    name = contacts.name_of(connection, kept_id)
    output.say(
        f"Contact {gone_id} is now part of contact {kept_id} {name}; casefleet contact unmerge {gone_id} takes it back."
    )


def _show_both(connection: sqlite3.Connection, kept_id: int, gone_id: int, sight: Sight) -> None:
    """What would be joined."""
    for role, number in (("Stays", kept_id), ("Goes", gone_id)):
        whole = contacts.one(connection, number, sight)
        output.card(
            [
                (role, f"{number} {whole['name']}"),
                ("Addresses", ", ".join(whole["addresses"])),
                ("Cases", ", ".join(f"{case['number']} {case['title']}" for case in whole["cases"])),
                ("Leads", ", ".join(f"{lead['id']} {lead['name']}" for lead in whole["leads"])),
                ("E-mails", contacts.count_emails(connection, number, sight)),
            ]
        )


@app.command("unmerge")
def unmerge(
    context: typer.Context,
    gone: Annotated[int, typer.Argument(min=1, max=output.LARGEST, metavar="GONE", help="The number that it had.")],
) -> None:
    """Take a merge back: the contact is its own again, with what it brought."""
    connection = context.obj.connection()
    kept_id = contact_desk.unmerge(connection, gone, acting=context.obj.acting())
    names = [f"{number} {contacts.name_of(connection, number)}" for number in (gone, kept_id)]
    output.say(f"Contact {names[0]} is its own again, and contact {names[1]} without what it had brought.")


@app.command("split")
def split(
    context: typer.Context,
    contact: Contact,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the new contact.")],
    address: Annotated[list[str], typer.Option(metavar="ADDRESS", help="An address that it takes along.")],
    case: Annotated[list[str] | None, typer.Option(metavar="K", help="A case that is its own.")] = None,
    lead: Annotated[list[str] | None, typer.Option(metavar="L", help="A lead that is its own.")] = None,
) -> None:
    """Make a contact of some addresses of another, with the mail from and to them."""
    connection, sight = context.obj.connection(), context.obj.sight
    contact_id = references.contact(connection, contact, sight)
    new_id = contact_desk.split(
        connection,
        contact_id,
        name,
        address,
        cases=[references.case(connection, text, sight) for text in case or ()],
        leads=[references.lead(connection, text, sight) for text in lead or ()],
        acting=context.obj.acting(),
    )
    moved = contacts.count_emails(connection, new_id, sight)
    old = contacts.name_of(connection, contact_id)
    output.say(
        f"Contact {new_id} {contacts.name_of(connection, new_id)} is split from contact {contact_id} {old}, with"
        f" {moved} e-mail{'' if moved == 1 else 's'}."
    )


@app.command("import")
def import_(
    context: typer.Context,
    path: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV (ours, Outlook's, Google's …), vCard or LDIF; - for standard input."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    may_share: Annotated[
        bool, typer.Option("--shared", help="Who has another name is another contact, though an address is the same.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Add contacts from an address book; whoever is known already by an address stays as it is."""
    acting = context.obj.acting()
    connection = context.obj.reader() if dry_run else context.obj.connection()
    with addressbooks.opened(path) as book:
        report = addressbook.load(connection, book, may_share=may_share, dry_run=dry_run, acting=acting)
    if as_json:
        output.json_value(
            {
                "form": book.form,
                "dry_run": dry_run,
                **{name: getattr(report, name) for name in ("added", "completed", "known", "refused", "untold")},
                "rows": [row._asdict() for row in report.rows],
            }
        )
    else:
        _tell(report, book.form, dry_run=dry_run)
    refused = [f"line {row.line} {row.name}: {reason}" for row in report.rows for reason in row.refused]
    output.some_failed(refused, "rows refused", count=report.refused)


@app.command("export")
def export(
    context: typer.Context,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv, vcard, google or outlook.")] = "csv",
    mark: Annotated[bool, typer.Option("--bom", help="Begin with a byte order mark, for Excel.")] = False,
) -> None:
    """Print all contacts in a form that other programs and `contact import` read."""
    if mark and form == "vcard":
        raise UsageError("A vCard has no byte order mark; --bom is for CSV.")
    output.pieces(addressbook.written(context.obj.reader(), context.obj.sight, form), mark=mark)


def _tell(report: Report, form: str, *, dry_run: bool) -> None:
    more = f" {report.completed} have an address more," if report.completed else ""
    summary = f"{report.added} contacts added,{more} {report.known} known already."
    output.say(f"{'Dry run: ' if dry_run else ''}{summary}")
    for row in report.rows:
        if row.outcome == "refused":
            continue
        contact = f"contact {row.contact} {row.contact_name}" if row.contact else row.contact_name
        given = ", ".join(row.addresses)
        told = {
            "added": f"new: {contact}{f', {given}' if given else ''}",
            "completed": f"{contact}: {given} added",
            "known": f"known: {contact}",
        }[row.outcome]
        output.say(f"  line {row.line}: {clean(told)}", raw=True)
        for hint in row.hints:
            output.say(f"    {clean(hint)}", raw=True)
    if report.untold:
        output.say(f"  {report.untold} more rows of this {form} file are not told one by one.", raw=True)


def _tell_shared(connection: sqlite3.Connection, contact_id: int) -> None:
    for sentence in contact_desk.also_held_by(connection, contact_id):
        output.say(sentence)
