"""Who a message in MAPI's form is from and to: addresses of the internet, looked for wherever Exchange keeps them."""

from __future__ import annotations

import re

from casefleet_cli.core.mail.containers import mapi
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.mail.containers.mapi import Item, Properties

_SMTP = r"[^\s<>@,;\"]{1,200}@[^\s<>@,;\"]{1,250}"
_ENCAPSULATED = r"(?i)IMCEA([A-Z0-9]{1,20})-([^@\s]{1,1000})@[^@\s]+"
_HEX = r"\+([0-9A-Fa-f]{2})"


class Person(NamedTuple):
    """A name and an address; "" where there is none."""

    name: str
    address: str


class People:
    """The people of a message; Exchange's own addresses become those of the internet where the message has both."""

    def __init__(self, item: Item) -> None:
        self.unresolved: dict[str, None] = {}
        """Addresses of Exchange (X.500) for which the message has no other."""
        properties = item.properties
        self._known: dict[str, str] = {}
        for one in item.recipients:
            self._learn(one.text(mapi.ADDRESS), one.text(mapi.SMTP))
        self._learn(properties.text(mapi.AUTHOR_ADDRESS), properties.text(mapi.AUTHOR_SMTP))
        self._learn(properties.text(mapi.SENDER_ADDRESS), properties.text(mapi.SENDER_SMTP))
        self.sender = self._person(properties, mapi.SENDER_NAME, mapi.SENDER_ADDRESS, mapi.SENDER_SMTP)
        self.author = self._person(properties, mapi.AUTHOR_NAME, mapi.AUTHOR_ADDRESS, mapi.AUTHOR_SMTP) or self.sender
        if self.author and not self.author.address:
            self.author = self._by_creator(properties, self.author)
        if self.sender and not self.sender.address:
            self.sender = None
        self.recipients = [(one.integer(mapi.RECIPIENT_KIND) or 1, self._recipient(one)) for one in item.recipients]

    def _learn(self, address: str, smtp: str) -> None:
        smtp = internet(smtp)
        if smtp and address and not internet(address):
            self._known.setdefault(_key(address), smtp)

    def _person(self, properties: Properties, name: int, address: int, smtp: int) -> Person | None:
        called, said = properties.text(name).strip(), properties.text(address).strip()
        found = internet(properties.text(smtp)) or self._resolved(said)
        return Person(called, found) if called or found or said else None

    def _recipient(self, properties: Properties) -> Person:
        name, said = properties.text(mapi.NAME, mapi.SHOWN_NAME).strip(), properties.text(mapi.ADDRESS).strip()
        found = internet(properties.text(mapi.SMTP)) or self._resolved(said) or internet(name)
        if not found and said:
            self.unresolved[said] = None
        return Person(name, found)

    def _resolved(self, address: str) -> str:
        return internet(address) or self._known.get(_key(address), "")

    def _by_creator(self, properties: Properties, author: Person) -> Person:
        """The author with the address of who made the message, unless that is somebody else."""
        creator, said = (
            properties.text(mapi.CREATOR_NAME).strip(),
            properties.text(mapi.AUTHOR_ADDRESS, mapi.SENDER_ADDRESS),
        )
        sender = self.sender
        names = {creator, author.name, *([sender.name] if sender else [])} - {""}
        found = sender.address if sender and sender.address and len({author.name, sender.name}) == 1 else ""
        if not found and len({name.casefold() for name in names}) <= 1:
            found = internet(properties.text(mapi.CREATOR_SMTP))
        if not found and said:
            self.unresolved[said] = None
        return author._replace(address=found)


def internet(address: str) -> str:
    """The address where it is one of the internet, also inside Exchange's wrapping (IMCEASMTP-...); else ""."""
    address = address.strip().strip("'\"").strip()
    if address[:5].lower() == "smtp:":
        address = address[5:]
    wrapped = re.fullmatch(_ENCAPSULATED, address)
    if wrapped:
        return internet(_unwrapped(wrapped[2])) if wrapped[1].upper() == "SMTP" else ""
    return address if re.fullmatch(_SMTP, address) and not address.startswith("/") else ""


def _key(address: str) -> str:
    """An X.500 address as it compares, Exchange's wrapping for the internet (IMCEAEX-) taken off."""
    wrapped = re.fullmatch(_ENCAPSULATED, address.strip())
    return (_unwrapped(wrapped[2]) if wrapped else address.strip()).lower()


def _unwrapped(text: str) -> str:
    return re.sub(_HEX, lambda code: chr(int(code[1], 16)), text.replace("_", "/"))
