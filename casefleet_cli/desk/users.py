"""What people change about firm users: each change one transaction, told in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import access, clock
from casefleet_cli.core.rules import tags
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import entries, handing
from casefleet_cli.desk import feeds as feed_desk
from casefleet_cli.desk import firm as firm_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, case_tags, cases, contacts, links, settings, users
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import timedelta

    from casefleet_cli.desk.handing import HandedOver


_LONGEST_LOCAL_PART = 64
"""Octets of the part before the "@" (RFC 5321 section 4.5.3.1.1)."""


class TakenError(UsageError):
    """An address that belongs to somebody else already."""


class LastAdminError(UsageError):
    """The firm would be left without an admin."""


class NoTagError(UsageError):
    """No case tag names the case for this user."""


class Rotated(NamedTuple):
    """A new BCC address, and until when the old one is good."""

    bcc_address: str
    old_expires_at: str
    revoked: int = 0
    """How many still older ones were good until then."""


class BccAddresses(NamedTuple):
    """What a user has mail logged by; secrets."""

    current: str
    in_grace: tuple[tuple[str, str], ...]
    """Those retired that take mail still, and until when."""


def add(
    connection: sqlite3.Connection,
    name: str,
    addresses: Iterable[str],
    *,
    role: str = "standard",
    login: str | None = None,
    token: str | None = None,
    acting: int | None = None,
) -> int:
    """Add a user with at least one sender address and a new BCC address, and give its number.

    `token` replaces the random part of the BCC address. Raises UsageError when an address is somebody else's.
    """
    name = entries.name(name)
    role = entries.one_of(role, entries.ROLES, "role")
    kept = list(dict.fromkeys(entries.address(address) for address in addresses))
    if not kept:
        raise UsageError(f"Give at least one address that {name} sends mail from.")
    secret = clock.token() if token is None else entries.token(token)
    with transaction(connection):
        user_id = users.add(connection, name, role)
        if login is not None:
            _let_in_as(connection, user_id, login)
        for address in kept:
            _claim(connection, user_id, address)
        bcc_address = f"{entries.slug(name)}-{secret}@{settings.logging_domain(connection)}"
        if users.has_bcc_address(connection, bcc_address):
            raise TakenError("This token is used already; choose another, or leave it out.")
        users.add_bcc_address(connection, user_id, bcc_address)
        activities.add(connection, "added", user_id=acting, about_user_id=user_id, detail=", ".join(kept))
    return user_id


def edit(
    connection: sqlite3.Connection,
    user_id: int,
    *,
    name: str | None = None,
    role: str | None = None,
    login: str | None = None,
    add_addresses: Iterable[str] = (),
    remove_addresses: Iterable[str] = (),
    acting: int | None = None,
) -> list[str]:
    """Change a user and say what changed, in words; nothing when all was so already. A login of "" takes it away.

    Raises UsageError for an address that is somebody else's, and for taking the last one.
    """
    changes: list[str] = []
    with transaction(connection):
        before = users.one(connection, user_id)
        if name is not None and (kept_name := entries.name(name)) != before["name"]:
            users.rename(connection, user_id, kept_name)
            changes.append(f"name {before['name']} → {kept_name}")
        if role is not None and role.strip().lower() != "admin":
            _keep_an_admin(connection, user_id)
        if role is not None and (kept_role := entries.one_of(role, entries.ROLES, "role")) != before["role"]:
            users.set_role(connection, user_id, kept_role)
            changes.append(f"role {before['role']} → {kept_role}")
        if login is not None and (kept_login := _let_in_as(connection, user_id, login)) != before["login"]:
            changes.append(f"login {before['login'] or '(none)'} → {kept_login or '(none)'}")
        for address in map(entries.address, add_addresses):
            if _claim(connection, user_id, address):
                changes.append(f"address {address} added")  # noqa: PERF401 - each claim is a write
        for address in map(entries.address, remove_addresses):
            if not users.remove_sender_address(connection, user_id, address):
                raise UsageError(f"{address} is not an address of {before['name']}; nothing was changed.")
            changes.append(f"address {address} removed")
        if not users.sender_addresses(connection, user_id):
            raise UsageError(f"{before['name']} needs an address to send from; add another before removing the last.")
        if changes:
            activities.add(connection, "edited", user_id=acting, about_user_id=user_id, detail="; ".join(changes))
    return changes


def rotate(connection: sqlite3.Connection, user_id: int, grace: timedelta, *, acting: int | None = None) -> Rotated:
    """Give a user a new BCC address; the old one is good for the grace and never again after it.

    Without any grace the addresses that are older still, and in theirs, are good no more either.
    """
    with transaction(connection):
        now = clock.now()
        expires_at = clock.stamp(now + grace)
        name = str(users.one(connection, user_id)["name"])
        revoked = 0 if grace else users.end_grace(connection, user_id, clock.stamp(now))
        users.retire_bcc_address(connection, user_id, expires_at)
        bcc_address = f"{entries.slug(name)}-{clock.token()}@{settings.logging_domain(connection)}"
        users.add_bcc_address(connection, user_id, bcc_address)
        activities.add(
            connection,
            "rotated",
            user_id=acting,
            about_user_id=user_id,
            detail=f"the old one is good until {expires_at}{f', and {revoked} older' if revoked else ''}",
        )
    return Rotated(bcc_address, expires_at, revoked)


def bcc_addresses(connection: sqlite3.Connection, user_id: int, *, acting: int | None = None) -> BccAddresses | None:
    """The BCC addresses of a user that take mail now; None when they are not for who acts: its user and admins."""
    viewer = access.who(connection, acting)
    if not (viewer.is_admin or viewer.user_id == user_id):
        return None
    in_grace = users.in_grace(connection, user_id, clock.stamp())
    return BccAddresses(users.bcc_address(connection, user_id), tuple(in_grace))


def disable(connection: sqlite3.Connection, user_id: int, *, acting: int | None = None) -> bool:
    """Disable a user: mail to its BCC addresses is refused, its feeds end; False when it was disabled already."""
    return _switch(connection, user_id, acting, disabled=True)


def replace(
    connection: sqlite3.Connection, user_id: int, by_id: int, *, acting: int | None = None
) -> tuple[bool, HandedOver]:
    """Disable a user and give its cases, unassigned mail and notices to another; whether it was enabled, and what.

    All of it or nothing; errors as `disable` and handing.hand_over.
    """
    with transaction(connection):
        handed = handing.hand_over(connection, user_id, by_id, acting)
        return _switched(connection, user_id, acting, disabled=True), handed


def enable(connection: sqlite3.Connection, user_id: int, *, acting: int | None = None) -> bool:
    """Enable a disabled user again; False when it was enabled already."""
    return _switch(connection, user_id, acting, disabled=False)


def vcard(
    connection: sqlite3.Connection, user_id: int, case_id: int | None = None, *, acting: int | None = None
) -> str:
    """The BCC address of a user as a contact for address books: vCard 3.0 (RFC 2426), lines ended by CRLF.

    With a case, the address has its tag. Raises NoTagError where no tag names that case alone for the user, and
    NotAllowedError for who is neither that user nor an admin.
    """
    access.require_own(access.who(connection, acting), user_id, "BCC address")
    address = users.bcc_address(connection, user_id)
    full, parts = "CaseFleet BCC", ("BCC", "CaseFleet")
    if case_id is not None:
        name, _ = links.name_and_status(connection, Place("case", case_id))
        address = _tagged(connection, user_id, address, case_id)
        full, parts = f"BCC {name}", (name, "BCC")
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{_escaped(full)}",
        f"N:{';'.join(map(_escaped, parts))};;;",
        f"EMAIL;TYPE=INTERNET:{address}",
        "END:VCARD",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _tagged(connection: sqlite3.Connection, user_id: int, address: str, case_id: int) -> str:
    """A BCC address with the longest tag that names this case to its user, and that mail servers take."""
    viewer = access.of_user(connection, user_id)
    number = cases.number_of(connection, case_id)
    local, at, domain = address.rpartition("@")
    for tag in tags.ends(number) if viewer and address else ():
        fitting = case_tags.fitting(connection, tag, viewer.sight) if viewer else ()
        is_short = len(f"{local}+{tag}".encode()) <= _LONGEST_LOCAL_PART
        if is_short and [one.place for one in fitting] == [Place("case", case_id)]:
            return f"{local}+{tag}{at}{domain}"
    raise NoTagError(f"No tag names case {number} alone for user {user_id}; link its mail by casefleet link.")


def _escaped(text: str) -> str:
    """A text value of a vCard (RFC 2426 section 4)."""
    for letter in "\\,;":
        text = text.replace(letter, f"\\{letter}")
    return text


def _switch(connection: sqlite3.Connection, user_id: int, acting: int | None, *, disabled: bool) -> bool:
    with transaction(connection):
        return _switched(connection, user_id, acting, disabled=disabled)


def _switched(connection: sqlite3.Connection, user_id: int, acting: int | None, *, disabled: bool) -> bool:
    if users.one(connection, user_id)["disabled"] == disabled:
        return False
    if disabled:
        _keep_an_admin(connection, user_id)
    users.set_disabled(connection, user_id, clock.stamp() if disabled else None)
    activities.add(connection, "disabled" if disabled else "enabled", user_id=acting, about_user_id=user_id)
    if disabled:
        feed_desk.end(connection, user_id, acting=acting)
    return True


def _keep_an_admin(connection: sqlite3.Connection, user_id: int) -> None:
    """Raise LastAdminError when a user is the only admin who is not disabled."""
    if users.admins(connection) == [user_id]:
        name = users.one(connection, user_id)["name"]
        raise LastAdminError(
            f"{name} is the last admin; make another user one first, by casefleet user edit USER --role admin."
        )


def _let_in_as(connection: sqlite3.Connection, user_id: int, login: str) -> str | None:
    """Let a unix user be this user through sudo, or ("") none; raises TakenError for one who is another already."""
    if not login:
        users.set_login(connection, user_id, None)
        return None
    kept = entries.login(login)
    other = users.by_login(connection, kept)
    if other not in (None, user_id):
        name = users.one(connection, other or 0)["name"]
        raise TakenError(f"Unix user {kept} is user {other} {name} already; a login has one user.")
    users.set_login(connection, user_id, kept)
    return kept


def _claim(connection: sqlite3.Connection, user_id: int, address: str) -> bool:
    """Let a user send from an address; False when it is the user's already."""
    owner = users.by_sender_address(connection, address)
    if owner == user_id:
        return False
    if owner is not None:
        name = users.one(connection, owner)["name"]
        raise TakenError(f"{address} is an address of user {owner} {name}; a sender address has one user.")
    if firm_desk.is_logging_address(connection, address):
        raise TakenError(f"{address} is at the logging domain; give an address that people send mail from.")
    held = contacts.holders(connection, address)
    if held:
        number, name = held[0]
        raise TakenError(f"{address} is an address of contact {number} {name}; take it from the contact first.")
    users.add_sender_address(connection, user_id, address)
    return True
