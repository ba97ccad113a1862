"""Feeds: people let a feed reader see one page with their eyes, and take that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import access, clock
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, feed_tokens
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import Any


class NoFeedError(UsageError):
    """No feed has this number, or none that is for who asks."""


class Added(NamedTuple):
    """A feed that is new."""

    number: int
    token: str
    """A secret that is kept nowhere: whoever has it sees what the feed shows."""


def add(connection: sqlite3.Connection, page: str, user_id: int, *, acting: int | None = None) -> Added:
    """Let a new token open a page (its path with its query) with the eyes of a user; told in the journal.

    Raises NotAllowedError for who is neither that user nor an admin.
    """
    access.require_own(access.who(connection, acting), user_id, "feeds")
    token = clock.token(feed_tokens.LETTERS)
    with transaction(connection):
        number = _enter(connection, f"feed of {page} added", user_id, acting)
        feed_tokens.put(connection, number, user_id, page, token)
    return Added(number, token)


def listed(connection: sqlite3.Connection, *, acting: int | None = None) -> list[dict[str, Any]]:
    """The feeds of all users for admins, else the own, by number."""
    viewer = access.who(connection, acting)
    return feed_tokens.listed(connection, None if viewer.is_admin else viewer.user_id)


def revoke(connection: sqlite3.Connection, numbers: Iterable[int], *, acting: int | None = None) -> None:
    """Let the addresses of feeds open nothing any more; told in the journal.

    Raises NoFeedError for a number of none, or of another's where who acts is no admin; then all stay.
    """
    with transaction(connection):
        there = {row["id"]: row for row in listed(connection, acting=acting)}
        for number in dict.fromkeys(numbers):
            if number not in there:
                raise NoFeedError(f"There is no feed {number}; casefleet atom list shows what there is.")
            _end(connection, there[number], acting)


def end(connection: sqlite3.Connection, user_id: int, *, acting: int | None = None) -> None:
    """Revoke all feeds of a user, inside the caller's transaction."""
    for row in feed_tokens.listed(connection, user_id):
        _end(connection, row, acting)


def _end(connection: sqlite3.Connection, row: dict[str, Any], acting: int | None) -> None:
    feed_tokens.remove(connection, row["id"])
    _enter(connection, f"feed {row['id']} of {row['page']} revoked", row["user_id"], acting)


def _enter(connection: sqlite3.Connection, what: str, user_id: int, acting: int | None) -> int:
    return activities.add(connection, "edited", user_id=acting, about_user_id=user_id, detail=what)
