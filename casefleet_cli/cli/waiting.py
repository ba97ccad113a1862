"""The list to empty: unassigned mail, with where each may belong."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casefleet_cli.cli import choosing, output, people
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.desk import spoofing
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.store import mailbook

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from casefleet_cli.cli.state import State
    from casefleet_cli.store.sight import Sight

User = Annotated[str | None, typer.Option("--user", metavar="USER", help="Only mail that was logged for this user.")]
Mine = Annotated[bool, typer.Option("--mine", help="Only mail that was logged for whoever acts.")]
From = Annotated[str | None, typer.Option("--from", metavar="WHO", help="Only mail from this address, domain or name.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only mail from this date on.")]
_AT_ONCE = 100
_FEW = 3


def chosen(
    state: State,
    *,
    user: str | None,
    mine: bool,
    from_: str | None,
    since: str | None,
    query: str | None = None,
) -> list[int]:
    """The numbers of the unassigned emails in sight that fit all that is asked, the oldest first."""
    connection = state.reader()
    user_id = choosing.whose(state, user, mine=mine)
    found = choosing.unassigned(
        connection, query, from_, since, None, days=state.days(), sight=state.sight, everything=True
    )
    return mailbook.oldest_first(connection, found, user_id)


@output.listing
def unassigned(
    context: typer.Context,
    user: User = None,
    mine: Mine = False,
    from_: From = None,
    since: Since = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """List the mail that waits to be assigned, oldest first, with the cases and leads where it may belong."""
    numbers = chosen(context.obj, user=user, mine=mine, from_=from_, since=since)
    columns = (
        Column("id", "email"),
        "date",
        *people.SENDER,
        Column("recipients", "to", may_go=True),
        *people.SUBJECT,
        Column("suggestion", "belongs to", cell=_places),
        Column("reason", may_go=True),
        Column("command", only="machine"),
        Column("choices", only="machine"),
    )
    shown = numbers[: output.rows_wanted(options)]
    rows = _with_best(context.obj.reader(), shown, context.obj.sight)
    output.show(rows, columns, options, empty="Nothing waits: every e-mail is on a case or lead, or held.")
    if len(shown) < len(numbers) and options.limit is None:
        output.warn(f"These are the oldest {len(shown)} of {len(numbers)}; --limit N shows N.")


def _places(row: Mapping[str, Any]) -> str:
    """Where a mail may belong, the candidates before all else."""
    names = [f"{'lead ' if one.place.kind == 'lead' else ''}{one.name}" for one in row["candidates"]]
    if len(names) > _FEW:
        names[_FEW - 1 :] = [f"{len(names) - _FEW + 1} more"]
    return "; ".join(names) or row["suggestion"] or ""


def _with_best(connection: sqlite3.Connection, numbers: list[int], sight: Sight) -> Iterator[dict[str, Any]]:
    """The rows of some emails, some at once, however many there are."""
    left = iter(numbers)
    while some := list(itertools.islice(left, _AT_ONCE)):
        by_number = {row["id"]: row for row in mailbook.numbered(connection, some)}
        likely = suggestion_desk.for_emails(connection, some, sight)
        for row in spoofing.marked(connection, sight, (by_number[number] for number in some)):
            found = likely[row["id"]]
            told = found[0].told if found else {}
            names = ("reason", "command", "choices")
            best = {"suggestion": told.get("summary"), **{name: told.get(name) for name in names}}
            yield {**row, **best, "candidates": suggestion_desk.candidates(found)}
