"""casefleet case: the matters of the firm and who is assigned to them."""

from __future__ import annotations

from typing import Annotated

import typer

from casefleet_cli import clock
from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.moments import typed
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import handing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import cases, links, references

_MOST_NAMED = 20

app = typer.Typer(help="Cases and who is assigned to them.", no_args_is_help=True)

Case = Annotated[str, typer.Argument(metavar="CASE", help="A number or title.")]
Contacts = Annotated[list[str] | None, typer.Option("--contact", metavar="CONTACT", help="May be repeated.")]
Users = Annotated[list[str] | None, typer.Option("--user", metavar="USER", help="May be repeated.")]


Reason = Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it stands in the feed.")]


@app.command("open")
def open_(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    number: Annotated[str | None, typer.Option(metavar="N", help="Its number (default: the next of the year).")] = None,
    contact: Contacts = None,
    user: Users = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Since when it has been open (default: now).")] = None,
) -> None:
    """Open a case."""
    connection = context.obj.connection()
    case = case_desk.open_case(
        connection,
        title,
        number=number,
        contacts=[references.contact(connection, text, context.obj.sight) for text in contact or ()],
        users=[references.user(connection, text) for text in user or ()],
        on=_stamp(context, on),
        acting=context.obj.acting(),
    )
    output.say(f"Opened case {case['number']} {case['title']}.")


@app.command("list")
@output.listing
def list_(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only open or closed ones.")] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List the cases, the open ones first."""
    if status not in (None, "open", "closed"):
        raise UsageError(f"{status!r} is no status of a case; there are open and closed.")
    columns = (
        Column("id", only="machine"),
        "number",
        "title",
        Column("status", cell=lambda row: f"{row['status']}, restricted" if row["restricted"] else row["status"]),
        "contacts",
        Column("restricted", only="machine"),
    )
    rows = cases.listed(context.obj.reader(), status, context.obj.sight)
    output.show(rows, columns, options, empty="No case yet: casefleet case open TITLE --contact CONTACT")


@app.command("show")
def show(context: typer.Context, case: Case, as_json: output.Json = False) -> None:
    """Show a case with its contacts and users."""
    connection = context.obj.reader()
    whole = cases.one(connection, references.case(connection, case, context.obj.sight))
    if as_json:
        output.json_value(whole)
        return
    contacts = [f"{c['id']} {c['name']}{', ' if c['role'] else ''}{c['role']}" for c in whole["contacts"]]
    output.card(
        [
            ("Case", whole["number"]),
            ("Title", whole["title"]),
            ("Status", whole["status"]),
            ("Restricted", _seen_by(context, whole["id"]) if whole["restricted"] else None),
            ("Frozen", output.moment(whole["frozen_at"])),
            ("Opened", output.moment(whole["opened_at"])),
            ("Closed", output.moment(whole["closed_at"])),
            ("Contacts", contacts),
            ("Users", [f"{u['id']} {u['name']}{', ' if u['on_case'] else ''}{u['on_case']}" for u in whole["users"]]),
            ("From lead", [f"{lead['id']} {lead['name']}" for lead in whole["leads"]]),
        ]
    )


@app.command("edit")
def edit(
    context: typer.Context,
    case: Case,
    title: Annotated[str | None, typer.Option(metavar="T", help="Another title.")] = None,
    number: Annotated[str | None, typer.Option(metavar="N", help="Another number.")] = None,
) -> None:
    """Change the title or the number of a case."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changes = case_desk.edit(connection, case_id, title=title, number=number, acting=context.obj.acting())
    output.say(f"{_named(context, case_id)}{': ' + '; '.join(changes) if changes else ' was so already'}.")


@app.command("close")
def close(
    context: typer.Context,
    case: Case,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When it was closed (default: now).")] = None,
    hand_over_to: Annotated[
        str | None, typer.Option(metavar="USER", help="Who gets the unassigned mail of its contacts, to file it.")
    ] = None,
) -> None:
    """Close a case: no rule files mail to it any more."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    to = references.user(connection, hand_over_to) if hand_over_to else None
    changed = case_desk.close(connection, case_id, on=_stamp(context, on), acting=context.obj.acting())
    output.say(f"{_named(context, case_id)} is {'closed' if changed else 'closed already'}.")
    waiting = links.waiting_for(connection, case_id, context.obj.sight)
    if waiting and to is not None:
        given = handing.give(connection, waiting, to, acting=context.obj.acting())
        output.say(f"{len(given)} of the unassigned e-mails of its contacts are given to {hand_over_to}.")
    elif waiting:
        numbers = ", ".join(map(str, waiting[:_MOST_NAMED])) + (" and more" if len(waiting) > _MOST_NAMED else "")
        output.say(f"Unassigned e-mail of its contacts still waits: {numbers}. See casefleet unassigned.")


@app.command("reopen")
def reopen(context: typer.Context, case: Case) -> None:
    """Open a closed case again."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changed = case_desk.reopen(connection, case_id, acting=context.obj.acting())
    output.say(f"{_named(context, case_id)} is {'open again' if changed else 'open already'}.")


@app.command("freeze")
def freeze(context: typer.Context, case: Case, reason: Reason) -> None:
    """Let nothing of a case be purged (a legal hold)."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changed = case_desk.freeze(connection, case_id, reason, acting=context.obj.acting())
    output.say(f"{_named(context, case_id)} is {'now' if changed else 'already'} frozen: nothing of it is purged.")


@app.command("thaw")
def thaw(context: typer.Context, case: Case, reason: Reason) -> None:
    """Let a frozen case be as others are."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changed = case_desk.thaw(connection, case_id, reason, acting=context.obj.acting())
    output.say(f"{_named(context, case_id)} is {'no more' if changed else 'not'} frozen.")


@app.command("restrict")
def restrict(context: typer.Context, case: Case) -> None:
    """Let only the users assigned to a case, and admins, see it and its mail; for all others it is not there."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changed = case_desk.restrict(connection, case_id, acting=context.obj.acting())
    output.say(
        f"{_named(context, case_id)} is {'now' if changed else 'already'} restricted: {_seen_by(context, case_id)}."
    )


@app.command("unrestrict")
def unrestrict(context: typer.Context, case: Case) -> None:
    """Let a restricted case be seen as other cases are."""
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    changed = case_desk.unrestrict(connection, case_id, acting=context.obj.acting())
    output.say(f"{_named(context, case_id)} is {'no more' if changed else 'not'} restricted.")


@app.command("assign")
def assign(
    context: typer.Context,
    case: Case,
    contact: Contacts = None,
    user: Users = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help="Their role in the case.")] = "",
) -> None:
    """Assign contacts (with a role) and users to a case."""
    if not contact and not user:
        raise UsageError("Say whom: --contact or --user.")
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    new = case_desk.assign(
        connection,
        case_id,
        contacts=[references.contact(connection, text, context.obj.sight) for text in contact or ()],
        users=[references.user(connection, text) for text in user or ()],
        role=role,
        acting=context.obj.acting(),
    )
    output.say(f"{_named(context, case_id)}: {new} assigned.")


@app.command("unassign")
def unassign(context: typer.Context, case: Case, contact: Contacts = None, user: Users = None) -> None:
    """Take contacts and users off a case."""
    if not contact and not user:
        raise UsageError("Say whom: --contact or --user.")
    connection = context.obj.connection()
    case_id = references.case(connection, case, context.obj.sight)
    gone = case_desk.unassign(
        connection,
        case_id,
        contacts=[references.contact(connection, text, context.obj.sight) for text in contact or ()],
        users=[references.user(connection, text) for text in user or ()],
        acting=context.obj.acting(),
    )
    output.say(f"{_named(context, case_id)}: {gone} taken off.")


def _stamp(context: typer.Context, on: str | None) -> str | None:
    return clock.stamp(typed.moment(on, context.obj.days())) if on else None


def _seen_by(context: typer.Context, case_id: int) -> str:
    users = [user["name"] for user in cases.one(context.obj.reader(), case_id)["users"]]
    return f"seen by {', '.join(users)} and admins" if users else "nobody is assigned to it, so only admins see it"


def _named(context: typer.Context, case_id: int) -> str:
    case = cases.one(context.obj.connection(), case_id)
    return f"Case {case['number']} {case['title']}"
