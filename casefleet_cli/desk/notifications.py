"""What users say they have seen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.store import notifications
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3


def read(connection: sqlite3.Connection, numbers: list[int], acting: int | None) -> list[int]:
    """Mark notifications as read (only those of who acts, when that is a user) and name those that were found."""
    with transaction(connection):
        return notifications.mark_read(connection, numbers, acting)


def read_all(connection: sqlite3.Connection, acting: int | None) -> int:
    """Mark every unread notification (of who acts, when that is a user) as read and count them."""
    with transaction(connection):
        return notifications.mark_all_read(connection, acting)
