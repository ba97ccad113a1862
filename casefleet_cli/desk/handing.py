"""What goes from one user to another: unassigned mail, and all that a user leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, cases, emails, givings, notifications, users
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_OWED = ("filed-by-tag", "no-contact", "unknown-case-tag", "exposed-address", "rejected", "import-summary")
"""The kinds of unread notifications that go to who takes over; held mail stays its owner's and the admins'."""


class NotGivenError(UsageError):
    """The email cannot be given to this user."""


class HandedOver(NamedTuple):
    """What a user left to another."""

    cases: int
    emails: int
    notifications: int


def give(
    connection: sqlite3.Connection, email_ids: Iterable[int], to_id: int, *, acting: int | None = None
) -> list[int]:
    """Give unassigned emails to a user, to file them; those that were not the user's yet. Raises NotGivenError.

    Who receives one sees it; who logged it sees it as before, and it is no more among what waits for them.
    """
    with transaction(connection):
        _require_active(connection, to_id)
        return [number for number in email_ids if _give(connection, number, to_id, acting)]


def hand_over(connection: sqlite3.Connection, from_id: int, to_id: int, acting: int | None) -> HandedOver:
    """Give all that waits for a user, and the places in the cases, to another, inside the caller's transaction.

    Errors as `give`.
    """
    _require_active(connection, to_id)
    if from_id == to_id:
        raise NotGivenError("Both are the same user; name a colleague.")
    taken = [
        case_id
        for case_id, role in cases.of_user(connection, from_id)
        if _assigned(connection, case_id, to_id, role, acting)
    ]
    given = [number for number in givings.waiting_for(connection, from_id) if _give(connection, number, to_id, acting)]
    notifications.settle_all(connection, from_id, ("unassigned", "given"))
    moved = notifications.hand_over(connection, from_id, to_id, _OWED)
    return HandedOver(len(taken), len(given), moved)


def _assigned(connection: sqlite3.Connection, case_id: int, user_id: int, role: str, acting: int | None) -> bool:
    new = cases.assign_user(connection, case_id, user_id, role)
    if new:
        activities.add(connection, "assigned", user_id=acting, case_id=case_id, about_user_id=user_id, detail=role)
    return new


def _give(connection: sqlite3.Connection, email_id: int, to_id: int, acting: int | None) -> bool:
    standing = emails.standing(connection, email_id)
    if standing != "unassigned":
        raise NotGivenError(f"E-mail {email_id} is {standing}; only unassigned mail is given to a colleague.")
    if givings.has(connection, email_id, to_id):
        return False
    givings.add(connection, email_id, to_id)
    activities.add(connection, "given", user_id=acting, email_id=email_id, about_user_id=to_id)
    notifications.settle(connection, email_id, "unassigned", "given")
    by = users.one(connection, acting)["name"] if acting else "somebody at the command line"
    notifications.add(connection, to_id, "given", email_id=email_id, detail=f"by {by}")
    return True


def _require_active(connection: sqlite3.Connection, user_id: int) -> None:
    user = users.one(connection, user_id)
    if user["disabled"]:
        raise NotGivenError(f"User {user_id} {user['name']} is disabled; name another.")
