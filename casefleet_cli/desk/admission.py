"""Mail that is let in by hand, or put out of sight: release, reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import access
from casefleet_cli.core.model import Message
from casefleet_cli.core.rules.routing import NOT_SENT_BY_OWNER, letterhead_of
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.understanding import parse
from casefleet_cli.store import activities, deliveries, emails, links, notifications, standings
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

NOT_CASE_MAIL = "not case mail"
"""Why unassigned mail is rejected where nobody says more."""


class NotHeldError(UsageError):
    """The email is neither held nor rejected, or not for who acts."""


class FiledError(UsageError):
    """The email is on a case or lead, and so is case mail."""


def release(connection: sqlite3.Connection, email_id: int, *, acting: int | None = None) -> str:
    """Let a held or rejected email in, and give its standing now.

    What was held comes in as received mail; what was unassigned is so again. Raises NotHeldError.
    """
    with transaction(connection):
        if bring_back(connection, email_id, acting):
            return emails.standing(connection, email_id)
        waiting = _theirs(connection, deliveries.with_standing(connection, email_id, ("held", "rejected")), acting)
        if not waiting:
            raise NotHeldError(f"E-mail {email_id} is neither held nor rejected.")
        message = parse(emails.raw_of(connection, email_id)) or Message()
        letterhead = letterhead_of(message)
        memory = Memory(connection)
        for delivery_id, user_id in waiting:
            deliveries.set_standing(connection, delivery_id, "released")
            decision = memory.decide(letterhead, user_id, vouched=True)
            received = decision._replace(outcome="unassigned", reason=NOT_SENT_BY_OWNER, places=(), verdicts=())
            links.add_contacts(connection, [(email_id, contact.id) for contact in received.contacts])
            deliveries.add_decisions(connection, [(delivery_id, email_id, received)])
            activities.add(connection, "released", user_id=acting, email_id=email_id, about_user_id=user_id)
        notifications.settle(connection, email_id, "held", "rejected")
        return _let_in(connection, email_id, [user_id for _, user_id in waiting])


def reject(connection: sqlite3.Connection, email_id: int, reason: str = "", *, acting: int | None = None) -> str:
    """Put a held or unassigned email out of sight, without deleting anything, and give its standing now.

    `reason`: in the journal, and told to its owners; NOT_CASE_MAIL where unassigned mail has none. Raises FiledError
    for mail on a case or lead, NotHeldError for what is rejected already.
    """
    with transaction(connection):
        waiting = _theirs(connection, deliveries.with_standing(connection, email_id, ("held",)), acting)
        standing = emails.standing(connection, email_id)
        if not waiting and standing == "unassigned":
            put_aside(connection, email_id, reason or NOT_CASE_MAIL, acting)
            return "rejected"
        if not waiting and standing == "linked":
            raise FiledError(f"E-mail {email_id} is on a case or lead; unlink it there first.")
        if not waiting:
            raise NotHeldError(f"E-mail {email_id} is {standing} already.")
        for delivery_id, user_id in waiting:
            deliveries.set_standing(connection, delivery_id, "rejected")
            activities.add(
                connection, "rejected", user_id=acting, email_id=email_id, about_user_id=user_id, detail=reason
            )
            if user_id != acting:
                notifications.add(connection, user_id, "rejected", email_id=email_id, detail=reason)
        notifications.settle(connection, email_id, "held")
        return standings.refresh(connection, email_id)


def put_aside(connection: sqlite3.Connection, email_id: int, reason: str, acting: int | None) -> int:
    """Put an unassigned email out of sight, inside the caller's transaction; the number of the activity."""
    emails.reject(connection, email_id)
    number = activities.add(connection, "rejected", user_id=acting, email_id=email_id, detail=reason)
    notifications.settle_filed(connection, email_id)
    for user_id in deliveries.owners_let_in(connection, email_id):
        if user_id != acting:
            notifications.add(connection, user_id, "rejected", email_id=email_id, detail=reason)
    standings.refresh(connection, email_id)
    return number


def bring_back(connection: sqlite3.Connection, email_id: int, acting: int | None, detail: str = "") -> bool:
    """Let rejected mail that was unassigned back in, inside the caller's transaction; False for any other."""
    if not emails.unreject(connection, email_id):
        return False
    activities.add(connection, "released", user_id=acting, email_id=email_id, detail=detail)
    notifications.settle(connection, email_id, "rejected")
    _let_in(connection, email_id, deliveries.owners_let_in(connection, email_id))
    return True


def _let_in(connection: sqlite3.Connection, email_id: int, owners: list[int]) -> str:
    """The standing of an email that has just been let in; whom it concerns is told when it is on nothing."""
    standing = standings.refresh(connection, email_id)
    if standing == "unassigned":
        for user_id in owners:
            notifications.add(connection, user_id, "unassigned", email_id=email_id)
    return standing


def _theirs(
    connection: sqlite3.Connection, waiting: list[tuple[int, int]], acting: int | None
) -> list[tuple[int, int]]:
    """Of the deliveries (with their users) those that who acts may decide about: the own, or all."""
    viewer = access.who(connection, acting)
    return [found for found in waiting if viewer.is_admin or found[1] == viewer.user_id]
