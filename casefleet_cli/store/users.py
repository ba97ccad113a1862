"""Firm users, the addresses they send from, and their secret BCC addresses."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.address import untagged
from casefleet_cli.core.rules.tags import normalised
from casefleet_cli.core.secrets import Mask
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database, settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from typing import Any

    from casefleet_cli.core.secrets.spelling import Secrets

_BY_BCC = """SELECT b.user_id, b.id, u.name,
u.disabled_at IS NULL AND (b.retired_at IS NULL OR coalesce(b.expires_at > :now, 0))
FROM bcc_addresses AS b JOIN users AS u ON u.id = b.user_id WHERE b.address = :address"""
_LIST = """SELECT u.id, u.name, u.role, (SELECT json_group_array(address) FROM
    (SELECT address FROM sender_addresses WHERE user_id = u.id ORDER BY id)) AS addresses, u.login,
u.disabled_at, u.created_at
FROM users AS u"""


class BccOwner(NamedTuple):
    """Whose a BCC address is, and whether mail to it is taken now."""

    user_id: int
    bcc_address_id: int
    user_name: str
    usable: bool
    """False once it is retired past its grace, or while its user is disabled."""
    tag: str = ""
    """The case tag that came with it, as core.rules.tags compares it."""


def by_bcc_address(connection: sqlite3.Connection, address: str, now: str) -> BccOwner | None:
    """The owner of a BCC address (normal form), current or retired, whatever follows a plus in it.

    None when it never existed. `now` is a UTC stamp: the moment for which `usable` is told.
    """
    plain, detail = untagged(address)
    row = connection.execute(_BY_BCC, {"address": plain, "now": now}).fetchone()
    return None if row is None else BccOwner(row[0], row[1], row[2], bool(row[3]), normalised(detail))


def sender_addresses(connection: sqlite3.Connection, user_id: int) -> frozenset[str]:
    """The addresses (normal form) a user sends mail from."""
    rows = connection.execute("SELECT address FROM sender_addresses WHERE user_id = ?", (user_id,))
    return frozenset(row[0] for row in rows)


def by_sender_address(connection: sqlite3.Connection, address: str) -> int | None:
    """The user who sends mail from an address (normal form), or None."""
    row = connection.execute("SELECT user_id FROM sender_addresses WHERE address = ?", (address,)).fetchone()
    return None if row is None else int(row[0])


def profile(connection: sqlite3.Connection, user_id: int) -> dict[str, Any] | None:
    """Name, role and sender addresses of a user, or None: nothing secret."""
    found = connection.execute("SELECT name, role FROM users WHERE id = ?", (user_id,)).fetchone()
    if found is None:
        return None
    return {"name": found[0], "role": found[1], "addresses": sorted(sender_addresses(connection, user_id))}


def senders_among(connection: sqlite3.Connection, addresses: Iterable[str]) -> set[str]:
    """Those of the addresses (normal form) that users send mail from."""
    return database.among(connection, "SELECT address FROM sender_addresses WHERE address", list(addresses))


def bcc_address(connection: sqlite3.Connection, user_id: int) -> str:
    """The current BCC address of a user: a secret, to be shown to its user only; "" when there is none."""
    row = connection.execute(
        "SELECT address FROM bcc_addresses WHERE user_id = ? AND retired_at IS NULL", (user_id,)
    ).fetchone()
    return "" if row is None else str(row[0])


def in_grace(connection: sqlite3.Connection, user_id: int, now: str) -> list[tuple[str, str]]:
    """The retired BCC addresses of a user that take mail still at `now` (a UTC stamp), and until when; secrets."""
    return connection.execute(
        "SELECT address, expires_at FROM bcc_addresses WHERE user_id = ? AND retired_at IS NOT NULL AND expires_at > ?"
        " ORDER BY expires_at, id",
        (user_id, now),
    ).fetchall()


def end_grace(connection: sqlite3.Connection, user_id: int, now: str) -> int:
    """Let no retired BCC address of a user take mail from `now` (a UTC stamp) on, and give how many did."""
    cursor = connection.execute(
        "UPDATE bcc_addresses SET expires_at = :now"
        " WHERE user_id = :user AND retired_at IS NOT NULL AND expires_at > :now",
        {"user": user_id, "now": now},
    )
    return cursor.rowcount


def has_bcc_address(connection: sqlite3.Connection, address: str) -> bool:
    """Whether an address (normal form) is or was a BCC address of anybody."""
    return connection.execute("SELECT 1 FROM bcc_addresses WHERE address = ?", (address,)).fetchone() is not None


def usable_addresses(connection: sqlite3.Connection, now: str) -> list[tuple[str, str | None]]:
    """Every BCC address that takes mail at `now` (a UTC stamp), with the end of its grace or None; secrets."""
    return connection.execute(
        "SELECT b.address, iif(b.retired_at IS NULL, NULL, b.expires_at) FROM bcc_addresses AS b"
        " JOIN users AS u ON u.id = b.user_id WHERE u.disabled_at IS NULL"
        " AND (b.retired_at IS NULL OR b.expires_at > ?) ORDER BY b.address",
        (now,),
    ).fetchall()


def copied_senders(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every sender address of a user who is not disabled, with that user's current BCC address; secrets."""
    return connection.execute(
        "SELECT s.address, b.address FROM sender_addresses AS s JOIN users AS u ON u.id = s.user_id"
        " JOIN bcc_addresses AS b ON b.user_id = u.id AND b.retired_at IS NULL"
        " WHERE u.disabled_at IS NULL ORDER BY s.address"
    ).fetchall()


def bcc_addresses(connection: sqlite3.Connection, *, but: int | None = None) -> list[str]:
    """Every BCC address there ever was (of all users `but` one), past and present, in normal form; secrets."""
    rows = connection.execute("SELECT address FROM bcc_addresses WHERE user_id IS NOT ? ORDER BY id", (but,))
    return [str(row[0]) for row in rows]


def newest_bcc_address(connection: sqlite3.Connection) -> int:
    """A number that grows whenever a BCC address is added; 0 while there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM bcc_addresses").fetchone()[0])


def mask(connection: sqlite3.Connection) -> Mask:
    """What hides BCC addresses in all that is derived from mail; it asks for them when a mail may tell one."""
    return Mask(settings.logging_domain(connection), lambda: bcc_addresses(connection))


def secrets(connection: sqlite3.Connection, logging_domain: str = "", *, but: int | None = None) -> Secrets:
    """What finds BCC addresses (of all users `but` one) in mail; with a domain, hides all local parts at it, too."""
    from casefleet_cli.core.secrets.mask import domains  # noqa: PLC0415 - as the next
    from casefleet_cli.core.secrets.spelling import Secrets  # noqa: PLC0415 - a delivery seldom needs it

    return Secrets(domains(logging_domain), bcc_addresses(connection, but=but))


def add(connection: sqlite3.Connection, name: str, role: str) -> int:
    """Add a user without any address and give its number."""
    cursor = connection.execute(
        "INSERT INTO users (name, role, created_at) VALUES (?, ?, ?)", (name, role, clock.stamp())
    )
    return int(cursor.lastrowid or 0)


def admins(connection: sqlite3.Connection) -> list[int]:
    """The admins who are not disabled."""
    rows = connection.execute("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id")
    return [int(row[0]) for row in rows]


def rename(connection: sqlite3.Connection, user_id: int, name: str) -> None:
    """Give a user another name."""
    connection.execute("UPDATE users SET name = ? WHERE id = ?", (name, user_id))


def set_role(connection: sqlite3.Connection, user_id: int, role: str) -> None:
    """Give a user another role: admin, standard, limited or guest."""
    connection.execute("UPDATE users SET role = ? WHERE id = ?", (role, user_id))


def set_disabled(connection: sqlite3.Connection, user_id: int, at: str | None) -> None:
    """Disable a user from a moment on (a UTC stamp), or enable it again (None)."""
    connection.execute("UPDATE users SET disabled_at = ? WHERE id = ?", (at, user_id))


def add_sender_address(connection: sqlite3.Connection, user_id: int, address: str) -> None:
    """Let a user send from an address (normal form) that no user has yet."""
    connection.execute("INSERT INTO sender_addresses (user_id, address) VALUES (?, ?)", (user_id, address))


def remove_sender_address(connection: sqlite3.Connection, user_id: int, address: str) -> bool:
    """Take an address from a user; False when the user did not have it."""
    cursor = connection.execute("DELETE FROM sender_addresses WHERE user_id = ? AND address = ?", (user_id, address))
    return cursor.rowcount > 0


def add_bcc_address(connection: sqlite3.Connection, user_id: int, address: str) -> None:
    """Give a user, who has no current one, a BCC address (normal form)."""
    connection.execute(
        "INSERT INTO bcc_addresses (user_id, address, created_at) VALUES (?, ?, ?)", (user_id, address, clock.stamp())
    )


def take_over_bcc_address(
    connection: sqlite3.Connection, user_id: int, address: str, created_at: str, retired_at: str | None,
    expires_at: str | None,
) -> None:  # fmt: skip
    """Let a user have a BCC address as another database of the firm has it; where it is known, only its end.

    The user must have no other current one when that is current.
    """
    connection.execute(
        "INSERT INTO bcc_addresses (user_id, address, created_at, retired_at, expires_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (address) DO UPDATE SET retired_at = coalesce(retired_at, excluded.retired_at),"
        " expires_at = min(coalesce(expires_at, excluded.expires_at), excluded.expires_at)"
        " WHERE excluded.retired_at IS NOT NULL",
        (user_id, address, created_at, retired_at, expires_at),
    )


def retire_bcc_address(connection: sqlite3.Connection, user_id: int, expires_at: str) -> None:
    """Retire the current BCC address of a user; mail to it is still taken until `expires_at` (a UTC stamp)."""
    connection.execute(
        "UPDATE bcc_addresses SET retired_at = ?, expires_at = ? WHERE user_id = ? AND retired_at IS NULL",
        (clock.stamp(), expires_at, user_id),
    )


def has_logins(connection: sqlite3.Connection) -> bool:
    """Whether any user has a unix login."""
    return connection.execute("SELECT 1 FROM users WHERE login IS NOT NULL LIMIT 1").fetchone() is not None


def by_login(connection: sqlite3.Connection, login: str) -> int | None:
    """The user of a unix login, or None."""
    row = connection.execute("SELECT id FROM users WHERE login = ?", (login,)).fetchone()
    return None if row is None else int(row[0])


def logins(connection: sqlite3.Connection) -> list[str]:
    """The unix logins of the users who are not disabled."""
    rows = connection.execute("SELECT login FROM users WHERE login IS NOT NULL AND disabled_at IS NULL ORDER BY login")
    return [str(row[0]) for row in rows]


def set_login(connection: sqlite3.Connection, user_id: int, login: str | None) -> None:
    """Give a user a unix login that no other has, or none."""
    connection.execute("UPDATE users SET login = ? WHERE id = ?", (login, user_id))


def active(connection: sqlite3.Connection, user_id: int) -> tuple[str, str] | None:
    """The name and the role of a user; None when there is no such user or it is disabled."""
    row = connection.execute("SELECT name, role FROM users WHERE id = ? AND disabled_at IS NULL", (user_id,)).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def all_active(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """Number, name and role of every user who is not disabled."""
    return connection.execute("SELECT id, name, role FROM users WHERE disabled_at IS NULL ORDER BY id").fetchall()


def one(connection: sqlite3.Connection, user_id: int) -> dict[str, Any]:
    """A user: id, name, role, addresses, login, disabled, disabled_at, created_at; never the BCC address."""
    return next(_told(connection.execute(f"{_LIST} WHERE u.id = ?", (user_id,))))


def listed(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """All users by name, each as `one` gives it."""
    return _told(connection.execute(f"{_LIST} ORDER BY u.name COLLATE NOCASE, u.id"))


def _told(cursor: sqlite3.Cursor) -> Iterator[dict[str, Any]]:
    for row in database.rows(cursor):
        yield {**row, "addresses": json.loads(str(row["addresses"])), "disabled": row["disabled_at"] is not None}
