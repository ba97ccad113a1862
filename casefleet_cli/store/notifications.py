"""What users were told and have not yet seen to."""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database, deliveries

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from casefleet_cli.store.sight import Sight

_NAMING = ("filed-by-tag", "no-contact", "unknown-case-tag")
"""Kinds whose detail may name cases and leads."""


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
        " notifications WHERE email_id = :email AND user_id = :user AND kind = :kind AND detail = :detail"
        " AND read_at IS NULL)",
        {
            "user": user_id,
            "kind": kind,
            "email": email_id,
            "import": import_id,
            "detail": detail,
            "now": clock.stamp(),
        },
    )


def was_told(connection: sqlite3.Connection, user_id: int, kind: str) -> bool:
    """Whether the user was ever told of this kind, read or not."""
    found = connection.execute("SELECT 1 FROM notifications WHERE user_id = ? AND kind = ? LIMIT 1", (user_id, kind))
    return found.fetchone() is not None


def settle(connection: sqlite3.Connection, email_id: int, *kinds: str) -> None:
    """Mark what users were told about an email as seen to, because the matter is."""
    connection.executemany(
        "UPDATE notifications SET read_at = ? WHERE email_id = ? AND kind = ? AND read_at IS NULL",
        [(clock.stamp(), email_id, kind) for kind in kinds],
    )


def settle_all(connection: sqlite3.Connection, user_id: int, kinds: tuple[str, ...]) -> None:
    """Mark what a user was told, of some kinds, as seen to."""
    connection.executemany(
        "UPDATE notifications SET read_at = ? WHERE user_id = ? AND kind = ? AND read_at IS NULL",
        [(clock.stamp(), user_id, kind) for kind in kinds],
    )


def hand_over(connection: sqlite3.Connection, from_id: int, to_id: int, kinds: tuple[str, ...]) -> int:
    """Let unread notifications of some kinds be another user's, and count them."""
    return sum(
        connection.execute(
            "UPDATE notifications SET user_id = ? WHERE user_id = ? AND kind = ? AND read_at IS NULL",
            (to_id, from_id, kind),
        ).rowcount
        for kind in kinds
    )


def settle_filed(connection: sqlite3.Connection, email_id: int) -> None:
    """Mark as seen to what users were told about an email that was filed nowhere, because now it is."""
    settle(connection, email_id, "unassigned", "no-contact", "given")


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


def count_unread(connection: sqlite3.Connection, user_id: int | None, cap: int) -> int:
    """How many notifications of a user (None: of all) are unread, at most the cap."""
    (found,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM notifications AS n"
        f" WHERE n.read_at IS NULL AND {_of(user_id)} LIMIT :cap)",
        {"user": user_id, "cap": cap},
    ).fetchone()
    return int(found)


def kinds(connection: sqlite3.Connection, user_id: int | None, cap: int) -> list[tuple[str, int]]:
    """The kinds of the newest unread notifications of a user (None: of all), at most the cap, and how many of each."""
    found = connection.execute(
        "SELECT kind, count(*) FROM (SELECT n.kind FROM notifications AS n"
        f" WHERE n.read_at IS NULL AND {_of(user_id)} ORDER BY n.id DESC LIMIT :cap) GROUP BY kind ORDER BY 2 DESC, 1",
        {"user": user_id, "cap": cap},
    )
    return [(str(kind), int(count)) for kind, count in found]


def listed(
    connection: sqlite3.Connection,
    sight: Sight,
    user_id: int | None,
    *,
    read_too: bool,
    before: int = database.BEYOND,
    limit: int | None = None,
    kind: str = "",
) -> list[dict[str, Any]]:
    """Notifications of a user (None: of all), or of these those of one kind, newest first, those below a number; the
    email where it is in sight.
    """
    cursor = connection.execute(
        "SELECT n.id, n.kind, n.detail, n.created_at, n.read_at, n.import_id, u.name AS user, e.id AS email_id,"
        " e.subject, e.from_name, e.from_address FROM notifications AS n JOIN users AS u ON u.id = n.user_id"
        f" LEFT JOIN emails AS e ON e.id = n.email_id AND {sight.emails('e')}"
        f" WHERE n.id < :before AND {_of(user_id)} AND {'1' if read_too else 'n.read_at IS NULL'}"
        f" AND {'n.kind = :kind' if kind else '1'} ORDER BY n.id DESC LIMIT :limit",
        {"user": user_id, "kind": kind, "before": before, "limit": -1 if limit is None else limit, **sight.parameters},
    )
    found = list(database.rows(cursor))
    if not sight.is_whole:
        for row in found:
            if row["kind"] in _NAMING and not _tag_is_seen(connection, sight, row["email_id"]):
                row["detail"] = ""
    return found


def _tag_is_seen(connection: sqlite3.Connection, sight: Sight, email_id: Any) -> bool:
    """Whether what a case tag of an email named is in sight."""
    if email_id is None:
        return False
    return any(decision["tag"] for decision in deliveries.decisions(connection, email_id, sight=sight))


def _of(user_id: int | None) -> str:
    return "1" if user_id is None else "n.user_id = :user"
