"""The people of a mail who are no contacts yet, and how they become ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import facts, suggestions
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.rules.routing import Place
    from casefleet_cli.desk.links import Linked
    from casefleet_cli.store.sight import Sight


class Stranger(NamedTuple):
    """Somebody outside the firm whose address no contact in sight holds."""

    address: str
    """In normal form."""
    name: str
    """As the mail has it; may be empty."""
    words: str
    """What they are to the mail: "sender", "original sender of the forwarded message"."""

    @property
    def called(self) -> str:
        """The name that a contact gets where nobody gives one."""
        return self.name or self.address


class NoStrangerError(UsageError):
    """There is nobody in the mail whom a contact could be made of, or there are several."""


def of_email(connection: sqlite3.Connection, email_id: int, sight: Sight) -> list[Stranger]:
    """Those of an email, of what it forwards first."""
    people = suggestions.people_of(connection, email_id)
    known = facts.facts_for(connection, list(people), sight)
    names = suggestions.names_of(connection, email_id)
    return [
        Stranger(address, names.get(address, ""), words)
        for address, (_, words) in people.items()
        if "@" in address
        and not suggestions.is_firm(address, known)
        and not (address in known.parties and known.parties[address].contacts)
    ]


def one_of(connection: sqlite3.Connection, email_id: int, sight: Sight, address: str = "") -> Stranger:
    """The one of an email, or the one with this address; raises NoStrangerError where that is none or several."""
    found = of_email(connection, email_id, sight)
    if address:
        found = [one for one in found if one.address == address.strip().lower()]
    if not found:
        who = f"{address} is nobody" if address else "there is nobody"
        raise NoStrangerError(f"In e-mail {email_id} {who} without a contact; name one with --contact.")
    if len(found) > 1:
        names = ", ".join(one.address for one in found[:10])
        raise NoStrangerError(
            f"E-mail {email_id} has several people without a contact; choose with --address: {names}."
        )
    return found[0]


def link(
    connection: sqlite3.Connection,
    email_id: int,
    stranger: Stranger,
    name: str,
    *,
    contacts: tuple[int, ...] = (),
    places: tuple[Place, ...] = (),
    acting: int | None = None,
) -> Linked:
    """Make a contact of one and link the email to it, and where else it is to go, in one transaction.

    Errors as contacts.add and links.put; then nothing is changed.
    """
    with transaction(connection):
        contact_id = enter(connection, stranger, name, acting)
        return link_desk.put(connection, email_id, contacts=(contact_id, *contacts), places=places, acting=acting)


def enter(connection: sqlite3.Connection, stranger: Stranger, name: str, acting: int | None) -> int:
    """Make a contact of one, inside the caller's transaction, and give its number; errors as contacts.add."""
    return contact_desk.enter(
        connection,
        " ".join((name or stranger.called).split()),
        [stranger.address],
        kind="person",
        verb="added",
        acting=acting,
    )
