"""The journal: one row for each thing that happened, appended and never changed, each bound to the one before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from casefleet_cli.core.rules.routing import Place

_COLUMNS = "id, at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail"
_APPEND = f"INSERT INTO activities ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


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
    detail: str = "",
) -> int:
    """Append one activity, done now by `user_id` (None: a rule or an unnamed person), and give its number.

    To be called inside a transaction, so that nobody else appends meanwhile.
    """
    last = head(connection)
    row = (last.id + 1, clock.stamp(), verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail)
    connection.execute(_APPEND, (*row, chained(last.hash, row)))
    return row[0]


def add_all(connection: sqlite3.Connection, done: Sequence[tuple[str, Place | None, int, int]]) -> None:
    """Append what rules did now to emails: each verb, case or lead, email, and the user it was done for."""
    moment = clock.stamp()
    last = head(connection)
    rows = (
        (last.id + n, moment, verb, None, place and place.case_id, place and place.lead_id, None, email_id, user_id, "")
        for n, (verb, place, email_id, user_id) in enumerate(done, 1)
    )
    connection.executemany(_APPEND, _chain(last.hash, rows))


def head(connection: sqlite3.Connection) -> Head:
    """The last activity; number 0 and no hash where there is none."""
    row = connection.execute("SELECT id, hash FROM activities ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, "")


def hash_of(connection: sqlite3.Connection, number: int) -> str | None:
    """The hash of an activity, or None when there is no such activity."""
    row = connection.execute("SELECT hash FROM activities WHERE id = ?", (number,)).fetchone()
    return None if row is None else str(row[0])


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


def _chain(before: str, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        before = chained(before, row)
        yield (*row, before)


def broken_links(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Every place where the journal is not what it was when it was written: the activity's number, and what is wrong.

    A changed activity is found by its own hash, a missing one by its number. What this cannot see is a journal of which
    the end was cut off, or one that was written anew as a whole: compare the head with one that was noted elsewhere.
    """
    before, last = "", 0
    for *row, found in connection.execute(f"SELECT {_COLUMNS}, hash FROM activities ORDER BY id"):
        number = row[0]
        if number != last + 1:
            missing = f"activity {last + 1}" if number == last + 2 else f"activities {last + 1} to {number - 1}"
            yield number, f"{missing} are missing" if "to" in missing else f"{missing} is missing"
        elif chained(before, tuple(row)) != found:
            yield number, f"activity {number} is not what was written"
        before, last = found, number
