"""Whom the firm knows by the names and addresses that the people of mails go by: what a deceiver would pass for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casefleet_cli.core.spoofing.suspicions import Known, Person, address_look, key, keys, latin_address

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from casefleet_cli.store.sight import Sight

_USERS = """SELECT u.name, s.address FROM users AS u JOIN sender_addresses AS s ON s.user_id = u.id ORDER BY s.id"""
# CROSS JOIN fixes the order of the loops: the few names asked about outside, an index inside.
_CONTACTS = """SELECT c.look, c.id, c.name, a.address FROM json_each(:asked) AS asked
CROSS JOIN contacts AS c ON c.look = asked.value CROSS JOIN contact_addresses AS a ON a.contact_id = c.id
WHERE c.merged_into_id IS NULL AND {contacts} ORDER BY c.id, a.id"""
_HOLDERS = """SELECT c.name, a.address FROM json_each(:asked) AS asked
CROSS JOIN contact_addresses AS a ON a.address = asked.value CROSS JOIN contacts AS c ON c.id = a.contact_id
WHERE {contacts} ORDER BY c.id"""


def of(connection: sqlite3.Connection, people: Iterable[tuple[str, str]], sight: Sight) -> Known:
    """The users, and the contacts in sight, whom the names and addresses of people can be mistaken for."""
    wanted = set(people)
    users: dict[str, list[str]] = {}
    for name, address in connection.execute(_USERS):
        users.setdefault(name, []).append(address)
    known: dict[str, list[Person]] = {}
    addresses: dict[str, tuple[Person, str]] = {}
    for name, held in users.items():
        person = Person("user", name, frozenset(held))
        known.setdefault(key(name), []).append(person)
        addresses.update((address_look(address), (person, address)) for address in held)
    for look, person in _contacts(connection, {one for name, _ in wanted for one in keys(name)}, sight):
        known.setdefault(look, []).append(person)
    asked = {latin_address(address) for _, address in wanted if not address.isascii() or "xn--" in address.lower()}
    for name, address in _asked(connection, _HOLDERS, asked, sight):
        addresses.setdefault(address_look(address), (Person("contact", name, frozenset({address})), address))
    domains = {address.rpartition("@")[2] for held in users.values() for address in held}
    return Known(
        {look: tuple(called) for look, called in known.items()},
        addresses,
        {address_look(domain): domain for domain in sorted(domains)},
    )


def _contacts(connection: sqlite3.Connection, looks: set[str], sight: Sight) -> list[tuple[str, Person]]:
    held: dict[tuple[str, int, str], list[str]] = {}
    for look, number, name, address in _asked(connection, _CONTACTS, looks, sight):
        held.setdefault((look, number, name), []).append(address)
    return [(look, Person("contact", name, frozenset(addresses))) for (look, _, name), addresses in held.items()]


def _asked(connection: sqlite3.Connection, question: str, values: set[str], sight: Sight) -> Iterable[tuple[Any, ...]]:
    if not values:
        return ()
    asked = {"asked": json.dumps(sorted(values)), **sight.parameters}
    return connection.execute(question.format(contacts=sight.contacts("c")), asked)
