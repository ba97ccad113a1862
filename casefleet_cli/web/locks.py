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
SHOWN: dict[str, frozenset[str]] = {table: frozenset(columns.split()) for table, columns in {
    "activities": "id at verb user_id case_id lead_id contact_id email_id about_user_id about_activity_id digest",
    "activity_texts": "activity_id text",
    "attachments": "id email_id part filename content_type size content_id is_inline",
    "case_contacts": "case_id contact_id role",
    "case_users": "case_id user_id role",
    "cases": "id number title status opened_at closed_at restricted frozen_at",
    "contact_addresses": "id contact_id address",
    "contacts": "id name kind note created_at merged_into_id look",
    "decisions": "id delivery_id email_id outcome reason verdicts decided_at as_of tag",
    "deliveries": "id email_id user_id source import_id labels standing received_at state format",
    "email_addresses": "address sorts_at email_id",
    "email_cases": "email_id case_id linked_by decision_id user_id linked_at sorts_at",
    "email_contacts": "email_id contact_id linked_by sorts_at",
    "email_givings": "id email_id user_id given_at",
    "email_labels": "email_id label labelled_at",
    "email_leads": "email_id lead_id linked_by decision_id user_id linked_at sorts_at",
    "email_recipients": "id email_id kind name address",
    "email_references": "email_id position msgid",
    "email_search": "email_search rank",
    "email_search_data": "id block",
    "email_search_docsize": "id sz",
    "email_search_idx": "segid term pgno",
    "emails": "id fingerprint standing msgid subject from_name from_address sent_at logged_at text people filenames"
    " has_html forwards defects size moment_from rejected_at",
    "json_each": "key value type atom id parent fullkey path json root",
    "lead_contacts": "lead_id contact_id",
    "leads": "id name status stage source opened_at ended_at case_id",
    "never_log": "id entry user_id",
    "notifications": "id user_id kind email_id import_id detail created_at read_at",
    "settings": "name",
    "sender_addresses": "id user_id address",
    "users": "id name role created_at disabled_at",
}.items()}  # fmt: skip
"""What pages read, by table and column, whoever asks. What is in no line of this, a table or column of tomorrow, is
refused until somebody writes it down here."""
_NULL = frozenset({("bcc_addresses", "address"), ("bcc_addresses", "user_id"), ("settings", "value")})
"""What the questions of a page name and no page may know: it reads as NULL."""
_HARMLESS = frozenset({sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_TRANSACTION})
"""What tells nothing by itself: to count, to join, to begin and to end."""
_known: dict[tuple[str, int], bool] = {}


def shown_only(
    action: int, first: str | None, second: str | None, _database: str | None = None, _trigger: str | None = None
) -> int:
    """SQLite authorizer of the pages: what SHOWN names is read, secrets are NULL, and anything else is refused."""
    if action == sqlite3.SQLITE_READ:
        table, column = (first or "").lower(), (second or "").lower()
        if column in SHOWN.get(table, ()) or (table in SHOWN and column in ("", "rowid")):
            return sqlite3.SQLITE_OK
        if (table, column) in _NULL:
            return sqlite3.SQLITE_IGNORE
    if action in _HARMLESS:
        return sqlite3.SQLITE_DENY if (second or "").lower() == "load_extension" else sqlite3.SQLITE_OK
    return closed(action, first, second)


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


def nothing_attached(
    action: int, _first: str | None, _second: str | None, _database: str | None = None, _trigger: str | None = None
) -> int:
    """SQLite authorizer of Datasette's connections to other databases: ours is not attached there."""
    return sqlite3.SQLITE_DENY if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH) else sqlite3.SQLITE_OK


_SCHEMA = ("sqlite_master", "sqlite_schema", "email_search_config")
_OF_THE_SCHEMA = ("data_version", "schema_version", "table_info", "table_xinfo", "foreign_key_list", "index_list",
                  "index_info", "index_xinfo", "database_list")  # fmt: skip


def confine(connection: sqlite3.Connection) -> None:
    """Let a connection of ours read what pages show, and end what it does after PATIENCE seconds."""
    connection.set_authorizer(shown_only)
    deadline = clock.ticks() + PATIENCE
    connection.set_progress_handler(lambda: int(clock.ticks() > deadline), 50_000)


def is_loopback(address: str) -> bool:
    """Whether a peer is on this machine."""
    return address == "::1" or address.startswith("127.")


def guarded(datasette: Datasette) -> str:
    """The file of the first database of this Datasette that is ours, so that all of it is locked; "" where none is."""
    paths = [str(held.path) for held in datasette.databases.values() if held.path]
    return next((path for path in paths if is_ours(path)), "")


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
