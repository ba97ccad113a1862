"""The database that Datasette looks at under /data: the views of one viewer, for one request."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from datasette.database import Database
from datasette.utils import Column, escape_fts

from casefleet_cli import clock
from casefleet_cli.core import letters
from casefleet_cli.store import database, saved_searches, users, viewed
from casefleet_cli.web.data import lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasette.app import Datasette

    from casefleet_cli.store.plain import Table
    from casefleet_cli.store.sight import Sight

NAME = "data"
"""Of the database, and so the first part of its addresses."""

_COUNTING = 100
"""Milliseconds; a page says "many" of more. Where somebody wants a column counted, the rows get half of that."""

_ask = vars(Database)["execute"]  # of Datasette's own questions: we have none here


class View(Database):
    """One moment of the firm's database as a sight has it; it is opened for one request, and closed after it."""

    def __init__(self, datasette: Datasette, path: str, seen: Sight, *, is_search: bool, is_counted: bool) -> None:
        super().__init__(datasette, is_mutable=True, is_memory=True)  # type: ignore[no-untyped-call]
        self.tables: dict[str, Table] = {table.name: table for table in viewed.tables(seen)}
        self._sight = seen
        self._counting = _COUNTING // 2 if is_counted else _COUNTING
        self._behind = database.open_reader(path, busy_seconds=5)
        self._connection = database.open_reader(path, busy_seconds=5)
        try:
            self._open(seen, is_search=is_search)
        except BaseException:
            self.close()
            raise

    def _open(self, seen: Sight, *, is_search: bool) -> None:
        connection = self._connection
        secret = f"v{clock.token(24)}"
        viewed.make(connection, self._behind, seen, secret)
        connection.create_function("escape_fts", 1, _asked)
        connection.row_factory = sqlite3.Row
        lock.lock(connection, secret, self.tables, is_search=is_search)

    def close(self) -> None:
        """Forget what was looked at."""
        self._connection.close()
        self._behind.close()

    def searches(self) -> list[tuple[str, str]]:
        """The searches that the firm has saved, by name, each with its query; without secrets."""
        mask = users.mask(self._behind).text
        return [(mask(one["name"]), mask(one["query"])) for one in saved_searches.listed(self._behind)]

    def number_of_case(self, number: str) -> int | None:
        """The number that the page of a case in sight has, by that which people call it by."""
        return viewed.number_of_case(self._behind, self._sight, number)

    async def execute(self, sql: str, *rest: Any, **more: Any) -> Any:
        """Ask; the rows of a table are counted only where that takes no time."""
        if sql.startswith("select count(*) from "):
            more = {**more, "custom_time_limit": self._counting}
        return await _ask(self, sql, *rest, **more)

    async def execute_fn(self, fn: Callable[[Any], Any]) -> Any:
        """Do something with the connection, here and now: nobody else uses it."""
        return fn(self._connection)

    async def execute_write_fn(self, fn: Callable[[Any], Any], block: bool = True) -> Any:  # noqa: ARG002 - Datasette's
        """Never."""
        raise sqlite3.OperationalError("Nothing is written here.")

    @property
    def size(self) -> int:
        """Of no file."""
        return 0

    async def table_exists(self, table: str) -> bool:  # noqa: ARG002 - as the others, Datasette's
        """Whether there is a table that is none of the views."""
        return False

    async def table_names(self) -> list[str]:
        """None: all are views."""
        return []

    async def table_counts(self, limit: int = 10) -> dict[str, int]:  # noqa: ARG002
        """As table_names."""
        return {}

    async def view_names(self) -> list[str]:
        """The tables of the viewer, mail first."""
        return sorted(self.tables, key=lambda name: name != "mail")

    async def hidden_table_names(self) -> list[str]:
        """None."""
        return []

    async def attached_databases(self) -> list[Any]:
        """None."""
        return []

    async def get_view_definition(self, view: str) -> str | None:
        """A mark that there is such a view; how it is made is nobody's business."""
        return "-" if view in self.tables else None

    async def get_table_definition(self, table: str, type_: str = "table") -> str | None:  # noqa: ARG002
        """None."""
        return None

    async def table_columns(self, table: str) -> list[str]:
        """The columns of a view."""
        return viewed.columns(self.tables[table]) if table in self.tables else []

    async def table_column_details(self, table: str) -> list[Any]:
        """As table_columns, with their types."""
        declared = dict(self.tables[table].columns)
        return [
            Column(number, name, declared[name].partition(" ")[0], 0, None, 0, 0)
            for number, name in enumerate(await self.table_columns(table))
        ]

    async def primary_keys(self, table: str) -> list[str]:  # noqa: ARG002
        """None: a row has its page among ours."""
        return []

    async def fts_table(self, table: str) -> str | None:  # noqa: ARG002
        """None but where the sheet names it."""
        return None

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, str]]:
        """What a view's columns name rows of."""
        if table not in self.tables:
            return []
        found = self.tables[table].references
        return [
            {"column": column, "other_table": other, "other_column": of}
            for column, (other, of) in found.items()
            if column in viewed.columns(self.tables[table])
        ]

    async def get_all_foreign_keys(self) -> dict[str, dict[str, list[Any]]]:
        """The same of all of them, as far as they are asked for."""
        return {name: {"incoming": [], "outgoing": []} for name in self.tables}


def _asked(text: str) -> str:
    """What is typed as the index is asked for it."""
    return str(escape_fts(letters.words(text)))  # type: ignore[no-untyped-call]
