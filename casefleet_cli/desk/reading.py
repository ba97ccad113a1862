"""Who opened which mail, noted where the firm wants that: on the pages and at the command line alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import access
from casefleet_cli.store import settings, users, visits

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.access import Viewer


def is_noted(connection: sqlite3.Connection) -> bool:
    """Whether the firm wants it noted."""
    return settings.get(connection, settings.READ_LOG) == "on"


def note(path: str, viewer: Viewer, email_id: int, what: str) -> None:
    """Note that a viewer opens an email of the database at a path; before it is shown, so that none is shown unnoted.

    Raises CannotCreateError or TryAgainError when it cannot be noted.
    """
    with visits.opened(path) as book:
        book.note_read(viewer.user_id, email_id, what)


def listed(
    connection: sqlite3.Connection, path: str, user_id: int | None, email_id: int | None, limit: int | None
) -> list[dict[str, Any]]:
    """What was opened by a user (0: the person at this machine) and of an email, newest first, with the user's name.

    Raises CannotCreateError or TryAgainError when it cannot be read.
    """
    if not visits.are_there(path):
        return []
    with visits.opened(path) as book:
        rows = book.reads(user_id, email_id, limit)
    names = {user["id"]: user["name"] for user in users.listed(connection)}
    return [{**row, "user": names.get(row["user_id"], access.THIS_COMPUTER.name)} for row in rows]
