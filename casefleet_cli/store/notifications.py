"""What users were told and have not yet seen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3


def add(
    connection: sqlite3.Connection,
    user_id: int,
    kind: str,
    *,
    email_id: int | None = None,
    import_id: int | None = None,
    detail: str = "",
) -> None:
    """Tell a user one thing, unless an unread notification tells the same already."""
    connection.execute(
        "INSERT INTO notifications (user_id, kind, email_id, import_id, detail, created_at)"
        " SELECT :user, :kind, :email, :import, :detail, :now WHERE :email IS NULL OR NOT EXISTS (SELECT 1 FROM"
        " notifications WHERE email_id = :email AND user_id = :user AND kind = :kind AND read_at IS NULL)",
        {
            "user": user_id,
            "kind": kind,
            "email": email_id,
            "import": import_id,
            "detail": detail,
            "now": clock.stamp(),
        },
    )


def settle(connection: sqlite3.Connection, email_id: int, kind: str) -> None:
    """Mark what users were told about an email as seen to, because the matter is."""
    connection.execute(
        "UPDATE notifications SET read_at = ? WHERE email_id = ? AND kind = ? AND read_at IS NULL",
        (clock.stamp(), email_id, kind),
    )


def mark_read(connection: sqlite3.Connection, numbers: list[int], user_id: int | None) -> list[int]:
    """Mark notifications as read (only the user's own, when one is given) and name those that were found."""
    found = []
    for number in numbers:
        cursor = connection.execute(
            "UPDATE notifications SET read_at = coalesce(read_at, ?) WHERE id = ? AND (? IS NULL OR user_id = ?)",
            (clock.stamp(), number, user_id, user_id),
        )
        if cursor.rowcount:
            found.append(number)
    return found


def mark_all_read(connection: sqlite3.Connection, user_id: int | None) -> int:
    """Mark every unread notification (of one user, when given) as read and count them."""
    return connection.execute(
        "UPDATE notifications SET read_at = ? WHERE read_at IS NULL AND (? IS NULL OR user_id = ?)",
        (clock.stamp(), user_id, user_id),
    ).rowcount


def listed(
    connection: sqlite3.Connection, user_id: int | None, *, read_too: bool, limit: int | None
) -> list[tuple[object, ...]]:
    """Notifications, newest first: id, created_at, user, kind, email_id, subject, detail, read_at."""
    return connection.execute(
        "SELECT n.id, n.created_at, u.name, n.kind, n.email_id, e.subject, n.detail, n.read_at FROM notifications AS n"
        " JOIN users AS u ON u.id = n.user_id LEFT JOIN emails AS e ON e.id = n.email_id"
        " WHERE (:user IS NULL OR n.user_id = :user) AND (:all OR n.read_at IS NULL) ORDER BY n.id DESC LIMIT :limit",
        {"user": user_id, "all": read_too, "limit": -1 if limit is None else limit},
    ).fetchall()
