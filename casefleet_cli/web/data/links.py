"""Links from the cells of a table to our own pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datasette.hookspecs import hookimpl
from markupsafe import Markup

from casefleet_cli.web import words
from casefleet_cli.web.data.view import NAME, View

if TYPE_CHECKING:
    from datasette.app import Datasette

_PLACES = {"mail": "emails", "lead": "leads", "contact": "contacts"}
"""The columns that hold numbers, by the address of the pages; `case` holds what people call a case by."""
_SHOWN = 120
"""Letters of a cell on a page; JSON and CSV have all."""
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_OWN = {"mail": "mail", "leads": "lead", "contacts": "contact", "cases": "case"}
"""What the numbers in a table of things are numbers of."""


@hookimpl
def render_cell(value: Any, column: str, table: str | None, database: str, datasette: Datasette) -> Markup | None:
    """A number, or what it is the number of, as a link to its page; None for any other cell."""
    view = datasette.databases.get(NAME)
    if database != NAME or value is None or not isinstance(view, View):
        return None
    if table == "mail" and column == "cases":
        return Markup(", ").join(_case(view, number, number) for number in str(value).split(", ")) if value else None
    kind = _OWN.get(table or "", column) if column == "number" else column
    named, label = (value["value"], value["label"]) if isinstance(value, dict) else (value, None)
    if kind == "case":
        return _case(view, str(named), str(label or named))
    if kind in _PLACES and isinstance(named, int):
        known = table == "filings" and kind == "mail"  # which has the subject beside it
        return _link(f"/{_PLACES[kind]}/{named}", str(named if known else label or named))
    if isinstance(named, str) and _STAMP.fullmatch(named):
        return Markup('<span class="at">{} {}</span>').format(named[:10], named[11:16])
    # Datasette would make a link of what a stranger wrote as an address.
    return Markup("{}").format(_plain(named)) if isinstance(named, str) and named else None


def _case(view: View, number: str, label: str) -> Markup:
    found = view.number_of_case(number)
    return Markup("{}").format(_plain(label)) if found is None else _link(f"/cases/{found}", label)


def _link(address: str, label: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, _plain(label))


def _plain(text: str) -> str:
    return words.short(str(words.clean(text)), _SHOWN)
