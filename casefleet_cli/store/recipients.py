"""The map of BCC addresses that Postfix reads, with who sends from which address: a small SQLite file of its own."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from casefleet_cli.errors import ConfigError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Mapping

MAP_ID = 0x63_66_6C_6D
""""cflm": marks the file as a map of ours (PRAGMA application_id)."""
_TABLE = "CREATE TABLE recipients (address TEXT PRIMARY KEY, expires_at TEXT) STRICT, WITHOUT ROWID"
_SENDERS = (
    "CREATE TABLE IF NOT EXISTS senders (address TEXT PRIMARY KEY, bcc_address TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_OWNER = "CREATE TABLE IF NOT EXISTS owner (path TEXT NOT NULL) STRICT"

BCC_OF_SENDER = "SELECT bcc_address FROM senders WHERE address = lower('%s')"
"""For Postfix, which puts a sender's address in (sqlite_table(5))."""
LOGINS_OF_SENDER = """SELECT login.address FROM senders AS login JOIN senders AS sender USING (bcc_address)
  WHERE sender.address = lower('%s')"""
"""For Postfix: a login is one of the addresses of the user whose address the sender is."""


class Content(NamedTuple):
    """What a map holds; all addresses in normal form."""

    recipients: Mapping[str, str | None]
    """The BCC addresses that take mail, each with the end of its grace or None."""
    senders: Mapping[str, str]
    """The sender addresses, each with the current BCC address of its user."""


def make(path: str, content: Content, owner: str) -> None:
    """Make a map at a path where nothing is. `owner`: the path of the database whose map it is."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute(f"PRAGMA application_id = {MAP_ID}")
        with database.transaction(new):
            new.execute(_TABLE)
            put(new, content)
            put_owner(new, owner)


def opened(path: str, mode: str) -> sqlite3.Connection:
    """Open a map ("ro" or "rw"); raises sqlite3.Error, ConfigError when something else is there."""
    there = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode={mode}", uri=True, timeout=10, isolation_level=None)
    try:
        (application,) = there.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error:
        there.close()
        raise
    if application != MAP_ID:
        there.close()
        raise ConfigError(f"{path} is there and is not a map of casefleet; name another file.")
    return there


def content(there: sqlite3.Connection) -> Content:
    """What a map holds; no senders where it was made by a release that put none there."""
    recipients = dict(there.execute("SELECT address, expires_at FROM recipients").fetchall())
    return Content(recipients, dict(there.execute("SELECT * FROM senders").fetchall()) if has_senders(there) else {})


def has_senders(there: sqlite3.Connection) -> bool:
    """Whether a map tells who sends from which address, if only that nobody does."""
    return there.execute("SELECT 1 FROM sqlite_schema WHERE name = 'senders'").fetchone() is not None


def owner(there: sqlite3.Connection) -> str | None:
    """The path of the database whose map it is; None where it does not say."""
    if not there.execute("SELECT 1 FROM sqlite_schema WHERE name = 'owner'").fetchone():
        return None
    row = there.execute("SELECT path FROM owner").fetchone()
    return None if row is None else str(row[0])


def put_owner(there: sqlite3.Connection, path: str) -> None:
    """Make a map that of the database at a path, within the caller's transaction."""
    there.execute(_OWNER)
    there.execute("DELETE FROM owner")
    there.execute("INSERT INTO owner VALUES (?)", (path,))


def put(there: sqlite3.Connection, wanted: Content) -> None:
    """Let a map hold this and nothing else, within the caller's transaction."""
    there.execute(_SENDERS)
    there.execute("DELETE FROM recipients")
    there.execute("DELETE FROM senders")
    there.executemany("INSERT INTO recipients VALUES (?, ?)", wanted.recipients.items())
    there.executemany("INSERT INTO senders VALUES (?, ?)", wanted.senders.items())
