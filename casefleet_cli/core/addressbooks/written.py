"""Contacts in the forms that other programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.addressbooks import vcard
from casefleet_cli.core.addressbooks.columns import OURS
from casefleet_cli.core.spreadsheets import harmless_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_OUTLOOK = "First Name,Last Name,Company,E-mail Address,E-mail 2 Address,E-mail 3 Address,Notes"
_GOOGLE = "First Name,Last Name,Organization Name,Notes,E-mail 1 - Value,E-mail 2 - Value,E-mail 3 - Value"
_PLACES = 3
"""Columns of addresses in a row of Outlook's and of ours for Google."""


class Card(NamedTuple):
    """A contact to be written."""

    name: str
    addresses: tuple[str, ...] = ()
    kind: str = "person"
    note: str = ""


def csv(contacts: Iterable[Card]) -> Iterator[str]:
    """Our own table: what spreadsheets read, and `casefleet contact import`."""
    yield _row(OURS.split(","), "\n")
    for contact in contacts:
        yield _row((contact.name, "; ".join(contact.addresses), contact.kind, contact.note), "\n")


def vcards(contacts: Iterable[Card]) -> Iterator[str]:
    """A card of vCard 3.0 for each contact."""
    for contact in contacts:
        yield vcard.card(*contact)


def outlook(contacts: Iterable[Card]) -> Iterator[str]:
    """A table as Outlook exports it; with more than three addresses, the first stands in several rows."""
    yield _row(_OUTLOOK.split(","))
    for contact in contacts:
        first, others = contact.addresses[:1], contact.addresses[1:]
        for at in range(0, max(len(others), 1), _PLACES - 1):
            held = (*first, *others[at : at + _PLACES - 1])
            yield _row((*_names(contact), *held, *[""] * (_PLACES - len(held)), contact.note))


def google(contacts: Iterable[Card]) -> Iterator[str]:
    """A table as Google exports it; the third of its columns takes all the other addresses, as Google writes them."""
    yield _row(_GOOGLE.split(","))
    for contact in contacts:
        first, second, others = contact.addresses[:1], contact.addresses[1:2], contact.addresses[2:]
        yield _row((*_names(contact), contact.note, *map(" ::: ".join, (first, second, others))))


FORMATS: dict[str, Callable[[Iterable[Card]], Iterator[str]]] = {
    "csv": csv,
    "vcard": vcards,
    "google": google,
    "outlook": outlook,
}
"""By the word for them: contacts in, pieces of a file out."""


def _names(contact: Card) -> tuple[str, str, str]:
    """First name, last name, company: the last word of a person's name is the last name, and both make it whole."""
    if contact.kind != "person":
        return "", "", contact.name
    given, _, family = contact.name.rpartition(" ")
    return (given, family, "") if given else (family, "", "")


def _row(cells: Sequence[str], end: str = "\r\n") -> str:
    """A line of CSV (RFC 4180) that no spreadsheet calculates with."""
    return ",".join(map(_cell, cells)) + end


def _cell(text: str) -> str:
    text = str(harmless_cell(text))
    return (
        '"' + text.replace('"', '""') + '"'
        if any(mark in text for mark in '",;\t\r\n') or text != text.strip()
        else text
    )
