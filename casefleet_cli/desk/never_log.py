"""The never-log list, as people change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import access
from casefleet_cli.desk import entries
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, never_log
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3


class NotYourListError(UsageError):
    """The list is the firm's or another user's."""


def entry_of(text: str) -> str:
    """An address in normal form, or "@" and a domain; raises BadEntryError for anything else."""
    typed = text.strip()
    local, at, domain = typed.rpartition("@")
    if local:
        return entries.address(typed)
    return f"@{entries.domain(domain if at else typed)}"


def add(connection: sqlite3.Connection, text: str, user_id: int | None, *, acting: int | None = None) -> bool:
    """Put an address or a domain on a user's list, or the firm's (None); False when it is there already.

    What is logged already stays. Raises BadEntryError, and NotYourListError for who is no admin.
    """
    entry = entry_of(text)
    with transaction(connection):
        _check(connection, user_id, acting)
        is_new = never_log.add(connection, entry, user_id)
        if is_new:
            _journal(connection, "added to never-log", entry, user_id, acting)
        return is_new


def remove(connection: sqlite3.Connection, text: str, user_id: int | None, *, acting: int | None = None) -> None:
    """Take an entry off a list; errors as `add`, and UsageError when it is not there."""
    entry = entry_of(text)
    with transaction(connection):
        _check(connection, user_id, acting)
        if not never_log.remove(connection, entry, user_id):
            whose = "the firm's never-log list" if user_id is None else "the never-log list of this user"
            raise UsageError(f"{entry} is not on {whose}; casefleet never-log list shows what is.")
        _journal(connection, "removed from never-log", entry, user_id, acting)


def listed(connection: sqlite3.Connection, user_id: int | None, *, acting: int | None = None) -> list[dict[str, Any]]:
    """The firm's list and those of users (or of one); who is no admin sees the firm's and the own alone."""
    whose = user_id if access.who(connection, acting).is_admin else acting
    return never_log.listed(connection, whose)


def _check(connection: sqlite3.Connection, user_id: int | None, acting: int | None) -> None:
    viewer = access.who(connection, acting)
    if not viewer.is_admin and user_id != viewer.user_id:
        raise NotYourListError("This list is for admins to change; with --user and your name you change your own.")


def _journal(connection: sqlite3.Connection, verb: str, entry: str, user_id: int | None, acting: int | None) -> None:
    whose = " of the firm" if user_id is None else ""
    activities.add(connection, "edited", user_id=acting, about_user_id=user_id, detail=f"{verb}{whose}: {entry}")
