"""casefleet user: the members of the firm and their BCC addresses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.moments import typed
from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.errors import CasefleetError
from casefleet_cli.install import recipients
from casefleet_cli.store import references, users

if TYPE_CHECKING:
    import sqlite3

app = typer.Typer(help="Users of the firm and their BCC addresses.", no_args_is_help=True)

User = Annotated[str, typer.Argument(metavar="USER", help="A number, address or name.")]
Role = Annotated[str, typer.Option(metavar="ROLE", help="admin, standard, limited or guest.")]

Login = Annotated[
    str | None, typer.Option("--login", metavar="NAME", help="The unix user who is this user through sudo.")
]


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="What the user sends mail from.")],
    role: Role = "standard",
    login: Login = None,
    token: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Add a user and make the user's secret BCC address."""
    connection = context.obj.connection()
    user_id = user_desk.add(
        connection, name, addresses, role=role, login=login, token=token, acting=context.obj.acting()
    )
    tell_postfix(connection)
    output.say(f"Added user {user_id} {name}. BCC address, a secret: {users.bcc_address(connection, user_id)}")


@app.command("list")
@output.listing
def list_(context: typer.Context, options: ListOptions = ListOptions()) -> None:  # noqa: B008 - immutable
    """List the users; never their BCC addresses."""
    columns = (Column("id", "user"), "name", "role", "addresses", "disabled")
    output.show(
        users.listed(context.obj.reader()), columns, options, empty="No user yet: casefleet user add NAME ADDRESS"
    )


@app.command("show")
def show(context: typer.Context, user: User, as_json: output.Json = False) -> None:
    """Show a user's profile, with the BCC addresses that take mail now where they are for who asks."""
    connection = context.obj.reader()
    user_id = references.user(connection, user)
    whole = users.one(connection, user_id)
    secrets = user_desk.bcc_addresses(connection, user_id, acting=context.obj.acting())
    if as_json:
        in_grace = secrets and [{"address": address, "until": until} for address, until in secrets.in_grace]
        output.json_value({**whole, "bcc_address": secrets and secrets.current, "in_grace": in_grace})
        return
    output.card(
        [
            ("User", whole["id"]),
            ("Name", whole["name"]),
            ("Role", whole["role"]),
            ("Unix login", whole["login"]),
            ("Sends from", whole["addresses"]),
            ("BCC address", secrets.current if secrets else "(only for this user and admins)"),
            ("In grace", [f"{one} until {output.moment(until)}" for one, until in secrets.in_grace] if secrets else []),
            ("Disabled", output.moment(whole["disabled_at"])),
        ]
    )


@app.command("edit")
def edit(
    context: typer.Context,
    user: User,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name.")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="admin, standard, limited or guest.")] = None,
    login: Login = None,
    add_address: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="One more sender address.")] = None,
    remove_address: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="A sender address less.")] = None,
) -> None:
    """Change a user's name, role, unix login or sender addresses."""
    connection = context.obj.connection()
    user_id = references.user(connection, user)
    changes = user_desk.edit(
        connection,
        user_id,
        name=name,
        role=role,
        login=login,
        add_addresses=add_address or (),
        remove_addresses=remove_address or (),
        acting=context.obj.acting(),
    )
    tell_postfix(connection)
    told = f": {'; '.join(changes)}" if changes else " was so already"
    output.say(f"User {user_id} {users.one(connection, user_id)['name']}{told}.")


@app.command("rotate")
def rotate(
    context: typer.Context,
    user: User,
    grace: Annotated[
        str, typer.Option(metavar="SPAN", help="How long the old one still works; 0d ends older graces too.")
    ] = "14d",
) -> None:
    """Give a user a new BCC address; the old one works for the grace and never again.

    casefleet user show lists what is in its grace; --grace 0d ends it at once, for all of them.
    """
    connection = context.obj.connection()
    user_id = references.user(connection, user)
    done = user_desk.rotate(connection, user_id, typed.span(grace), acting=context.obj.acting())
    tell_postfix(connection)
    output.say(f"User {user_id} has a new BCC address, a secret: {done.bcc_address}")
    if typed.span(grace):
        output.say(f"The old one works until {output.moment(done.old_expires_at)}.")
        return
    older = {0: "", 1: " Neither does 1 older one."}.get(done.revoked, f" Neither do {done.revoked} older ones.")
    output.say(f"The old one takes no mail any more.{older}")


@app.command("disable")
def disable(
    context: typer.Context,
    user: User,
    hand_over_to: Annotated[
        str | None, typer.Option(metavar="USER", help="Who gets the cases, the unassigned mail and the notices.")
    ] = None,
) -> None:
    """Disable a user: mail to the BCC address is refused."""
    connection = context.obj.connection()
    user_id = references.user(connection, user)
    acting = context.obj.acting()
    handed = None
    if hand_over_to is None:
        changed = user_desk.disable(connection, user_id, acting=acting)
    else:
        to = references.user(connection, hand_over_to)
        changed, handed = user_desk.replace(connection, user_id, to, acting=acting)
    tell_postfix(connection)
    output.say(f"User {user_id} is disabled{'' if changed else ' already'}; its BCC address takes no mail.")
    if handed is not None:
        name = users.one(connection, to)["name"]
        output.say(
            f"{name} has now {handed.cases} more of its cases, {handed.emails} e-mails to file and"
            f" {handed.notifications} notices."
        )


@app.command("enable")
def enable(context: typer.Context, user: User) -> None:
    """Enable a disabled user again."""
    connection = context.obj.connection()
    user_id = references.user(connection, user)
    changed = user_desk.enable(connection, user_id, acting=context.obj.acting())
    tell_postfix(connection)
    output.say(f"User {user_id} is enabled{'' if changed else ' already'}.")


@app.command("password")
def password(
    context: typer.Context,
    user: User,
    remove: Annotated[bool, typer.Option("--remove", help="Let nobody sign in as this user by a password.")] = False,
) -> None:
    """Give a user another password for the pages, asked for twice, or taken from standard input; visits end."""
    connection = context.obj.connection()
    user_id = references.user(connection, user)
    acting = context.obj.acting()
    name = users.one(connection, user_id)["name"]
    if remove:
        removed = password_desk.remove(connection, user_id, acting=acting)
        output.say(f"User {user_id} {name} has {'no password any more' if removed else 'no password'}.")
        return
    if sys.stdin.isatty():
        typed = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True)
    else:
        typed = sys.stdin.readline().removesuffix("\n")
    password_desk.put(connection, user_id, typed, acting=acting)
    output.say(f"User {user_id} {name} has another password; whoever was signed in as this user is signed out.")


@app.command("vcard")
def vcard(
    context: typer.Context,
    user: User,
    case: Annotated[str | None, typer.Option(metavar="CASE", help="With the tag that files mail to this case.")] = None,
) -> None:
    """Print a contact named "CaseFleet BCC" for the user's mail program (vCard 3.0)."""
    connection = context.obj.reader()
    case_id = references.case(connection, case, context.obj.sight) if case else None
    card = user_desk.vcard(connection, references.user(connection, user), case_id, acting=context.obj.acting())
    sys.stdout.write(card.replace("\r\n", "\n"))


def tell_postfix(connection: sqlite3.Connection) -> None:
    """Refresh the map that Postfix reads, where there is one; the change of users stands even when that fails."""
    try:
        recipients.refresh_remembered(connection)
    except CasefleetError as error:
        output.warn(f"casefleet: Postfix does not know of this yet: {error}")
