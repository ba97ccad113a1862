"""Full-text search over subject, text, people and attachment names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from types import TracebackType

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


class indexing_at_end:  # noqa: N801 - used as `with indexing_at_end(connection):`
    """Indexes the emails that are logged inside it, in one statement at its end: much faster than one by one.

    Only inside a transaction, which no other one can disturb; no email may be changed or deleted meanwhile.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("INSERT INTO search_pauses SELECT coalesce(max(id), 0) FROM emails")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._connection.execute(
                "INSERT INTO email_search (rowid, subject, text, people, filenames) SELECT id, subject, text, people,"
                " filenames FROM emails WHERE id > (SELECT after_email_id FROM search_pauses)"
            )
            self._connection.execute("DELETE FROM search_pauses")


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
