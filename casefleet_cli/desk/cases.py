"""What people change about cases: each change one transaction, told in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import access, clock
from casefleet_cli.core.rules import tags
from casefleet_cli.desk import entries
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, case_tags, cases, references, settings
from casefleet_cli.store.database import transaction
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class NumberTakenError(UsageError):
    """A case of this number is there already."""


class NotAssignedError(UsageError):
    """Who acts is neither an admin nor assigned to the case."""


def open_case(
    connection: sqlite3.Connection,
    title: str,
    *,
    number: str | None = None,
    contacts: Iterable[int] = (),
    users: Iterable[int] = (),
    on: str | None = None,
    acting: int | None = None,
) -> dict[str, Any]:
    """Open a case under its number, or the next free `YYYY-NNN`, and give it; raises NumberTakenError.

    `on`: since when it has been open, as the database writes moments.
    """
    with transaction(connection):
        case_id = enter(connection, title, number, contacts, on=_past(connection, on), acting=acting)
        for user_id in dict.fromkeys(users):
            cases.assign_user(connection, case_id, user_id)
            activities.add(connection, "assigned", user_id=acting, case_id=case_id, about_user_id=user_id)
    return cases.one(connection, case_id)


def enter(
    connection: sqlite3.Connection,
    title: str,
    number: str | None,
    contacts: Iterable[int],
    *,
    acting: int | None,
    lead_id: int | None = None,
    on: str | None = None,
) -> int:
    """Open a case inside the caller's transaction, for a lead when one becomes it, and give its row number."""
    if number is None:
        kept = cases.next_number(connection, settings.days(connection).today.year)
    else:
        kept = _free(connection, entries.case_number(number), acting)
    case_id = cases.add(connection, kept, entries.name(title, "title"), on)
    detail = f"as of {settings.days(connection).day(on)}" if on else ""
    activities.add(connection, "opened", user_id=acting, case_id=case_id, lead_id=lead_id, detail=detail)
    for contact_id in dict.fromkeys(contacts):
        cases.assign_contact(connection, case_id, contact_id)
        activities.add(connection, "assigned", user_id=acting, case_id=case_id, contact_id=contact_id)
    return case_id


def edit(
    connection: sqlite3.Connection,
    case_id: int,
    *,
    title: str | None = None,
    number: str | None = None,
    acting: int | None = None,
) -> list[str]:
    """Change the title or the number of a case and say what changed, in words; nothing when all was so already.

    Raises NumberTakenError. What was written with the old number, as a case tag, names the case no more.
    """
    changes: list[str] = []
    with transaction(connection):
        before = cases.one(connection, case_id)
        wanted = {
            "title": before["title"] if title is None else entries.name(title, "title"),
            "number": before["number"] if number is None else entries.case_number(number),
        }
        if wanted["number"] != before["number"]:
            _free(connection, wanted["number"], acting, besides=case_id)
        changes = [f"{field} {before[field]} → {value}" for field, value in wanted.items() if value != before[field]]
        if changes:
            cases.edit(connection, case_id, wanted["title"], wanted["number"])
            activities.add(connection, "edited", user_id=acting, case_id=case_id, detail="; ".join(changes))
    return changes


def _free(connection: sqlite3.Connection, number: str, acting: int | None, besides: int | None = None) -> str:
    """A number that no case has, but `besides`; raises NumberTakenError for any other."""
    taken = cases.by_number(connection, number) or _written_alike(connection, number)
    if taken is None or taken == besides:
        return number
    if not references.is_in_sight(connection, access.who(connection, acting).sight, "case", taken):
        raise NumberTakenError(f"The number {number} is not free; give another with --number.")
    there = cases.one(connection, taken)
    raise NumberTakenError(f"Case {there['number']} is there already: {there['title']}.")


def _written_alike(connection: sqlite3.Connection, number: str) -> int | None:
    """The case that a case tag, and people who type other marks, could not tell from this number."""
    tag = tags.normalised(number)
    fitting = case_tags.fitting(connection, tag, EVERYTHING)
    return next((found.place.id for found in fitting if tags.normalised(found.number) == tag), None)


def close(connection: sqlite3.Connection, case_id: int, *, on: str | None = None, acting: int | None = None) -> bool:
    """Close a case (as of `on`): rules file nothing to it any more; False when it was closed already."""
    return _switch(connection, case_id, "closed", "closed", acting, _past(connection, on))


def reopen(connection: sqlite3.Connection, case_id: int, *, acting: int | None = None) -> bool:
    """Open a closed case again; False when it was open already."""
    return _switch(connection, case_id, "open", "reopened", acting)


def freeze(connection: sqlite3.Connection, case_id: int, reason: str, *, acting: int | None = None) -> bool:
    """Let nothing of a case be purged, for a reason in words; False when it is frozen already."""
    return _freeze(connection, case_id, reason, acting, frozen=True)


def thaw(connection: sqlite3.Connection, case_id: int, reason: str, *, acting: int | None = None) -> bool:
    """Let a frozen case be as others are, for a reason in words; False when it is not frozen."""
    return _freeze(connection, case_id, reason, acting, frozen=False)


def _freeze(connection: sqlite3.Connection, case_id: int, reason: str, acting: int | None, *, frozen: bool) -> bool:
    why = entries.name(reason, "reason")
    with transaction(connection):
        changed = cases.set_frozen(connection, case_id, frozen=frozen)
        if changed:
            activities.add(connection, "frozen" if frozen else "thawed", user_id=acting, case_id=case_id, detail=why)
    return changed


def restrict(connection: sqlite3.Connection, case_id: int, *, acting: int | None = None) -> bool:
    """Let a case be seen by the users assigned to it and by admins alone; False when it was so already.

    What was filed to it stays there, out of sight of all others. Raises NotAssignedError for who is neither.
    """
    return _restrict(connection, case_id, acting, restricted=True)


def unrestrict(connection: sqlite3.Connection, case_id: int, *, acting: int | None = None) -> bool:
    """Let a restricted case be seen as others are; False when it was so already. Errors as `restrict`."""
    return _restrict(connection, case_id, acting, restricted=False)


def _restrict(connection: sqlite3.Connection, case_id: int, acting: int | None, *, restricted: bool) -> bool:
    with transaction(connection):
        viewer = access.who(connection, acting)
        if not viewer.is_admin and not cases.is_assigned(connection, case_id, viewer.user_id or 0):
            number = cases.number_of(connection, case_id)
            raise NotAssignedError(f"Who sees case {number} is for admins and its users to say; ask one of them.")
        changed = cases.set_restricted(connection, case_id, restricted=restricted)
        if changed:
            verb = "restricted" if restricted else "unrestricted"
            activities.add(connection, verb, user_id=acting, case_id=case_id)
    return changed


def assign(
    connection: sqlite3.Connection,
    case_id: int,
    *,
    contacts: Iterable[int] = (),
    users: Iterable[int] = (),
    role: str = "",
    acting: int | None = None,
) -> int:
    """Assign contacts and users to a case, in a role, and count what is new."""
    role = entries.label(role, "role")
    new = 0
    with transaction(connection):
        for contact_id in contacts:
            if cases.assign_contact(connection, case_id, contact_id, role):
                activities.add(
                    connection, "assigned", user_id=acting, case_id=case_id, contact_id=contact_id, detail=role
                )
                new += 1
        for user_id in users:
            if cases.assign_user(connection, case_id, user_id, role):
                activities.add(
                    connection, "assigned", user_id=acting, case_id=case_id, about_user_id=user_id, detail=role
                )
                new += 1
    return new


def unassign(
    connection: sqlite3.Connection,
    case_id: int,
    *,
    contacts: Iterable[int] = (),
    users: Iterable[int] = (),
    acting: int | None = None,
) -> int:
    """Take contacts and users off a case, and count those that were on it; mail filed there stays."""
    gone = 0
    with transaction(connection):
        for contact_id in contacts:
            if cases.remove_contact(connection, case_id, contact_id):
                activities.add(connection, "removed", user_id=acting, case_id=case_id, contact_id=contact_id)
                gone += 1
        for user_id in users:
            if cases.remove_user(connection, case_id, user_id):
                activities.add(connection, "removed", user_id=acting, case_id=case_id, about_user_id=user_id)
                gone += 1
    return gone


def _switch(
    connection: sqlite3.Connection, case_id: int, status: str, verb: str, acting: int | None, on: str | None = None
) -> bool:
    with transaction(connection):
        case = cases.one(connection, case_id)
        if case["status"] == status:
            return False
        days = settings.days(connection)
        if on and on < case["opened_at"]:
            opened = days.day(case["opened_at"])
            raise UsageError(f"Case {case['number']} was opened on {opened}; it cannot be closed before.")
        cases.set_status(connection, case_id, status, on)
        detail = f"as of {days.day(on)}" if on else ""
        activities.add(connection, verb, user_id=acting, case_id=case_id, detail=detail)
    return True


def _past(connection: sqlite3.Connection, moment: str | None) -> str | None:
    if moment and moment > clock.stamp():
        raise UsageError(f"{settings.days(connection).day(moment)} is still to come; name a day that was.")
    return moment
