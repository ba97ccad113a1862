"""What people change about contacts: each change one transaction, told in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.desk import entries
from casefleet_cli.desk import firm as firm_desk
from casefleet_cli.desk.users import TakenError
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, contacts, merges, users
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class NotMergedError(UsageError):
    """The contact is not part of another."""


def add(
    connection: sqlite3.Connection,
    name: str,
    addresses: Iterable[str] = (),
    *,
    kind: str = "person",
    note: str = "",
    acting: int | None = None,
) -> int:
    """Add a contact and give its number; raises UsageError when an address is the firm's own."""
    with transaction(connection):
        return enter(connection, name, addresses, kind=kind, note=note, verb="added", acting=acting)


def enter(
    connection: sqlite3.Connection,
    name: str,
    addresses: Iterable[str],
    *,
    kind: str,
    note: str = "",
    verb: str,
    acting: int | None,
) -> int:
    """Add a contact inside the caller's transaction; otherwise as `add`."""
    kept = list(dict.fromkeys(outside_address(connection, address) for address in addresses))
    contact_id = contacts.add(
        connection, entries.name(name), entries.one_of(kind, entries.KINDS, "kind"), entries.note(note)
    )
    for address in kept:
        contacts.add_address(connection, contact_id, address)
    activities.add(connection, verb, user_id=acting, contact_id=contact_id, detail=", ".join(kept))
    return contact_id


def edit(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    name: str | None = None,
    kind: str | None = None,
    note: str | None = None,
    add_addresses: Iterable[str] = (),
    remove_addresses: Iterable[str] = (),
    acting: int | None = None,
) -> list[str]:
    """Change a contact and say what changed, in words; nothing when all was so already."""
    changes: list[str] = []
    with transaction(connection):
        before = contacts.one(connection, contact_id)
        wanted = {
            "name": None if name is None else entries.name(name),
            "kind": None if kind is None else entries.one_of(kind, entries.KINDS, "kind"),
            "note": None if note is None else entries.note(note),
        }
        for field, value in wanted.items():
            if value is not None and value != before[field]:
                changes.append("the note is new" if field == "note" else f"{field} {before[field]} → {value}")
        contacts.edit(connection, contact_id, **wanted)
        for address in add_addresses:
            kept = outside_address(connection, address)
            if contacts.add_address(connection, contact_id, kept):
                changes.append(f"address {kept} added")
        for address in map(entries.address, remove_addresses):
            if not contacts.remove_address(connection, contact_id, address):
                raise UsageError(f"{before['name']} does not hold {address}; nothing was changed.")
            changes.append(f"address {address} removed")
        if changes:
            activities.add(connection, "edited", user_id=acting, contact_id=contact_id, detail="; ".join(changes))
    return changes


def merge(connection: sqlite3.Connection, kept_id: int, gone_id: int, *, acting: int | None = None) -> None:
    """Make two contacts one: all that the second has goes to the first, and the second is listed no more.

    Raises UsageError when both are the same contact.
    """
    if kept_id == gone_id:
        raise UsageError(f"Both are contact {kept_id}; a contact cannot be merged into itself.")
    with transaction(connection):
        name = contacts.name_of(connection, gone_id)
        brought = merges.brought(connection, kept_id, gone_id)
        contacts.merge(connection, kept_id, gone_id)
        number = activities.add(
            connection, "merged", user_id=acting, contact_id=kept_id, detail=f"contact {gone_id} {name} into this one"
        )
        merges.add(connection, number, kept_id, gone_id, brought)


def unmerge(connection: sqlite3.Connection, gone_id: int, *, acting: int | None = None) -> int:
    """Make a contact that was merged one of its own again, with what it brought; the one that it was part of.

    What was changed about these things since stays as it is. Raises NotMergedError.
    """
    with transaction(connection):
        merged = merges.of_gone(connection, gone_id)
        if merged is None:
            raise NotMergedError(f"Contact {gone_id} is part of no other, or was before merges could be taken back.")
        kept_id, brought = merged
        if merges.merged_into(connection, gone_id) != kept_id:
            raise NotMergedError(
                f"Contact {kept_id}, into which {gone_id} was merged, was merged itself since; take that back first:"
                f" casefleet contact unmerge {kept_id}."
            )
        merges.take_back(connection, kept_id, gone_id, brought)
        name = contacts.name_of(connection, gone_id)
        activities.add(
            connection, "unmerged", user_id=acting, contact_id=kept_id, detail=f"contact {gone_id} {name} from this one"
        )
        activities.add(connection, "unmerged", user_id=acting, contact_id=gone_id, detail=f"from contact {kept_id}")
    return kept_id


def split(
    connection: sqlite3.Connection,
    contact_id: int,
    name: str,
    addresses: Iterable[str],
    *,
    cases: Iterable[int] = (),
    leads: Iterable[int] = (),
    acting: int | None = None,
) -> int:
    """Make a contact of some addresses of another, with the mail from and to them; the number of the new one.

    On `cases` and `leads` it takes the place of the other. Raises UsageError for what the other does not hold or is not
    on, and where no address would be left to it.
    """
    with transaction(connection):
        before = contacts.one(connection, contact_id)
        moved = list(dict.fromkeys(map(entries.address, addresses)))
        if not moved:
            raise UsageError("Say which addresses go to the new contact, with --address.")
        for address in moved:
            if address not in before["addresses"]:
                raise UsageError(f"{before['name']} does not hold {address}; nothing was changed.")
        if len(moved) == len(before["addresses"]):
            raise UsageError(f"{before['name']} would hold no address; casefleet contact edit --name gives a new name.")
        new_id = contacts.add(connection, entries.name(name), before["kind"])
        for address in moved:
            merges.split(connection, contact_id, new_id, address)
        for kind, numbers in (("case", cases), ("lead", leads)):
            for number in numbers:
                if not merges.move_assignment(connection, contact_id, new_id, kind, number):
                    raise UsageError(f"{before['name']} is not on that {kind}; nothing was changed.")
                case_id, lead_id = (number, None) if kind == "case" else (None, number)
                for verb, holder in (("removed", contact_id), ("assigned", new_id)):
                    activities.add(
                        connection, verb, user_id=acting, contact_id=holder, case_id=case_id, lead_id=lead_id
                    )
        activities.add(connection, "split", user_id=acting, contact_id=contact_id,
                       detail=f"{', '.join(moved)} to contact {new_id}")  # fmt: skip
        activities.add(connection, "added", user_id=acting, contact_id=new_id, detail=", ".join(moved))
    return new_id


def outside_address(connection: sqlite3.Connection, text: str) -> str:
    """An address in normal form that somebody outside the firm can hold; raises UsageError for the firm's own."""
    address = entries.address(text)
    owner = users.by_sender_address(connection, address)
    if owner is not None:
        name = users.one(connection, owner)["name"]
        raise TakenError(f"{address} is an address of user {owner} {name}; contacts are people outside the firm.")
    if firm_desk.is_logging_address(connection, address):
        raise TakenError("An address at the logging domain is the firm's own and cannot be a contact's.")
    return address


def also_held_by(connection: sqlite3.Connection, contact_id: int) -> list[str]:
    """For each address of a contact that others hold too, a sentence that says so."""
    sentences = []
    for address in contacts.one(connection, contact_id)["addresses"]:
        others = [f"{number} {name}" for number, name in contacts.holders(connection, address) if number != contact_id]
        if others:
            sentences.append(f"{address} is also held by contact {', '.join(others)}.")
    return sentences
