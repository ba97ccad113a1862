"""What people change about leads: each change one transaction, told in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import entries
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, cases, leads, settings
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class NotOpenError(UsageError):
    """The lead is lost or became a case."""


_LISTS = {"stage": settings.LEAD_STAGES, "source": settings.LEAD_SOURCES, "reason": settings.LOST_REASONS}


class NotListedError(UsageError):
    """A stage, a source or a reason that is not in the list of the firm."""


def open_lead(
    connection: sqlite3.Connection,
    name: str,
    contacts: Iterable[int],
    *,
    stage: str = "",
    source: str = "",
    acting: int | None = None,
) -> int:
    """Open a lead with at least one contact and give its number."""
    name = entries.name(name)
    wanted = list(dict.fromkeys(contacts))
    if not wanted:
        raise UsageError("A lead needs somebody to speak with: name at least one contact with --contact.")
    with transaction(connection):
        kept = _listed(connection, stage, "stage"), _listed(connection, source, "source")
        lead_id = leads.add(connection, name, *kept)
        activities.add(connection, "opened", user_id=acting, lead_id=lead_id, detail=kept[1])
        for contact_id in wanted:
            leads.add_contact(connection, lead_id, contact_id)
            activities.add(connection, "assigned", user_id=acting, lead_id=lead_id, contact_id=contact_id)
    return lead_id


def move(connection: sqlite3.Connection, lead_id: int, stage: str, *, acting: int | None = None) -> bool:
    """Move an open lead to a stage; False when it is there already. Raises NotOpenError."""
    with transaction(connection):
        kept = _listed(connection, stage, "stage")
        lead = _still_open(connection, lead_id)
        if lead["stage"] == kept:
            return False
        leads.set_stage(connection, lead_id, kept)
        detail = f"{lead['stage'] or '(none)'} → {kept or '(none)'}"
        activities.add(connection, "stage-changed", user_id=acting, lead_id=lead_id, detail=detail)
    return True


def edit(
    connection: sqlite3.Connection,
    lead_id: int,
    *,
    name: str | None = None,
    source: str | None = None,
    acting: int | None = None,
) -> list[str]:
    """Change the name or the source of a lead, whatever its status, and say what changed, in words."""
    with transaction(connection):
        before = leads.one(connection, lead_id)
        wanted = {
            "name": before["name"] if name is None else entries.name(name),
            "source": before["source"] if source is None else _listed(connection, source, "source"),
        }
        changes = [
            f"{field} {before[field] or '(none)'} → {value or '(none)'}"
            for field, value in wanted.items()
            if value != before[field]
        ]
        if changes:
            leads.edit(connection, lead_id, wanted["name"], wanted["source"])
            activities.add(connection, "edited", user_id=acting, lead_id=lead_id, detail="; ".join(changes))
    return changes


def lose(connection: sqlite3.Connection, lead_id: int, *, reason: str = "", acting: int | None = None) -> None:
    """Give an open lead up, for a reason in words; raises NotOpenError."""
    with transaction(connection):
        reason = _listed(connection, reason, "reason")
        _still_open(connection, lead_id)
        leads.set_status(connection, lead_id, "lost")
        activities.add(connection, "lost", user_id=acting, lead_id=lead_id, detail=reason)


def reopen(connection: sqlite3.Connection, lead_id: int, *, acting: int | None = None) -> bool:
    """Open a lost lead again; False when it is open. Raises NotOpenError when it became a case."""
    with transaction(connection):
        lead = leads.one(connection, lead_id)
        if lead["status"] == "open":
            return False
        if lead["case"] is not None:
            raise NotOpenError(f"Lead {lead_id} became case {lead['case']['number']}; a case does not turn back.")
        leads.set_status(connection, lead_id, "open")
        activities.add(connection, "reopened", user_id=acting, lead_id=lead_id)
    return True


def convert(
    connection: sqlite3.Connection,
    lead_id: int,
    *,
    number: str | None = None,
    title: str | None = None,
    acting: int | None = None,
) -> dict[str, Any]:
    """Open a case with the lead's contacts (titled as the lead unless said otherwise) and give it.

    The lead stays readable and the case's feed shows its activities. Raises NotOpenError, NumberTakenError.
    """
    with transaction(connection):
        lead = _still_open(connection, lead_id)
        contacts = leads.contact_ids(connection, lead_id)
        case_id = case_desk.enter(
            connection, lead["name"] if title is None else title, number, contacts, acting=acting, lead_id=lead_id
        )
        leads.set_converted(connection, lead_id, case_id)
        activities.add(connection, "converted", user_id=acting, case_id=case_id, lead_id=lead_id)
    return cases.one(connection, case_id)


def assign(connection: sqlite3.Connection, lead_id: int, contacts: Iterable[int], *, acting: int | None = None) -> int:
    """Add contacts to a lead and count the new ones; raises NotOpenError."""
    new = 0
    with transaction(connection):
        _still_open(connection, lead_id)
        for contact_id in contacts:
            if leads.add_contact(connection, lead_id, contact_id):
                activities.add(connection, "assigned", user_id=acting, lead_id=lead_id, contact_id=contact_id)
                new += 1
    return new


def unassign(
    connection: sqlite3.Connection, lead_id: int, contacts: Iterable[int], *, acting: int | None = None
) -> int:
    """Take contacts off a lead and count those that were on it; raises UsageError for the last one, NotOpenError."""
    gone = 0
    with transaction(connection):
        lead = _still_open(connection, lead_id)
        for contact_id in contacts:
            if leads.remove_contact(connection, lead_id, contact_id):
                activities.add(connection, "removed", user_id=acting, lead_id=lead_id, contact_id=contact_id)
                gone += 1
        if not leads.contact_ids(connection, lead_id):
            raise UsageError(f"Lead {lead_id} {lead['name']} needs a contact; add another before removing the last.")
    return gone


def _listed(connection: sqlite3.Connection, text: str, what: str) -> str:
    """A stage, source or reason as the firm writes it, where it has a list of them; raises NotListedError."""
    kept = entries.label(text, what)
    known = settings.listed(connection, _LISTS[what])
    if not kept or not known:
        return kept
    found = next((word for word in known if word.casefold() == kept.casefold()), None)
    if found is None:
        raise NotListedError(
            f"{kept!r} is no {what} of this firm; there are {', '.join(known)}, and casefleet settings {_LISTS[what]}"
            " changes them."
        )
    return found


def _still_open(connection: sqlite3.Connection, lead_id: int) -> dict[str, Any]:
    lead = leads.one(connection, lead_id)
    if lead["case"] is not None:
        raise NotOpenError(f"Lead {lead_id} {lead['name']} became case {lead['case']['number']}; work on the case.")
    if lead["status"] != "open":
        raise NotOpenError(f"Lead {lead_id} {lead['name']} is lost; casefleet lead reopen {lead_id} opens it again.")
    return lead
