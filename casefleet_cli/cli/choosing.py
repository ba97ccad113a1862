"""Which e-mails a command is about when no numbers are given, and what is planned for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from casefleet_cli.cli import output, people
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.moments import typed
from casefleet_cli.core.query import Query, Term, parse
from casefleet_cli.desk import spoofing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import contacts, links, mailbook, references, search

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.cli.state import State
    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.desk.batches import Step
    from casefleet_cli.store.sight import Sight

_SHOWN = 20
_CAN_BE_LINKED = (Term("is", "unassigned"), Term("is", "linked"))


def unassigned(
    connection: sqlite3.Connection,
    query: str | None,
    from_: str | None,
    since: str | None,
    until: str | None,
    *,
    days: Days,
    sight: Sight,
    contacts: tuple[int, ...] = (),
    everything: bool = False,
) -> list[int]:
    """The numbers of the unassigned emails in sight that fit all that is asked, the first logged first.

    A query that says is: itself may mean linked ones too. When only contacts are named, it is the mail from, to or
    linked to any of them; when nothing is, all if `everything`, or else UsageError is raised.
    """
    groups = list(parse(query, days).groups) if query is not None else []
    if from_:
        groups.append((Term("from", _sender(from_)),))
    if since:
        groups.append((Term("after", since, at=typed.moment(since, days)),))
    if until:
        after = typed.moment(until, days, until=True) + timedelta(seconds=1)
        groups.append((Term("before", until, at=after),))
    if not groups and contacts:
        groups.append(tuple(term for contact_id in contacts for term in _about(connection, contact_id, sight)))
    if not groups and not everything:
        raise UsageError("Say which e-mails: their numbers, or --query, --from, --since, --until or --contact.")
    asked = Query(tuple(groups))
    groups.append(_CAN_BE_LINKED if asked.names("is") else _CAN_BE_LINKED[:1])
    return search.numbers(connection, Query(tuple(groups)), sight)


def whose(state: State, user: str | None, *, mine: bool) -> int | None:
    """The user that --user or --mine names; None for neither. Raises UsageError for both, or where nobody acts."""
    if not mine:
        return references.user(state.reader(), user) if user else None
    user_id = state.viewer().user_id
    if user_id is None or user:
        raise UsageError("--mine is of the user who acts: name one with --as, and leave --user out.")
    return user_id


def show_plan(connection: sqlite3.Connection, steps: list[Step], sight: Sight) -> None:
    """Print the first emails of a plan with where they would go and why."""
    shown = steps[:_SHOWN]
    by_number = {row["id"]: row for row in mailbook.numbered(connection, [step.email_id for step in shown])}
    rows = [{**by_number[step.email_id], "to": _to(connection, step), "reason": step.reason} for step in shown]
    marked = spoofing.marked(connection, sight, rows)
    columns: tuple[str | Column, ...] = (
        Column("id", "email"),
        "date",
        *people.SENDER,
        *people.SUBJECT,
        Column("to", "link to"),
        *([Column("reason")] if any(step.reason for step in shown) else []),
    )
    output.show(marked, columns, ListOptions(), empty="")
    if len(steps) > len(shown):
        output.say(f"… and {len(steps) - len(shown)} more")


def _sender(text: str) -> str:
    """An address or a name as it is, a domain with the @ that makes it one."""
    text = text.strip()
    if not text:
        raise UsageError("--from needs an address, a domain or a name.")
    is_domain = "@" not in text and "." in text and " " not in text
    return f"@{text}" if is_domain else text


def _about(connection: sqlite3.Connection, contact_id: int, sight: Sight) -> list[Term]:
    terms = [Term("contact", str(contact_id))]
    for address in contacts.one(connection, contact_id, sight)["addresses"]:
        terms += [Term("from", address), Term("to", address)]
    return terms


def _to(connection: sqlite3.Connection, step: Step) -> str:
    names = [f"{place.kind} {links.name_and_status(connection, place)[0]}" for place in step.places]
    return ", ".join(names + [f"contact {links.contact_name(connection, contact)}" for contact in step.contacts])
