"""Search as the pages do it: a query in, a page of what it finds out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core import query
from casefleet_cli.errors import UsageError
from casefleet_cli.store import search, selection
from casefleet_cli.web import paging, words

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.access import Viewer
    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.web.paging import Slice


class Found(NamedTuple):
    """What a query finds for a viewer."""

    page: Slice
    """Emails with snippets, newest number first."""
    total: int
    """How many there are, counted up to paging.CAP."""
    problem: str
    """A sentence when the query cannot be understood."""


def matches(connection: sqlite3.Connection, viewer: Viewer, text: str, before: int, days: Days) -> Found:
    """The emails in sight that a query means. Rejected ones are left out unless asked for."""
    nothing = paging.of([])
    try:
        found = selection.of(connection, query.parse(text, days), viewer.sight)
    except UsageError as problem:
        return Found(nothing, 0, str(problem))
    total = search.count(connection, found, viewer.sight, paging.CAP)
    marks = (words.MARK_START, words.MARK_END)
    snippets = dict(search.hits(connection, found, viewer.sight, before, paging.asked(), marks))
    page = paging.of_emails(connection, viewer.sight, list(snippets))
    for row in page.rows:
        row["snippet"] = snippets[row["id"]]
    return Found(page, total, "")
