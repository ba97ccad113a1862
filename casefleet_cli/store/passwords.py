"""What the passwords of users are checked against: secrets, though no passwords."""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def put(connection: sqlite3.Connection, user_id: int, hashed: str) -> None:
    """Give a user another password, by its hash."""
    connection.execute(
        "INSERT INTO passwords (user_id, hash, changed_at) VALUES (:user, :hash, :now)"
        " ON CONFLICT DO UPDATE SET hash = :hash, changed_at = :now",
        {"user": user_id, "hash": hashed, "now": clock.stamp()},
    )


def remove(connection: sqlite3.Connection, user_id: int) -> bool:
    """Take the password of a user away; False when there is none."""
    return connection.execute("DELETE FROM passwords WHERE user_id = ?", (user_id,)).rowcount > 0


def of_user(connection: sqlite3.Connection, user_id: int) -> str | None:
    """The hash of a user's password; None when there is none."""
    row = connection.execute("SELECT hash FROM passwords WHERE user_id = ?", (user_id,)).fetchone()
    return None if row is None else str(row[0])


def rehash(connection: sqlite3.Connection, user_id: int, before: str, hashed: str) -> None:
    """Keep the same password under stronger terms: sessions go on."""
    connection.execute("UPDATE passwords SET hash = ? WHERE user_id = ? AND hash = ?", (hashed, user_id, before))


def any_is_set(connection: sqlite3.Connection) -> bool:
    """Whether any user who is not disabled has a password."""
    found = connection.execute(
        "SELECT 1 FROM passwords AS p JOIN users AS u ON u.id = p.user_id WHERE u.disabled_at IS NULL LIMIT 1"
    )
    return found.fetchone() is not None


def standing(connection: sqlite3.Connection, user_id: int) -> str | None:
    """What sessions depend on, as one word that changes with it: the role and the password; None for nobody's user."""
    row = connection.execute(
        "SELECT u.role || ' ' || coalesce(p.changed_at || substr(p.hash, -16), '') FROM users AS u"
        " LEFT JOIN passwords AS p ON p.user_id = u.id WHERE u.id = ? AND u.disabled_at IS NULL",
        (user_id,),
    ).fetchone()
    return None if row is None else str(row[0])
