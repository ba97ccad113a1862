"""The locks around Datasette: what its own connections may read, and the headers of every answer."""

from __future__ import annotations

import os
import re
import sqlite3
from typing import TYPE_CHECKING

from casefleet_cli import clock
from casefleet_cli.store import database

if TYPE_CHECKING:
    from datasette.app import Datasette

LOOPBACK_NAME = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
"""Host headers that no DNS rebinding can bring: only they reach a server on loopback."""

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""Content-Security-Policy of our pages: no script at all, nothing from elsewhere."""
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""Content-Security-Policy of a mail's HTML: an origin of its own, no script, no request; links open a new window."""

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"x-robots-tag": b"noindex, nofollow",
}
"""On every answer, whatever the answer says itself."""
DEFAULT_HEADERS = {
    b"content-security-policy": PAGE_POLICY.encode(),
    b"x-frame-options": b"DENY",
}
"""On every answer that does not bring its own."""

PATIENCE = 10.0
"""Seconds after which a page is given up, so that no question keeps a thread for good."""
_SECRET_COLUMNS = frozenset({("raw_messages", "content"), ("settings", "value")})
_SECRET_TABLES = frozenset({"bcc_addresses", "passwords"})
_known: dict[tuple[str, int], bool] = {}


def blind(
    action: int, first: str | None, second: str | None, _database: str | None = None, _trigger: str | None = None
) -> int:
    """SQLite authorizer: secret columns read as NULL, and no other database file can be attached."""
    if action == sqlite3.SQLITE_READ and first is not None:
        table, column = first.lower(), (second or "").lower()
        if table in _SECRET_TABLES or (table, column) in _SECRET_COLUMNS:
            return sqlite3.SQLITE_IGNORE
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def closed(
    action: int, first: str | None, second: str | None, _database: str | None = None, _trigger: str | None = None
) -> int:
    """SQLite authorizer: the schema can be read, as Datasette does when it starts, and no row of any table."""
    if action == sqlite3.SQLITE_SELECT:
        return sqlite3.SQLITE_OK
    # FTS5 asks to write the schema when it connects; the connection is for reading only, whatever it asks.
    if action in (sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE) and (first or "").lower() in _SCHEMA:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _OF_THE_SCHEMA:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in ("lower", "upper", "like", "count"):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


_SCHEMA = ("sqlite_master", "sqlite_schema", "email_search_config")
_OF_THE_SCHEMA = ("data_version", "schema_version", "table_info", "table_xinfo", "foreign_key_list", "index_list",
                  "index_info", "index_xinfo", "database_list")  # fmt: skip


def confine(connection: sqlite3.Connection) -> None:
    """Make a connection of ours blind to secrets, and end what it does after PATIENCE seconds."""
    connection.set_authorizer(blind)
    deadline = clock.ticks() + PATIENCE
    connection.set_progress_handler(lambda: int(clock.ticks() > deadline), 50_000)


def is_loopback(address: str) -> bool:
    """Whether a peer is on this machine."""
    return address == "::1" or address.startswith("127.")


def guards(datasette: Datasette) -> bool:
    """Whether any database of this Datasette is ours, so that all of it is locked; when in doubt, it is."""
    paths = [str(held.path) for held in datasette.databases.values() if held.path]
    return any(is_ours(path) for path in paths)


def is_ours(path: str) -> bool:
    """Whether the file is a casefleet database; when that cannot be told, it is."""
    try:
        key = (path, os.stat(path).st_ino)  # noqa: PTH116 - asked at every request
    except OSError:
        return True
    known = _known.get(key)
    if known is None:
        known = _known[key] = _has_our_mark(path)
    return known


def _has_our_mark(path: str) -> bool:
    try:
        return database.has_our_mark(path)
    except sqlite3.Error:
        return True
