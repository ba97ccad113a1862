"""Proving that a database is what it was: the bytes, the index, the links and the journal."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.store import activities, database
from casefleet_cli.store.originals import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STANDING = """CASE
    WHEN EXISTS (SELECT 1 FROM email_cases WHERE email_id = e.id)
      OR EXISTS (SELECT 1 FROM email_leads WHERE email_id = e.id) THEN 'linked'
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE email_id = e.id AND standing IN ('routed', 'released'))
      THEN 'unassigned'
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE email_id = e.id AND standing = 'held') THEN 'held'
    ELSE 'rejected' END"""


class Checked(NamedTuple):
    """What one check found."""

    check: str
    looked_at: int
    """How many things were looked at."""
    of_what: str
    faults: tuple[str, ...]
    """A sentence for each thing that is not as it was; at most MOST_FAULTS, then how many more."""


MOST_FAULTS = 50


def checks(connection: sqlite3.Connection, noted: activities.Head | None = None) -> Iterator[Checked]:
    """Every check in turn; needs a connection that may write, for the index's own check, and changes nothing.

    `noted`: a head of the journal that was written down earlier, which must still be in it.
    """
    yield _checked("database", "tables", 1, _database(connection))
    yield _checked("originals", "messages", _count(connection, "raw_messages"), _originals(connection))
    yield _checked("emails", "e-mails", _count(connection, "emails"), _emails(connection))
    yield _checked("links", "links", _count(connection, "email_cases", "email_leads"), _links(connection))
    yield _checked("index", "e-mails", _count(connection, "emails"), _index(connection))
    yield _checked("journal", "activities", _count(connection, "activities"), _journal(connection, noted))


def _checked(check: str, of_what: str, count: int, faults: Iterator[str]) -> Checked:
    named: list[str] = []
    more = 0
    try:
        for fault in faults:
            if len(named) < MOST_FAULTS:
                named.append(fault)
            else:
                more += 1
    except sqlite3.DatabaseError as error:
        named.append(f"This could not be read to its end: {error}.")
    return Checked(check, count, of_what, (*named, *([f"and {more} more"] if more else [])))


def _count(connection: sqlite3.Connection, *tables: str) -> int:
    try:
        return sum(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
    except sqlite3.DatabaseError:
        return 0


def _database(connection: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in connection.execute("PRAGMA integrity_check(20)"):
        if answer != "ok":
            yield f"SQLite says: {answer}."
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"Row {row} of {table} names a row of {parent} that is not there."


def _originals(connection: sqlite3.Connection) -> Iterator[str]:
    for number, digest, size, content, packing in connection.execute(
        "SELECT id, sha256, size, content, packing FROM raw_messages ORDER BY id"
    ):
        try:
            raw = unpack(bytes(content), packing)
        except (ValueError, zlib.error):
            yield f"The bytes of message {number}{_of_emails(connection, number)} cannot be unpacked."
            continue
        if hashlib.sha256(raw).hexdigest() != digest or len(raw) != size:
            yield f"The bytes of message {number}{_of_emails(connection, number)} are not those that came (SHA-256)."


def _of_emails(connection: sqlite3.Connection, raw_message_id: int) -> str:
    rows = connection.execute(
        "SELECT DISTINCT email_id FROM deliveries WHERE raw_message_id = ? LIMIT 5", (raw_message_id,)
    )
    numbers = ", ".join(str(row[0]) for row in rows)
    return f" (e-mail {numbers})" if numbers else ""


def _emails(connection: sqlite3.Connection) -> Iterator[str]:
    for number, standing, right in connection.execute(
        f"SELECT e.id, e.standing, {_STANDING} AS wanted FROM emails AS e WHERE e.standing <> wanted"
    ):
        yield f"E-mail {number} is called {standing}, but its links and deliveries make it {right}."
    for (number,) in connection.execute(
        "SELECT id FROM emails AS e WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE email_id = e.id)"
    ):
        yield f"E-mail {number} came by no delivery."
    for number, email_id in connection.execute(
        "SELECT d.id, d.email_id FROM deliveries AS d JOIN emails AS e ON e.id = d.email_id"
        " WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE email_id = d.email_id)"
    ):
        yield f"Nothing says why e-mail {email_id} is where it is (delivery {number} has no decision)."


def _links(connection: sqlite3.Connection) -> Iterator[str]:
    for kind in ("case", "lead"):
        rows = connection.execute(
            f"SELECT l.email_id, l.{kind}_id, l.linked_by, l.decision_id, n.email_id, n.verdicts"
            f" FROM email_{kind}s AS l LEFT JOIN decisions AS n ON n.id = l.decision_id"
        )
        for email_id, place_id, linked_by, decision_id, decided_for, verdicts in rows:
            where = f"E-mail {email_id} is on {kind} {place_id}"
            if linked_by == "rule":
                if decision_id is None or decided_for != email_id or not _names(verdicts, kind, place_id):
                    yield f"{where} by a rule, but no decision says so."
            elif not _was_linked(connection, kind, email_id, place_id):
                yield f"{where} by a person, but the journal does not say so."


def _names(verdicts: str, kind: str, place_id: int) -> bool:
    places = (verdict.get("place") or {} for verdict in json.loads(verdicts))
    return any(place.get("kind") == kind and place.get("id") == place_id for place in places)


def _was_linked(connection: sqlite3.Connection, kind: str, email_id: int, place_id: int) -> bool:
    found = connection.execute(
        f"SELECT 1 FROM activities WHERE email_id = ? AND {kind}_id = ? AND verb = 'linked' LIMIT 1",
        (email_id, place_id),
    )
    return found.fetchone() is not None


def _index(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        with database.transaction(connection):
            connection.execute("INSERT INTO email_search (email_search, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        yield "The search index is not that of the e-mails; casefleet reparse --index makes it anew."


def _journal(connection: sqlite3.Connection, noted: activities.Head | None) -> Iterator[str]:
    for _, fault in activities.broken_links(connection):
        yield f"{fault[0].upper()}{fault[1:]}."
    if noted is not None:
        row = connection.execute("SELECT hash FROM activities WHERE id = ?", (noted.id,)).fetchone()
        if row is None:
            yield f"Activity {noted.id}, which was noted, is not there: the end of the journal was cut off."
        elif row[0] != noted.hash:
            yield f"Activity {noted.id} has not the hash that was noted: the journal was written anew."


def sound(connection: sqlite3.Connection, tell: Callable[[str], None]) -> bool:
    """Whether every check finds nothing; tells each fault."""
    faults = [fault for checked in checks(connection) for fault in checked.faults]
    for fault in faults:
        tell(fault)
    return not faults
