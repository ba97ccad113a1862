"""Queries that people keep under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.core.query import as_text, parse
from casefleet_cli.desk import entries
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, saved_searches, settings
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3


def save(connection: sqlite3.Connection, name: str, query: str, *, acting: int | None = None) -> bool:
    """Keep a query under a name; True when the name had another query before.

    Raises QueryError for a bad query, BadEntryError for a bad name.
    """
    name = entries.name(name)
    query = as_text(query)
    parse(query, settings.days(connection))
    with transaction(connection):
        before = saved_searches.put(connection, name, query, acting)
        if before != query:
            activities.add(connection, "saved", user_id=acting, detail=f"search {name}: {query}")
        return before not in (None, query)


def saved(connection: sqlite3.Connection, name: str) -> str:
    """The query of a name; raises UsageError when there is none, BadEntryError when no search can have it."""
    query = saved_searches.get(connection, entries.name(name))
    if query is None:
        raise UsageError(f"There is no saved search {name!r}; casefleet search --list-saved shows what there is.")
    return query


def forget(connection: sqlite3.Connection, name: str, *, acting: int | None = None) -> None:
    """Forget the query of a name; errors as `saved`."""
    with transaction(connection):
        query = saved(connection, name)
        saved_searches.remove(connection, entries.name(name))
        activities.add(connection, "forgot", user_id=acting, detail=f"search {name}: {query}")
