"""Full-text search over subject, text, people and attachment names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3

_TOKEN = re.compile(r'"([^"]*)"?|(\S+)')


def match_expression(query: str) -> str:
    """The query of a person as an FTS5 expression: all words, "phrases" as they stand, prefix* as a prefix.

    Every token is quoted, so that nothing a person types is read as FTS5 syntax. "" when there is nothing to look for.
    """
    terms = []
    for phrase, word in _TOKEN.findall(query.replace("\0", " ")):
        text = phrase or word.rstrip("*")
        if any(letter.isalnum() for letter in text):
            terms.append('"' + text.replace('"', " ") + '"' + ("*" if word.endswith("*") else ""))
    return " ".join(terms)


def find(
    connection: sqlite3.Connection, query: str, *, limit: int | None = None, mark: tuple[str, str] = ("", "")
) -> list[dict[str, Any]]:
    """The emails that match, best first: number, date, from, subject, standing and a snippet with marked words.

    Rejected mail is left out.
    """
    expression = match_expression(query)
    if not expression:
        return []
    cursor = connection.execute(
        "SELECT e.id, coalesce(e.sent_at, e.logged_at) AS date, e.from_name, e.from_address, e.subject, e.standing,"
        " snippet(email_search, -1, ?, ?, '…', 16) AS snippet"
        " FROM email_search JOIN emails AS e ON e.id = email_search.rowid"
        " WHERE email_search MATCH ? AND e.standing <> 'rejected' ORDER BY rank LIMIT ?",
        (*mark, expression, -1 if limit is None else limit),
    )
    return list(database.rows(cursor))
