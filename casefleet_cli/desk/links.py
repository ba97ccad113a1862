"""Emptying the list by hand: link, unlink, release, reject."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, emails, links, notifications, parties, standings, suggestions
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from casefleet_cli.core.rules.routing import Place
    from casefleet_cli.store.sight import Sight


NO_PARTY = "none of its contacts is in the mail"


class Linked(NamedTuple):
    """What linking one email did."""

    email_id: int
    places: tuple[Place, ...]
    """Newly linked."""
    contacts: tuple[int, ...]
    """Newly linked."""
    not_open: tuple[str, ...]
    """The cases and leads among the asked ones that are closed, lost or converted."""
    activities: tuple[int, ...]
    """What tells of it in the journal, one for each new link."""


class NoContactError(UsageError):
    """The email has no linked contact, and none came with the request: contact first."""


class HeldError(UsageError):
    """The email is held or rejected; it must be released first."""


def link(
    connection: sqlite3.Connection,
    email_id: int,
    *,
    contacts: tuple[int, ...] = (),
    places: tuple[Place, ...] = (),
    acting: int | None = None,
) -> Linked:
    """Link an email to contacts, cases and leads in one transaction.

    Raises NoContactError when a place is asked for and the email has no contact, HeldError when it is not let in yet.
    """
    with transaction(connection):
        return put(connection, email_id, contacts=contacts, places=places, acting=acting)


def put(
    connection: sqlite3.Connection,
    email_id: int,
    *,
    contacts: tuple[int, ...] = (),
    places: tuple[Place, ...] = (),
    acting: int | None = None,
    detail: str = "",
) -> Linked:
    """As `link`, inside a transaction of the caller; a refusal changes nothing. `detail` goes into the journal."""
    refuse(connection, email_id, contacts, places)
    new_contacts = tuple(c for c in contacts if links.add_contact(connection, email_id, c, "person"))
    new_places = tuple(p for p in places if links.add(connection, email_id, p, user_id=acting))
    noted = [
        activities.add(connection, "linked", user_id=acting, email_id=email_id, contact_id=contact_id, detail=detail)
        for contact_id in new_contacts
    ]
    for place in new_places:
        words = (detail, NO_PARTY if parties.is_missing(connection, email_id, place) else "")
        noted.append(_note(connection, "linked", acting, email_id, place, "; ".join(filter(None, words))))
    if standings.refresh(connection, email_id) == "linked":
        notifications.settle_filed(connection, email_id)
    not_open = tuple(_not_open(connection, place) for place in places)
    told = tuple(sentence for sentence in not_open if sentence)
    return Linked(email_id, new_places, new_contacts, told, tuple(noted))


def unlink(
    connection: sqlite3.Connection,
    email_id: int,
    *,
    contacts: tuple[int, ...] = (),
    places: tuple[Place, ...] = (),
    reason: str = "",
    acting: int | None = None,
) -> str:
    """Take an email off cases, leads and contacts, for a reason in words, and give its standing now.

    Raises UsageError for what was not linked, and for the last contact of an email that is filed; then nothing changes.
    """
    with transaction(connection):
        for place in places:
            _take_off(connection, email_id, place, reason, acting)
        for contact_id in contacts:
            if not links.remove_contact(connection, email_id, contact_id):
                name = f"contact {contact_id} {links.contact_name(connection, contact_id)}"
                raise UsageError(f"E-mail {email_id} is not linked to {name}; nothing was changed.")
            activities.add(
                connection, "unlinked", user_id=acting, email_id=email_id, contact_id=contact_id, detail=reason
            )
        standing = standings.refresh(connection, email_id)
        if standing == "linked" and contacts and not links.has_contact(connection, email_id):
            raise UsageError(f"E-mail {email_id} is on a case or lead and needs a contact; unlink it there first.")
        return standing


def move(
    connection: sqlite3.Connection,
    email_id: int,
    *,
    taken_from: Place,
    to: Place,
    reason: str,
    contacts: tuple[int, ...] = (),
    acting: int | None = None,
) -> Linked:
    """Put an email that was filed wrongly where it belongs, in one transaction, with the reason in both feeds.

    Raises UsageError where it is not on `taken_from`, and what `put` raises; then nothing changes.
    """
    if taken_from == to:
        raise UsageError("Both are the same; name where the e-mail belongs with --to.")
    with transaction(connection):
        done = put(connection, email_id, contacts=contacts, places=(to,), acting=acting, detail=f"moved: {reason}")
        _take_off(connection, email_id, taken_from, f"moved: {reason}", acting)
        standings.refresh(connection, email_id)
        return done


def _take_off(connection: sqlite3.Connection, email_id: int, place: Place, reason: str, acting: int | None) -> None:
    if not links.remove(connection, email_id, place):
        raise UsageError(f"E-mail {email_id} is not on {_name(connection, place)}; nothing was changed.")
    _note(connection, "unlinked", acting, email_id, place, reason)


def _name(connection: sqlite3.Connection, place: Place) -> str:
    """A case or lead as lists show it."""
    name = links.name_and_status(connection, place)[0]
    return f"case {name}" if place.kind == "case" else f"lead {place.id} {name}"


def refuse(connection: sqlite3.Connection, email_id: int, contacts: tuple[int, ...], places: tuple[Place, ...]) -> None:
    """Raise what `link` would raise, and change nothing."""
    standing = emails.standing(connection, email_id)
    if standing in ("held", "rejected"):
        raise HeldError(f"E-mail {email_id} is {standing}; let it in with casefleet release {email_id} first.")
    if places and not contacts and not links.has_contact(connection, email_id):
        raise NoContactError(
            f"E-mail {email_id} is linked to no contact yet; name one with --contact, then it can be filed."
        )


def _note(
    connection: sqlite3.Connection, verb: str, acting: int | None, email_id: int, place: Place, detail: str = ""
) -> int:
    return activities.add(
        connection,
        verb,
        user_id=acting,
        email_id=email_id,
        case_id=place.case_id,
        lead_id=place.lead_id,
        detail=detail,
    )


def _not_open(connection: sqlite3.Connection, place: Place) -> str | None:
    name, status = links.name_and_status(connection, place)
    return None if status == "open" else f"{place.kind} {name} is {status}"


def with_their_threads(connection: sqlite3.Connection, email_ids: list[int], sight: Sight) -> list[int]:
    """The emails, each once, followed by the unassigned ones in sight of their threads."""
    return _followed(connection, email_ids, sight, lambda other: emails.standing(connection, other) == "unassigned")


def with_those_of_their_threads_on(
    connection: sqlite3.Connection, email_ids: list[int], places: tuple[Place, ...], sight: Sight
) -> list[int]:
    """The emails, each once, followed by those in sight of their threads that are on all of some cases and leads."""
    return _followed(
        connection,
        email_ids,
        sight,
        lambda other: bool(places) and set(places) <= links.of_emails(connection, [other])[other][0],
    )


def _followed(
    connection: sqlite3.Connection, email_ids: list[int], sight: Sight, is_wanted: Callable[[int], bool]
) -> list[int]:
    chosen = dict.fromkeys(email_ids)
    waiting = list(chosen)
    while waiting:
        for other in suggestions.related_emails(connection, waiting.pop(), sight):
            if other not in chosen and is_wanted(other):
                chosen[other] = None
                waiting.append(other)
    return list(chosen)
