"""Passwords for the pages: given, taken away, and checked in the same time whether there is such a user or not."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from casefleet_cli import access, clock
from casefleet_cli.core.address import normal
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, passwords, users
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

    from argon2 import PasswordHasher

LEAST, MOST = 12, 1000
"""Letters of a password."""


class BadPasswordError(UsageError):
    """A password that is too easy to guess, or too long."""


def put(connection: sqlite3.Connection, user_id: int, password: str, *, acting: int | None = None) -> None:
    """Give a user another password and end the user's visits; told in the journal.

    Raises BadPasswordError, and NotAllowedError for who is neither that user nor an admin.
    """
    access.require_own(access.who(connection, acting), user_id, "password")
    _check(connection, user_id, password)
    hashed = _hasher().hash(_same(password))
    with transaction(connection):
        passwords.put(connection, user_id, hashed)
        activities.add(connection, "edited", user_id=acting, about_user_id=user_id, detail="another password")


def remove(connection: sqlite3.Connection, user_id: int, *, acting: int | None = None) -> bool:
    """Take the password of a user away; False when there is none. Errors as `put`."""
    access.require_own(access.who(connection, acting), user_id, "password")
    with transaction(connection):
        removed = passwords.remove(connection, user_id)
        if removed:
            activities.add(connection, "edited", user_id=acting, about_user_id=user_id, detail="no password any more")
    return removed


def user_called(connection: sqlite3.Connection, name: str) -> int | None:
    """The user, not disabled, whom a unix login or a sender address names, as people sign in with it; or None."""
    typed = name.strip()
    found = users.by_login(connection, typed)
    if found is None and "@" in typed:
        found = users.by_sender_address(connection, normal(typed))
    return found if found is not None and users.active(connection, found) else None


def signed_in(connection: sqlite3.Connection, name: str, password: str) -> int | None:
    """The user of this name and password, or None; it takes as long whichever of them is wrong."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - 40 ms

    user_id = user_called(connection, name)
    hashed = passwords.of_user(connection, user_id) if user_id is not None else None
    try:
        _hasher().verify(hashed or _nobodys(), _same(password[:MOST]))
    except (VerificationError, InvalidHashError):
        return None
    return user_id if hashed else None


def _check(connection: sqlite3.Connection, user_id: int, password: str) -> None:
    if not LEAST <= len(password) <= MOST:
        raise BadPasswordError(f"A password has {LEAST} to {MOST} letters; several words are easy to keep in mind.")
    user = users.one(connection, user_id)
    plain = password.casefold()
    for word in [user["name"], *user["addresses"], *str(user["name"]).split()]:
        plain = plain.replace(str(word).casefold(), "")
    if len(set(plain)) < 6:
        raise BadPasswordError("This password is easy to guess; take several words that nobody connects with you.")


def _same(password: str) -> str:
    """One spelling of the letters that keyboards write in several (RFC 8265 section 4.2)."""
    return unicodedata.normalize("NFC", password)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - 40 ms

    return PasswordHasher()


@cache
def _nobodys() -> str:
    """A hash that no password has."""
    return _hasher().hash(clock.token(52))
