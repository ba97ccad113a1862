"""How many emails there are by case, month, user and outcome."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from typing import Any

    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.store.selection import Selection
    from casefleet_cli.store.sight import Sight

_FOUND = """WITH found AS MATERIALIZED (
SELECT e.id, coalesce(e.sent_at, e.logged_at) AS at FROM {source} WHERE {where}),
on_case AS MATERIALIZED (
SELECT f.id, l.case_id FROM found AS f CROSS JOIN email_cases AS l ON l.email_id = f.id
UNION SELECT f.id, was.case_id FROM found AS f CROSS JOIN email_leads AS l ON l.email_id = f.id
    CROSS JOIN leads AS was ON was.id = l.lead_id WHERE was.case_id IS NOT NULL),
in_sight AS MATERIALIZED (
SELECT o.id, k.id AS case_id, k.number, k.title FROM on_case AS o CROSS JOIN cases AS k ON k.id = o.case_id
    WHERE {cases}),
logged_for AS MATERIALIZED (
SELECT DISTINCT f.id, d.user_id FROM found AS f CROSS JOIN deliveries AS d ON d.email_id = f.id)
SELECT {columns}, count(*) AS emails FROM found AS f {joins} GROUP BY {groups} ORDER BY {order}"""
_CASE = "c.number AS case_number, c.title AS case_title"
_OUTCOME = "(SELECT d.outcome FROM decisions AS d WHERE d.email_id = f.id ORDER BY d.id DESC LIMIT 1)"
_WAYS = {
    "case": (_CASE, "LEFT JOIN in_sight AS c ON c.id = f.id", "c.case_id"),
    "month": ("month_here(f.at) AS month", "", "month"),
    "user": (
        "u.name AS user",
        "LEFT JOIN logged_for AS l ON l.id = f.id LEFT JOIN users AS u ON u.id = l.user_id",
        "l.user_id",
    ),
    "outcome": (f"{_OUTCOME} AS outcome", "", "outcome"),
}
"""By what is counted: its columns, where they are from, and what makes a row of its own."""
WAYS = tuple(_WAYS)
"""What can be counted by."""


def emails(
    connection: sqlite3.Connection, found: Selection, by: Sequence[str], days: Days, sight: Sight
) -> list[dict[str, Any]]:
    """How many emails of a selection are in sight, by one or several of WAYS, each in order and what has none last.

    An email on several cases in sight counts under each, and one that was logged for several users likewise; mail of a
    lead that became a case is mail of the case. A month is one of the firm's, of the email's moment. The outcome is
    what the rules decided last.
    """
    connection.create_function("month_here", 1, _months(days), deterministic=True)
    columns, joins, groups = zip(*(_WAYS[way] for way in by), strict=True)
    order = ", ".join(f"{group} IS NULL, {group}" for group in groups)
    cursor = connection.execute(
        _FOUND.format(
            source=found.source,
            where=f"{found.where} AND {sight.emails_by(found.number)}",
            cases=sight.cases("k"),
            columns=", ".join(columns),
            joins=" ".join(joins),
            groups=", ".join(groups),
            order=order,
        ),
        {**found.parameters, **sight.parameters},
    )
    return list(database.rows(cursor))


def _months(days: Days) -> Callable[[str], str]:
    """The month of a stamp on the firm's clock, as 2026-05; what is far from the ends of a month needs no clock."""

    def month(stamp: str) -> str:
        return stamp[:7] if "03" <= stamp[8:10] <= "26" else days.day(stamp)[:7]

    return month
