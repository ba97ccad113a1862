"""What happened and what waits for attention: feed, notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli import access, clock
from casefleet_cli.cli import output, people
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.moments import typed
from casefleet_cli.desk import notifications as notification_desk
from casefleet_cli.desk import spoofing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import feed, notifications, references

if TYPE_CHECKING:
    from collections.abc import Mapping

notifications_app = typer.Typer(help="What waits for a user's attention.", invoke_without_command=True)


def _who(row: Mapping[str, Any]) -> str:
    return str(row["user"] or ("rule" if row["verb"] == "filed" else ""))


def _what(row: Mapping[str, Any], kind: str, number: int) -> str:
    """The verb with what it was about; the case, lead or contact whose feed it is goes without saying."""
    named = {
        "contact": row["contact"] and f"contact {row['contact']}",
        "lead": row["lead"] and f"lead {row['lead']}",
        "case": row["case_number"] and f"case {row['case_number']} {row['case_title']}",
    }
    shown = [name for noun, name in named.items() if name and (noun, row[f"{noun}_id"]) != (kind, number)]
    user = row["about_user"]
    if user:
        is_mail = row["email_id"] or row["is_taken_off"] or row["verb"] == "imported"
        shown.append(f"for {user}" if is_mail else f"user {user}")
    if row["about_activity_id"]:
        shown.append(f"the words of activity {row['about_activity_id']}")
    words = " ".join([row["verb"], *shown])
    return f"{words}: {row['detail']}" if row["detail"] else words


@output.listing
def show_feed(
    context: typer.Context,
    of_case: Annotated[str | None, typer.Argument(metavar="CASE", help="As --case.")] = None,
    case: Annotated[str | None, typer.Option(help="The feed of this case.")] = None,
    lead: Annotated[str | None, typer.Option(help="The feed of this lead.")] = None,
    contact: Annotated[str | None, typer.Option(help="The feed of this contact.")] = None,
    user: Annotated[str | None, typer.Option(help="Only what this user did, and what came for this user.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only from this date on.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that happened.")] = False,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """Show what happened, newest first: when, who, what, e-mail number, subject."""
    connection = context.obj.reader()
    asked = [
        (kind, find(connection, text, context.obj.sight))
        for kind, find, text in (
            ("case", references.case, of_case),
            ("case", references.case, case),
            ("lead", references.lead, lead),
            ("contact", references.contact, contact),
        )
        if text is not None
    ] + [("all", 0)] * everything
    if len(asked) > 1 or not (asked or user):
        raise UsageError("Choose one of --case, --lead, --contact and --all, or --user.")
    kind, number = asked[0] if asked else ("all", 0)
    user_id = references.user(connection, user) if user else None
    after = clock.stamp(typed.moment(since, context.obj.days())) if since else None
    columns: tuple[str | Column, ...] = (
        Column("id", only="machine"),
        Column("at", "when"),
        Column("who", cell=_who, only="table"),
        Column("what", cell=lambda row: _what(row, kind, number), only="table"),
        *(Column(name, only="machine") for name in ("verb", "user", "case_number", "case_title", "lead", "contact")),
        Column("email_id", "email"),
        *people.SUBJECT,
        *(Column(name, only="machine") for name in ("about_user", "detail", "case_id", "lead_id", "contact_id")),
        Column("about_activity_id", only="machine"),
    )
    rows = feed.of(connection, kind, number, options.limit, user=user_id, since=after, sight=context.obj.sight)
    marked = spoofing.marked(connection, context.obj.sight, rows)
    output.show(marked, columns, options, empty="Nothing has happened here yet.")


@notifications_app.callback()
@output.listing
def list_(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Only this user's (default: the acting user's).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those already read too.")] = False,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List what waits for attention, newest first; `notifications read` marks it as read."""
    if context.invoked_subcommand:
        return
    connection = context.obj.reader()
    viewer = context.obj.viewer()
    user_id = references.user(connection, user) if user else viewer.user_id
    access.require_own(viewer, user_id, "notifications")
    rows = notifications.listed(connection, viewer.sight, user_id, read_too=everything, limit=options.limit)
    columns: tuple[str | Column, ...] = (
        "id",
        Column("created_at", "when"),
        "user",
        "kind",
        Column("email_id", "email"),
        *people.SUBJECT,
        "detail",
        Column("read_at", "read"),
    )
    marked = spoofing.marked(connection, viewer.sight, rows)
    output.show(marked, columns, options, empty="Nothing waits for attention.")


@notifications_app.command("read")
def read(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(max=output.LARGEST, metavar="N...", help="The numbers.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them (of the acting user, if named).")] = False,
) -> None:
    """Mark notifications as read."""
    connection = context.obj.connection()
    acting = context.obj.acting()
    if bool(numbers) == everything:
        raise UsageError("Say which: their numbers, or --all.")
    if everything:
        output.say(f"{notification_desk.read_all(connection, acting)} notifications marked as read.")
        return
    found = notification_desk.read(connection, numbers or [], acting)
    output.say(f"{len(found)} notifications marked as read.")
    missing = [n for n in numbers or [] if n not in found]
    output.some_failed([f"There is no notification {n} here." for n in missing], "not found")
