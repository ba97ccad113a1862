"""Search, and searches kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import access
from casefleet_cli.cli import output, people
from casefleet_cli.cli.output import Column, ListOptions
from casefleet_cli.core.query import parse
from casefleet_cli.desk import searches, spoofing
from casefleet_cli.errors import UsageError
from casefleet_cli.store import misses, saved_searches, search

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.query import Query
    from casefleet_cli.store.sight import Sight

_SHOWN = 50
"""Rows of a table without --limit; machines get all."""
_FIRST = {
    "logged": f"last {_SHOWN} logged",
    "date": f"{_SHOWN} newest",
    "relevance": f"{_SHOWN} that fit best",
}
_COLUMNS = (
    Column("id", "email"),
    "date",
    *people.SENDER,
    *people.SUBJECT,
    "standing",
    "snippet",
)


@output.listing
def search_mail(
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY",
            help='Words, "phrases", prefix*, from: to: subject: filename: contact: case: lead: user: before: after:'
            " has:attachment is:unassigned (held, linked, rejected, forwarded), -not, NOT, OR, (parentheses).",
        ),
    ] = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep QUERY under this name.")] = None,
    saved: Annotated[str | None, typer.Option(metavar="NAME", help="Search for a saved query (and QUERY).")] = None,
    list_saved: Annotated[bool, typer.Option("--list-saved", help="List the saved queries.")] = False,
    forget: Annotated[str | None, typer.Option(metavar="NAME", help="Forget a saved query.")] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="ORDER", help="Sort by date (the newest first), relevance (the best first) or logged."),
    ] = None,
    options: ListOptions = ListOptions(),  # noqa: B008 - immutable
) -> None:
    """Search subject, text, people and attachment names; the last logged first, unless --sort says otherwise."""
    if query == ["-h"]:
        output.say(context.get_help(), raw=True)
        return
    text = typed(query, "search")
    if sum((save is not None, saved is not None, list_saved, forget is not None)) > 1:
        raise UsageError("Choose one of --save, --saved, --list-saved and --forget.")
    if (list_saved or forget is not None) and text:
        raise UsageError("--list-saved and --forget take no query.")
    if sort is not None and sort not in search.SORTS:
        raise UsageError(f"There is no order {sort!r}; --sort takes date, relevance or logged.")
    if sort is not None and (list_saved or forget is not None or save is not None):
        raise UsageError("--sort is for what is found; --save, --list-saved and --forget find nothing.")
    if list_saved:
        rows = saved_searches.listed(context.obj.reader())
        output.show(rows, ("name", "query", "user", Column("saved_at", "saved")), options, empty="No search is saved.")
    elif forget is not None:
        access.require(context.obj.viewer(), "search --forget")
        searches.forget(context.obj.connection(), forget, acting=context.obj.acting())
        output.say(f"Search {forget} is forgotten.")
    elif save is not None:
        access.require(context.obj.viewer(), "search --save")
        replaced = searches.save(context.obj.connection(), save, text, acting=context.obj.acting())
        output.say(f"Search {save} is {'replaced' if replaced else 'saved'}; run it with --saved.")
    else:
        connection = context.obj.reader()
        kept = [searches.saved(connection, saved)] if saved is not None else []
        query_asked = parse(" ".join([*kept, text]), context.obj.days())
        _found(connection, query_asked, options, context.obj.sight, sort or search.SORTS[0])


# So that -word is a part of the query, even -hearing.
search_mail.context_settings = {"ignore_unknown_options": True, "help_option_names": ["--help"]}  # type: ignore[attr-defined]


def typed(words: list[str] | None, command: str) -> str:
    """The query that these words are; raises UsageError for one that was meant as an option of the command."""
    for word in words or ():
        if word.startswith("--"):
            raise UsageError(f"There is no option {word.partition('=')[0]}; see casefleet {command} --help.")
    return " ".join(words or ())


def _found(connection: sqlite3.Connection, query: Query, options: ListOptions, sight: Sight, sort: str) -> None:
    for_people = options.form == "table"
    limit = options.limit or (_SHOWN + 1 if for_people else None)
    mark = output.MARKS if for_people and options.table_format == "simple" else ("", "")
    found = search.find(connection, query, limit=limit, mark=mark, sight=sight, sort=sort)
    rows = spoofing.marked(connection, sight, found)
    if not for_people:
        output.show(rows, _COLUMNS, options, empty="")
        return
    kept = list(rows)
    if not kept:
        output.say("No e-mail fits.")
        for reason in misses.why(connection, query, sight):
            output.say(f"{reason.sentence} Near it: {', '.join(reason.near)}." if reason.near else reason.sentence)
        return
    output.show(kept[: options.limit or _SHOWN], _COLUMNS, options, empty="")
    if len(kept) > _SHOWN and not options.limit:
        output.warn(f"These are the {_FIRST[sort]}; --limit N shows N, and a longer query finds fewer.")
