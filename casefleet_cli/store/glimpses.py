"""What of a stored decision is in sight of somebody for whom not all that it names exists."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from typing import Any

    from casefleet_cli.store.sight import Sight

_NAMED = {"contacts": "contacts", "open_cases": "cases", "open_leads": "leads"}
"""The lists of a verdict, by the tables that they name rows of."""


def of_decisions(connection: sqlite3.Connection, sight: Sight, decisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The decisions without what is out of sight, and without what was concluded from that.

    A contact out of sight is not named; a recipient with a case or lead out of sight, or a case tag that names one, is
    left out; and so is a decision of which no destination is left.
    """
    if sight.is_whole:
        return decisions
    seen = {table: _seen(connection, sight, table, _numbers(decisions, table)) for table in _NAMED.values()}
    told = []
    for decision in decisions:
        tag = decision["tag"]
        tag_is_seen = not tag or (_tag_is_seen(seen, tag) and _are_seen(connection, sight, tag.get("several") or ()))
        glimpse = _of_one(seen, decision, tag_is_seen=tag_is_seen)
        if glimpse is not None:
            told.append(glimpse)
    return told


def _of_one(seen: Mapping[str, set[int]], decision: dict[str, Any], *, tag_is_seen: bool) -> dict[str, Any] | None:
    verdicts = [
        {**verdict, "contacts": [one for one in verdict.get("contacts", ()) if one["id"] in seen["contacts"]]}
        for verdict in decision["verdicts"]
        if all(_ids(verdict, field) <= seen[table] for field, table in _NAMED.items() if table != "contacts")
    ]
    tag, reason = decision["tag"], decision["reason"]
    if not tag_is_seen:
        reason = tag.get("instead_of") if reason == tag.get("reason") else reason
        tag = None
    by_tag = bool(tag and tag.get("place") and not tag.get("reason"))
    if decision["outcome"] == "filed" and not by_tag and not any(verdict.get("rule") for verdict in verdicts):
        return None
    return {**decision, "verdicts": verdicts, "tag": tag, "reason": reason}


def _tag_is_seen(seen: Mapping[str, set[int]], tag: Mapping[str, Any]) -> bool:
    place = tag.get("place")
    return not place or place["id"] in seen[f"{place['kind']}s"]


def _are_seen(connection: sqlite3.Connection, sight: Sight, names: Iterable[str]) -> bool:
    """Whether cases and leads, as a tag that fits several lists them, are all in sight."""
    found = connection.execute(
        "SELECT count(DISTINCT asked.value) FROM json_each(:names) AS asked WHERE asked.value IN"
        f" (SELECT k.number || ' ' || k.title FROM cases AS k WHERE {sight.cases('k')})"
        f" OR asked.value IN (SELECT d.name FROM leads AS d WHERE {sight.leads('d')})",
        {"names": json.dumps(list(names)), **sight.parameters},
    )
    return bool(found.fetchone()[0] == len(set(names)))


def _ids(verdict: Mapping[str, Any], field: str) -> set[int]:
    return {one["id"] for one in verdict.get(field, ())}


def _numbers(decisions: Iterable[Mapping[str, Any]], table: str) -> set[int]:
    """The rows of a table that decisions name."""
    fields = [field for field, named in _NAMED.items() if named == table]
    found = {
        number
        for one in decisions
        for verdict in one["verdicts"]
        for field in fields
        for number in _ids(verdict, field)
    }
    places = [one["tag"]["place"] for one in decisions if one["tag"] and one["tag"].get("place")]
    return found | {place["id"] for place in places if f"{place['kind']}s" == table}


def _seen(connection: sqlite3.Connection, sight: Sight, table: str, numbers: set[int]) -> set[int]:
    rows = connection.execute(
        f"SELECT x.id FROM json_each(:numbers) AS asked CROSS JOIN {table} AS x ON x.id = asked.value"
        f" WHERE {getattr(sight, table)('x')}",
        {"numbers": json.dumps(sorted(numbers)), **sight.parameters},
    )
    return {number for (number,) in rows}
