"""casefleet count: how many e-mails there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import output
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.cli.searching import typed
from casefleet_cli.core.query import Query, parse
from casefleet_cli.errors import UsageError
from casefleet_cli.store import counting, search, selection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NONE = "(none)"


def _column(name: str, title: str) -> Column:
    """A column that says where there is nothing, too."""

    def cell(row: Mapping[str, Any]) -> object:
        return _NONE if row[name] is None else row[name]

    return Column(name, title, cell=cell)


_COLUMNS = {
    "case": (_column("case_number", "case"), Column("case_title", "title")),
    "month": (_column("month", "month"),),
    "user": (_column("user", "user"),),
    "outcome": (_column("outcome", "outcome"),),
}


@output.listing
def count(
    context: typer.Context,
    query: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="Only what this search finds.")] = None,
    by: Annotated[
        str | None, typer.Option(metavar="WHAT", help="case, month, user or outcome, or several: case,month.")
    ] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """Count e-mails, all or those that a search finds; one that is on several cases counts under each."""
    if query == ["-h"]:
        output.say(context.get_help(), raw=True)
        return
    text = typed(query, "count")
    if by is None:
        raise UsageError("Say by what: --by case, month, user or outcome, or several of them, as in --by case,month.")
    ways = list(dict.fromkeys(way.strip() for way in by.split(",")))
    for way in ways:
        if way not in counting.WAYS:
            raise UsageError(f"There is no {way!r} to count by; --by takes case, month, user and outcome: case,month.")
    connection, days, sight = context.obj.reader(), context.obj.days(), context.obj.sight
    found = selection.of(connection, parse(text, days) if text else Query(()), sight)
    rows = counting.emails(connection, found, ways, days, sight)
    columns = [*(column for way in ways for column in _COLUMNS[way]), Column("emails", "e-mails")]
    output.show(rows, columns, options, empty="No e-mail fits.")
    if rows and options.form == "table":
        total = search.count(connection, found, sight, -1)
        again = sum(row["emails"] for row in rows) > total
        several = " or ".join(_SEVERAL[way] for way in ways if way in _SEVERAL)
        output.warn(f"{total} e-mails in all" + (f"; one {several} counts under each." if again else "."))


_SEVERAL = {"case": "on several cases", "user": "logged for several users"}

# So that -word is a part of the query.
count.context_settings = {"ignore_unknown_options": True, "help_option_names": ["--help"]}  # type: ignore[attr-defined]
