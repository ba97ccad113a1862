"""What may be asked for under /data: the addresses and the arguments that there are. All others are refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode

from casefleet_cli.store import viewed
from casefleet_cli.store.plain import DECISIONS, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESS = re.compile(r"/data(?:/([a-z][a-z_]{0,60}))?(?:\.(json|csv))?")
_MOST = 100
"""Arguments of one request, and of them each is at most so long."""
_LONGEST = 4000
_FLAG = re.compile(r"|on|off|1|0|true|false")
_WORD = re.compile(r"[A-Za-z_]{1,60}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def _any(text: str) -> bool:
    return len(text) <= _LONGEST


def _flag(text: str) -> bool:
    return bool(_FLAG.fullmatch(text))


def _name(text: str) -> bool:
    return not text or bool(_WORD.fullmatch(text))


def _number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _size(text: str) -> bool:
    return text == "max" or (_number(text) and int(text) <= 1000)


def _through(text: str) -> bool:
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(asked, dict) and all(
        isinstance(asked.get(name), str | int) and _any(str(asked[name])) for name in ("table", "column", "value")
    )


_KNOWN: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("_sort", "_sort_desc", "_col", "_nocol", "_facet", "_facet_array", "_facet_date", "_label",
                     "_shape"), _name),
    **dict.fromkeys(("_labels", "_nl", "_dl", "_header", "_sort_by_desc", "_nofacet", "_nocount", "_hide_sql",
                     "_show_sql"), _flag),
    "_facet_size": _size,
    "_next": _number,
    "_search": _any,
    "_size": _size,
    "_through": _through,
}  # fmt: skip
"""The arguments of Datasette that there are here, and which values they take. Its others name tables of the index, or
switch off what ends a question in time."""
_TABLES = {table.name: table for table in (*TABLES, DECISIONS)}
_OF_SQL = ("sql", "_where")
_FORM = re.compile(r"_filter_(?:column|op|value)(?:_[0-9]{1,3})?")


class NotKnownError(Exception):
    """An argument that there is not, or with a value that it does not take."""


class Ask(NamedTuple):
    """One request: the table or query ("" for the list of them), the format ("" for the page), and its arguments."""

    name: str
    kind: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """The path, spelled anew."""
        return "/data" + (f"/{self.name}" if self.name else "") + (f".{self.kind}" if self.kind else "")

    @property
    def query(self) -> str:
        """The arguments, spelled anew."""
        return urlencode(self.arguments)

    @property
    def facets(self) -> frozenset[str]:
        """The columns by which the rows are to be counted."""
        return frozenset(value for name, value in self.arguments if name == "_facet")

    @property
    def is_sql(self) -> bool:
        """Whether a part of the question is in the words of who asks."""
        return any(name in _OF_SQL for name, _ in self.arguments)

    @property
    def is_search(self) -> bool:
        """Whether the search index is asked."""
        return any(name == "_search" and value for name, value in self.arguments)


def is_address(address: str) -> bool:
    """Whether a path is one of those under /data, whatever there is."""
    return bool(_ADDRESS.fullmatch(address))


def asked(address: str, query: str, *, may_sql: bool) -> Ask:
    """What is asked for; raises NotKnownError with a sentence about an argument that is refused."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise NotKnownError("There is no such address.")
    name, kind = found.groups("")
    try:
        arguments = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:
        raise NotKnownError(f"These are more than {_MOST} arguments.") from None
    for key, value in arguments:
        _check(key, value, may_sql=may_sql)
        _check_column(name, key)
    ask = Ask(name, kind, tuple(dict.fromkeys(arguments)))
    if ask.is_sql and ask.is_search:
        raise NotKnownError("Words are searched for without SQL beside them.")
    return ask


def _check_column(name: str, key: str) -> None:
    """Refuse a filter by what is no column: SQLite would take its name for a text."""
    table = _TABLES.get(name)
    is_filter = not key.startswith("_") or "__" in key
    if table is not None and is_filter and key.rpartition("__")[0 if "__" in key else 2] not in viewed.columns(table):
        raise NotKnownError(f"{name} has no column {key}.")


def _check(key: str, value: str, *, may_sql: bool) -> None:
    if not (_any(key) and _any(value)):
        raise NotKnownError("An argument is too long.")
    if "\0" in key + value:
        raise NotKnownError("An argument holds a letter that is none.")
    if key in _OF_SQL:
        if not may_sql:
            raise NotKnownError("SQL is for admins, where the firm has switched it on: casefleet settings sql on.")
    elif key in _KNOWN:
        if not _KNOWN[key](value):
            raise NotKnownError(f"{key} does not take this value.")
    elif key.startswith("_") and "__" not in key and not _FORM.fullmatch(key):
        raise NotKnownError(f"There is no argument {key} here.")
