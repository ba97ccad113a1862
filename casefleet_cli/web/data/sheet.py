"""What Datasette is told about the tables under /data: as about a snapshot, of what there is here."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from datasette.utils import parse_metadata

from casefleet_cli.custody import metadata
from casefleet_cli.store import viewed
from casefleet_cli.web.data.view import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from casefleet_cli.store.plain import Table

_SEARCH = {"mail": {"fts_table": "email_search", "fts_pk": "number", "searchmode": "escaped"}}
_FACETS = {
    "mail": ["standing", "year"],
    "filings": [],
    "people": [],
    "contact_mail": [],
    "arrivals": [],
    "decisions": ["outcome"],
    "feed": ["what"],
}
"""Where facets cost much at every look; the others are a click away."""
_SORTABLE = {
    "mail": ["number", "date", "from", "from_address", "subject", "logged"],
    "filings": ["mail", "date"],
    "people": ["mail", "date"],
    "contact_mail": ["mail", "date"],
    "attachments": ["number", "mail", "date"],
    "arrivals": ["number", "mail"],
    "decisions": ["number", "mail"],
    "feed": ["number"],
}
"""Where an order by other columns would have to look at all that there is."""
_SORTED = {"arrivals": "number", "feed": "number", "decisions": "number"}
"""Where the order of a snapshot has no index here, and which is the same."""


@cache
def _snapshot() -> dict[str, Any]:
    return dict(parse_metadata(metadata.as_yaml(NAME, "Data")))["databases"][NAME]  # type: ignore[no-any-return]


def of(tables: Mapping[str, Table], facets: frozenset[str]) -> dict[str, Any]:
    """The metadata for these tables; the columns `facets` are counted by request, not twice."""
    told = _snapshot()
    described = {name: _table(table, told["tables"].get(name, {}), facets) for name, table in tables.items()}
    absent = "|".join(name for name in (*told["tables"], "mail_fts") if name not in tables)
    queries = {
        name: {**query, "hide_sql": True}
        for name, query in told["queries"].items()
        if not re.search(rf"\b({absent})\b", query["sql"])
    }
    return {"databases": {NAME: {"tables": described, "queries": queries}}}


def more_facets(tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """The columns by which a table can be divided, and is not at every look, by table."""
    told = _snapshot()["tables"]
    return {
        name: [column for column in told.get(name, {}).get("facets", []) if column not in _FACETS.get(name, [column])]
        for name in tables
    }


def _table(table: Table, told: Mapping[str, Any], facets: frozenset[str]) -> dict[str, Any]:
    columns = viewed.columns(table)
    made = {
        **told,
        "columns": {name: words for name, words in told.get("columns", {}).items() if name in columns},
        "facets": [name for name in _FACETS.get(table.name, told.get("facets", [])) if name not in facets],
        "sortable_columns": _SORTABLE.get(table.name, columns),
        **_SEARCH.get(table.name, {}),
    }
    if table.name in _SORTED:
        made["sort_desc"] = _SORTED[table.name]
    return made
