"""The activity feed of a case, a lead, a contact, or everything, newest first."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database, mailparts
from casefleet_cli.store.activities import WITH_TEXTS, WORDS
from casefleet_cli.store.sight import EVERYTHING, taken_off

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from typing import Any

    from casefleet_cli.store.sight import Sight

    Source = tuple[str, int]
    """A condition on activities that an index answers, with a place for a number, and the number."""

_COLUMNS = f"""a.id, a.at, a.verb, u.name AS user, about.name AS about_user,
k.number AS case_number, k.title AS case_title, d.name AS lead, c.name AS contact,
m.id AS email_id, e.subject, e.from_name, e.from_address, e.standing, {WORDS},
a.email_id IS NOT NULL AND e.id IS NULL AS is_taken_off, a.case_id, a.lead_id, a.contact_id, a.about_activity_id"""
_OF_THE_EMAIL = f"""e.sent_at, substr(e.text, 1, 600) AS text, {mailparts.RECEIVERS} AS people,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments"""
_FROM = f"""{WITH_TEXTS}
LEFT JOIN users AS u ON u.id = a.user_id LEFT JOIN users AS about ON about.id = a.about_user_id
LEFT JOIN cases AS k ON k.id = a.case_id AND {{cases}} LEFT JOIN leads AS d ON d.id = a.lead_id AND {{leads}}
LEFT JOIN contacts AS c ON c.id = a.contact_id AND {{contacts}}
LEFT JOIN emails AS m ON m.id = a.email_id AND {{emails}}
LEFT JOIN emails AS e ON e.id = m.id AND NOT {taken_off("a")}"""
# A converted lead carries its feed into its case; an activity about both is one entry.
_OF_CASE = """SELECT id FROM activities WHERE case_id = :id
UNION SELECT a.id FROM leads AS d JOIN activities AS a ON a.lead_id = d.id WHERE d.case_id = :id"""
_OF_CONTACT = """SELECT id FROM activities WHERE contact_id = :id
UNION SELECT a.id FROM email_contacts AS l JOIN activities AS a ON a.email_id = l.email_id WHERE l.contact_id = :id"""
_SELECTIONS = {
    "case": _OF_CASE,
    "lead": "SELECT id FROM activities WHERE lead_id = :id",
    "contact": _OF_CONTACT,
    "all": "SELECT id FROM activities",
}
_AT_ONCE = 200
"""Sources in one statement; SQLite takes 500 parts of a compound."""


def of(
    connection: sqlite3.Connection,
    kind: str,
    number: int = 0,
    limit: int | None = None,
    *,
    user: int | None = None,
    since: str | None = None,
    sight: Sight = EVERYTHING,
) -> list[dict[str, Any]]:
    """The activities in sight of a "case", "lead" or "contact" by number, or of "all", newest first.

    `user`: only what this user did, or what came for or was done to this user. `since`: only from this stamp on.
    """
    seen = (
        f"SELECT a.id FROM ({_SELECTIONS[kind]}) AS of_it JOIN activities AS a ON a.id = of_it.id"
        " WHERE (:user IS NULL OR a.user_id = :user OR a.about_user_id = :user) AND (:since IS NULL OR a.at >= :since)"
        f" AND {sight.activities('a')} ORDER BY a.id DESC LIMIT :limit"
    )
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM ({seen}) AS chosen"
        f" JOIN activities AS a ON a.id = chosen.id {_joined(sight)} ORDER BY a.id DESC",
        {"id": number, "limit": -1 if limit is None else limit, "user": user, "since": since, **sight.parameters},
    )
    return list(database.rows(cursor))


def of_firm(connection: sqlite3.Connection, sight: Sight, before: int, limit: int) -> list[dict[str, Any]]:
    """What is in sight of all that happened before an activity, newest first: as `of`, and the text of the email."""
    return _newest(connection, sight, [("1", 0)], before, limit)


def of_my_cases(connection: sqlite3.Connection, sight: Sight, before: int, limit: int) -> list[dict[str, Any]]:
    """As `of_firm`, for the cases that the viewer is assigned to."""
    mine = connection.execute("SELECT case_id FROM case_users WHERE user_id = :viewer", sight.parameters).fetchall()
    sources = [source for (case_id,) in mine for source in _case_sources(connection, case_id)]
    return _newest(connection, sight, sources, before, limit)


def of_case(
    connection: sqlite3.Connection, sight: Sight, case_id: int, before: int, limit: int
) -> list[dict[str, Any]]:
    """As `of_firm`, for a case and the leads that became it."""
    return _newest(connection, sight, _case_sources(connection, case_id), before, limit)


def of_lead(
    connection: sqlite3.Connection, sight: Sight, lead_id: int, before: int, limit: int
) -> list[dict[str, Any]]:
    """As `of_firm`, for a lead."""
    return _newest(connection, sight, [("a.lead_id = {}", lead_id)], before, limit)


def of_email(
    connection: sqlite3.Connection, sight: Sight, email_id: int, before: int, limit: int
) -> list[dict[str, Any]]:
    """As `of_firm`, for an email."""
    return _newest(connection, sight, [("a.email_id = {}", email_id)], before, limit)


def changes_of_contact(
    connection: sqlite3.Connection, sight: Sight, contact_id: int, before: int, limit: int
) -> list[dict[str, Any]]:
    """As `of_firm`, for what was changed about a contact by hand."""
    return _newest(connection, sight, [("a.contact_id = {} AND a.email_id IS NULL", contact_id)], before, limit)


def _case_sources(connection: sqlite3.Connection, case_id: int) -> list[Source]:
    leads = connection.execute("SELECT id FROM leads WHERE case_id = ?", (case_id,)).fetchall()
    return [("a.case_id = {}", case_id), *(("a.lead_id = {}", lead_id) for (lead_id,) in leads)]


def _newest(
    connection: sqlite3.Connection, sight: Sight, sources: Sequence[Source], before: int, limit: int
) -> list[dict[str, Any]]:
    """The newest activities of all sources together; each source gives at most `limit` by its own index."""
    chosen: set[int] = set()
    asked = {"before": before, "limit": limit, **sight.parameters}
    for at in range(0, len(sources), _AT_ONCE):
        parts = [
            f"SELECT * FROM (SELECT a.id FROM activities AS a WHERE {condition.format(int(number))}"
            f" AND a.id < :before AND {sight.activities('a')} ORDER BY a.id DESC LIMIT :limit)"
            for condition, number in sources[at : at + _AT_ONCE]
        ]
        chosen.update(row[0] for row in connection.execute(" UNION ALL ".join(parts), asked))
    cursor = connection.execute(
        f"SELECT {_COLUMNS}, a.about_user_id, {_OF_THE_EMAIL} FROM json_each(:chosen) AS chosen"
        f" CROSS JOIN activities AS a ON a.id = chosen.value {_joined(sight)} ORDER BY a.id DESC",
        {"chosen": json.dumps(sorted(chosen, reverse=True)[:limit]), **sight.parameters},
    )
    return [{**row, "people": json.loads(str(row["people"]))} for row in database.rows(cursor)]


def _joined(sight: Sight) -> str:
    """The names of what an activity is about, where they are in sight."""
    return _FROM.format(
        cases=sight.cases("k"), leads=sight.leads("d"), contacts=sight.contacts("c"), emails=sight.emails("m")
    )
