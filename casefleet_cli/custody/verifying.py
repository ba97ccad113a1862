"""Proving that a database is what it was: the bytes, the index, the links and the journal."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.store import (
    activities,
    database,
    deliveries,
    links,
    originals,
    proof,
    search,
    soundness,
    standings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
    """Every check in turn; changes nothing. The index's own check is quickest on a connection that may write.

    `noted`: a head of the journal that was written down earlier, which must still be in it.
    """
    yield _checked("database", ("file", "files"), 1, _database(connection))
    for check, words, tables, faults in (
        ("originals", ("message", "messages"), ("raw_messages",), _originals(connection)),
        ("emails", ("e-mail", "e-mails"), ("emails",), _emails(connection)),
        ("links", ("link", "links"), ("email_cases", "email_leads"), _links(connection)),
        ("index", ("e-mail", "e-mails"), ("emails",), _index(connection)),
        ("journal", ("activity", "activities"), ("activities",), _journal(connection, noted)),
    ):
        yield _checked(check, words, _count(connection, *tables), faults)


def _checked(check: str, words: tuple[str, str], count: int, faults: Iterator[str]) -> Checked:
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
    one, many = words
    return Checked(check, count, one if count == 1 else many, (*named, *([f"and {more} more"] if more else [])))


def _count(connection: sqlite3.Connection, *tables: str) -> int:
    try:
        return database.count(connection, *tables)
    except sqlite3.DatabaseError:  # the check itself says so
        return 0


def _database(connection: sqlite3.Connection) -> Iterator[str]:
    for told in soundness.structure_faults(connection):
        yield f"SQLite says: {told}."
    for table, row, parent in soundness.orphans(connection):
        yield f"Row {row} of {table} names a row of {parent} that is not there."


def _originals(connection: sqlite3.Connection) -> Iterator[str]:
    for number, kept in originals.every(connection):
        try:
            raw = originals.unpack(bytes(kept.content), kept.packing)
        except (ValueError, zlib.error):
            yield f"The bytes of message {number}{_of_emails(connection, number)} cannot be unpacked."
            continue
        if hashlib.sha256(raw).hexdigest() != kept.sha256 or len(raw) != kept.size:
            yield f"The bytes of message {number}{_of_emails(connection, number)} are not those that came (SHA-256)."


def _of_emails(connection: sqlite3.Connection, raw_message_id: int) -> str:
    numbers = ", ".join(map(str, deliveries.emails_of(connection, raw_message_id, 5)))
    return f" (e-mail {numbers})" if numbers else ""


def _emails(connection: sqlite3.Connection) -> Iterator[str]:
    for number, standing, right in standings.wrong(connection):
        yield f"E-mail {number} is called {standing}, but its links and deliveries make it {right}."
    for number in deliveries.emails_without(connection):
        yield f"E-mail {number} came by no delivery."
    for number, email_id in deliveries.undecided(connection):
        yield f"Nothing says why e-mail {email_id} is where it is (delivery {number} has no decision)."


def _links(connection: sqlite3.Connection) -> Iterator[str]:
    for kind in ("case", "lead"):
        for email_id, place_id, linked_by, decision_id, decided_for, verdicts in links.every(connection, kind):
            where = f"E-mail {email_id} is on {kind} {place_id}"
            if linked_by == "rule":
                if decision_id is None or decided_for != email_id or not _names(verdicts, kind, place_id):
                    yield f"{where} by a rule, but no decision says so."
            elif not activities.tells_of_link(connection, email_id, kind, place_id):
                yield f"{where} by a person, but the journal does not say so."


def _names(verdicts: str, kind: str, place_id: int) -> bool:
    places = (verdict.get("place") or {} for verdict in json.loads(verdicts))
    return any(place.get("kind") == kind and place.get("id") == place_id for place in places)


def _index(connection: sqlite3.Connection) -> Iterator[str]:
    if not search.is_sound(connection):
        yield "The search index is not that of the e-mails; casefleet reparse --index makes it anew."


def _journal(connection: sqlite3.Connection, noted: activities.Head | None) -> Iterator[str]:
    for fault in proof.broken_links(connection):
        yield f"{fault[0].upper()}{fault[1:]}."
    if noted is not None:
        is_noted = proof.is_noted(connection, noted.id, noted.hash)
        if is_noted is None:
            yield f"Activity {noted.id}, which was noted, is not there: the end of the journal was cut off."
        elif not is_noted:
            yield f"Activity {noted.id} has not the hash that was noted: the journal was written anew."


def sound(connection: sqlite3.Connection, tell: Callable[[str], None]) -> bool:
    """Whether every check finds nothing; tells each fault."""
    faults = [fault for checked in checks(connection) for fault in checked.faults]
    for fault in faults:
        tell(fault)
    return not faults
