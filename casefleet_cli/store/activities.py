"""The journal: one row for each thing that happened, appended and never changed, each bound to the one before.

A row holds numbers and a verb. What was said (a name, an address, a reason) is in a text of its own, bound to the row
by a salted digest: the text can be erased, an activity says so, and the chain still holds.
"""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any


_COLUMNS = (
    "id, at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id"
    ", about_activity_id, digest, earlier_hash"
)
_APPEND = f"INSERT INTO activities ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_TEXT = "INSERT INTO activity_texts (activity_id, salt, text) VALUES (?, ?, ?)"
WORDS = "CASE WHEN a.digest IS NULL THEN '' ELSE coalesce(t.text, '(erased)') END AS detail"
"""The column of an activity's words, where activities are `a` and WITH_TEXTS follows in FROM."""
WITH_TEXTS = "LEFT JOIN activity_texts AS t ON t.activity_id = a.id"


class NothingToEraseError(UsageError):
    """The activity is not there, or has no words (any more)."""


class Head(NamedTuple):
    """The last activity of the journal: whoever notes it down can tell later that nothing before it was changed."""

    id: int
    hash: str


def add(
    connection: sqlite3.Connection,
    verb: str,
    *,
    user_id: int | None = None,
    case_id: int | None = None,
    lead_id: int | None = None,
    contact_id: int | None = None,
    email_id: int | None = None,
    about_user_id: int | None = None,
    about_activity_id: int | None = None,
    detail: str = "",
) -> int:
    """Append one activity, done now by `user_id` (None: a rule or an unnamed person), and give its number.

    `detail`: its words, which can be erased later. To be called inside a transaction, so that nobody else appends
    meanwhile.
    """
    last = head(connection)
    number = last.id + 1
    salt = clock.salt() if detail else b""
    bound = digest(salt, detail) if detail else None
    about = (user_id, case_id, lead_id, contact_id, email_id, about_user_id, about_activity_id)
    row = (number, clock.stamp(), verb, *about, bound, None)
    connection.execute(_APPEND, (*row, chained(last.hash, row)))
    if detail:
        connection.execute(_ADD_TEXT, (number, salt, detail))
    return number


def add_all(connection: sqlite3.Connection, done: Sequence[tuple[str, Place | None, int, int]]) -> None:
    """Append what rules did now to emails: each verb, case or lead, email, and the user it was done for."""
    moment = clock.stamp()
    last = head(connection)
    no = (None, None, None)  # about no activity, no words, no earlier hash
    rows = (
        (number, moment, verb, None, place and place.case_id, place and place.lead_id, None, email_id, user_id, *no)
        for number, (verb, place, email_id, user_id) in enumerate(done, last.id + 1)
    )
    connection.executemany(_APPEND, _chain(last.hash, rows))


def erase(connection: sqlite3.Connection, activity_id: int, *, user_id: int | None = None) -> int:
    """Erase the words of an activity for good, and give the number of the activity that says so.

    The salt goes with them: without it nobody can try names against the digest. To be called inside a transaction.
    Raises NothingToEraseError when there are no words; then nothing is changed.
    """
    there = connection.execute("SELECT text IS NOT NULL FROM activity_texts WHERE activity_id = ?", (activity_id,))
    if there.fetchone() != (1,):
        raise NothingToEraseError(f"Activity {activity_id} has no words that could be erased.")
    number = add(connection, "erased", user_id=user_id, about_activity_id=activity_id)
    connection.execute("UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = ?", (activity_id,))
    return number


def taken_away(connection: sqlite3.Connection, email_id: int) -> set[Place]:
    """The cases and leads that a person took an email off at any time."""
    rows = connection.execute(
        "SELECT DISTINCT case_id, lead_id FROM activities WHERE email_id = ? AND verb = 'unlinked'"
        " AND (case_id IS NOT NULL OR lead_id IS NOT NULL)",
        (email_id,),
    )
    return {Place("lead", lead_id) if case_id is None else Place("case", case_id) for case_id, lead_id in rows}


def rejection(connection: sqlite3.Connection, email_id: int) -> dict[str, Any] | None:
    """When an email was rejected last, by which user, and why: at, user and detail; None when it never was."""
    cursor = connection.execute(
        f"SELECT a.at, u.name AS user, {WORDS} FROM activities AS a {WITH_TEXTS}"
        " LEFT JOIN users AS u ON u.id = a.user_id WHERE a.email_id = ? AND a.verb = 'rejected'"
        " ORDER BY a.id DESC LIMIT 1",
        (email_id,),
    )
    return next(database.rows(cursor), None)


def last_decided_by(connection: sqlite3.Connection, email_id: int) -> str:
    """Who linked, filed or rejected an email last, in words."""
    row = connection.execute(
        "SELECT a.verb, u.name FROM activities AS a LEFT JOIN users AS u ON u.id = a.user_id"
        " WHERE a.email_id = ? AND a.verb IN ('linked', 'filed', 'rejected') ORDER BY a.id DESC LIMIT 1",
        (email_id,),
    ).fetchone()
    verb, name = row or ("", None)
    return str(name or ("a rule" if verb == "filed" else "somebody at the command line"))


def head(connection: sqlite3.Connection) -> Head:
    """The last activity; number 0 and no hash where there is none."""
    row = connection.execute("SELECT id, hash FROM activities ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, "")


def first_at(connection: sqlite3.Connection) -> str | None:
    """When the first activity was; None where there is none."""
    row = connection.execute("SELECT at FROM activities ORDER BY id LIMIT 1").fetchone()
    return str(row[0]) if row else None


def tells_of_link(connection: sqlite3.Connection, email_id: int, kind: str, place_id: int) -> bool:
    """Whether the journal says that a person linked an email to a "case" or "lead"."""
    found = connection.execute(
        f"SELECT 1 FROM activities WHERE email_id = ? AND {kind}_id = ? AND verb = 'linked' LIMIT 1",
        (email_id, place_id),
    )
    return found.fetchone() is not None


def chained(before: str, row: tuple[object, ...]) -> str:
    """The hash of an activity: SHA-256 in hex of the hash before it, a line end, and its columns as a JSON array."""
    import hashlib  # noqa: PLC0415 - readers of the journal do without

    return hashlib.sha256(f"{before}\n{json.dumps(row, ensure_ascii=False)}".encode()).hexdigest()


def digest(salt: bytes, text: str) -> str:
    """What binds words to their activity: SHA-256 in hex of the salt and the text in UTF-8."""
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(salt + text.encode()).hexdigest()


def _chain(before: str, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        before = chained(before, row)
        yield (*row, before)
