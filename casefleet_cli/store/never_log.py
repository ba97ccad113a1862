"""The never-log list: addresses and domains whose mail the firm, or a user, does not want logged."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.rules.routing import THE_FIRM
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import Any

_FITTING = f"""SELECT asked.value, coalesce(n.user_id, {THE_FIRM}) FROM json_each(?) AS asked
CROSS JOIN never_log AS n ON n.entry = asked.value"""


def add(connection: sqlite3.Connection, entry: str, user_id: int | None) -> bool:
    """Put an address or "@domain" (normal form) on a user's list, or the firm's (None); False when it is there."""
    done = connection.execute(
        "INSERT OR IGNORE INTO never_log (entry, user_id, added_at) VALUES (?, ?, ?)", (entry, user_id, clock.stamp())
    )
    return done.rowcount > 0


def remove(connection: sqlite3.Connection, entry: str, user_id: int | None) -> bool:
    """Take an entry off a user's list, or the firm's (None); False when it is not there."""
    done = connection.execute("DELETE FROM never_log WHERE entry = ? AND user_id IS ?", (entry, user_id))
    return done.rowcount > 0


def listed(connection: sqlite3.Connection, user_id: int | None = None) -> list[dict[str, Any]]:
    """The firm's list and the users', or with a user the firm's and that user's; as rows, by entry."""
    cursor = connection.execute(
        "SELECT n.entry, n.user_id, u.name AS user, n.added_at FROM never_log AS n"
        " LEFT JOIN users AS u ON u.id = n.user_id WHERE :user IS NULL OR n.user_id IS NULL OR n.user_id = :user"
        " ORDER BY substr(n.entry, instr(n.entry, '@')), n.entry, n.user_id",
        {"user": user_id},
    )
    return list(database.rows(cursor))


def fitting(connection: sqlite3.Connection, addresses: Iterable[str]) -> dict[str, frozenset[int]]:
    """By address (normal form): the users on whose list it or its domain is, THE_FIRM for everybody's."""
    domains = {address: f"@{address.rpartition('@')[2]}" for address in addresses}
    asked = json.dumps([*domains, *dict.fromkeys(domains.values())])
    found: dict[str, set[int]] = {}
    for entry, user_id in connection.execute(_FITTING, (asked,)):
        found.setdefault(entry, set()).add(user_id)
    if not found:
        return {}
    both = ((address, found.get(address, set()) | found.get(domain, set())) for address, domain in domains.items())
    return {address: frozenset(users) for address, users in both if users}
