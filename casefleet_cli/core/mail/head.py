"""What the header of one message says (RFC 5322 section 3.6)."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import header, mailboxes
from casefleet_cli.core.moments import field
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from casefleet_cli.core.mail.mime import Part
    from casefleet_cli.core.model import Mailbox

_MSGID = re.compile(r"<([^<>]+)>")
_LONGEST_MSGID = 2000
_MOST_REFERENCES = 1000
_LONGEST_IDS = 500_000
"""Letters of the fields with message identifiers, and of those with addresses, that are read: 12,000 recipients."""
LONGEST_PEOPLE = 1_000_000
_MOST_RECEIVED, _FIRST_RECEIVED = 200, 1990
_TRACE = ("received", "authentication-results")
_MOST_TRACE, _LONGEST_TRACE = 20, 2000


class Head:
    """The header fields of one message, decoded when asked for."""

    def __init__(self, part: Part, room: list[int] | None = None) -> None:
        self.room = [LONGEST_PEOPLE] if room is None else room
        """Letters of addresses that may still be read: what becomes of them takes sixty times as much."""
        self.is_cut = False
        self.values: dict[str, list[bytes]] = {}
        for name, value in part.fields:
            self.values.setdefault(name.lower(), []).append(value)
        self.hint = _hint(part)
        self.known: dict[str, tuple[Mailbox, ...]] = {}
        self.subject = header.decode(self.values["subject"][0], self.hint) if "subject" in self.values else None
        ids = self.msgids("message-id")
        self.msgid = ids[0] if ids else None
        self.date_raw = header.decode(self.values["date"][0]) if "date" in self.values else None
        self.date = field.parse(self.date_raw) if self.date_raw else None

    @property
    def received(self) -> tuple[datetime, ...]:
        """The moments that its Received fields end with, from 1990 on, oldest first."""
        fields = self.values.get("received", ())[:_MOST_RECEIVED]
        ends = (header.clean(header.to_text(value)).rpartition(";")[2] for value in fields)
        found = (field.parse(end) for end in ends)
        return tuple(sorted(moment for moment in found if moment is not None and moment.year >= _FIRST_RECEIVED))

    @property
    def is_unsent(self) -> bool:
        """Whether the message says that it is a draft (X-Unsent, as Outlook writes it)."""
        return any(value.strip() == b"1" for value in self.values.get("x-unsent", ()))

    @property
    def defects(self) -> list[str]:
        """What is wrong with the fields that every message must have (RFC 5322 section 3.6)."""
        found = []
        if self.date is None:
            found.append("date-unreadable" if self.date_raw else "date-missing")
        if not any(mailbox.address for mailbox in self.people("from")):
            found.append("from-unreadable" if self.values.get("from") else "from-missing")
        if self.msgid is None:
            found.append("msgid-missing")
        found += [f"{name}-repeated" for name in ("from", "subject", "date") if len(self.values.get(name, ())) > 1]
        if not self.values:
            found.append("headers-missing")
        if self.is_cut:
            found.append("too-many-addresses")
        return found

    def people(self, name: str) -> tuple[Mailbox, ...]:
        """The mailboxes of every field of that name."""
        if name not in self.known:
            values = self.values.get(name)
            if name == "from" and values:  # a comment alone names no author (RFC 5322 section 3.2.2)
                values = [value for value in values if value[:1] != b"(" or value[-1:] != b")" or b"@" in value]
            self.known[name] = self.mailboxes(values) if values else ()
        return self.known[name]

    def mailboxes(self, values: list[bytes]) -> tuple[Mailbox, ...]:
        """The mailboxes of fields, as far as there is room for them."""
        text = ", ".join(header.to_text(value, self.hint) for value in values)
        if len(text) > self.room[0]:
            text, self.is_cut = text[: self.room[0]].rpartition(",")[0], True
        self.room[0] -= len(text)
        return mailboxes.parse_list(text)

    def msgids(self, name: str) -> tuple[str, ...]:
        """The message identifiers of a field, without angle brackets, each once."""
        values = self.values.get(name)
        if not values:
            return ()
        text = header.clean(header.to_text(b" ".join(values)[:_LONGEST_IDS]))
        found = [found for each in _MSGID.findall(text) if 0 < len(found := each.strip()) <= _LONGEST_MSGID]
        if not found:
            found = [word for word in text.replace("<", " ").replace(">", " ").split() if "@" in word] or [
                text.strip("<> ")
            ]
        return tuple(dict.fromkeys(identifier for identifier in found if identifier))[:_MOST_REFERENCES]

    def in_lines(self) -> str:
        """Who the message is between, when and about what, as a person reads it."""
        lines = [(name.title(), ", ".join(map(_written, self.people(name)))) for name in ("from", "to", "cc")]
        lines += [("Date", self.date_raw or ""), ("Subject", self.subject or "")]
        return "\n".join(f"{name}: {value}" for name, value in lines if value)


def _written(mailbox: Mailbox) -> str:
    name, address = mailbox
    return f"{name} <{address}>" if name and address else name or address


def _hint(part: Part) -> str | None:
    """The charset that raw 8-bit header bytes are likely in: that of the first text part, or of what it is in."""
    node, label = part, part.parameters.get("charset")
    for _ in range(5):
        if not node.children or not node.is_multipart:
            break
        node = node.children[0]
        label = node.parameters.get("charset") or label
    return label


def trace(root: Part) -> tuple[tuple[str, str], ...]:
    """The first fields that mail servers put on top, as core.rules.trust reads them."""
    found: list[tuple[str, str]] = []
    for name, value in root.fields:
        if len(found) == _MOST_TRACE:
            break
        if name[:1] in "RrAa" and name.lower() in _TRACE:
            found.append((name.lower(), header.clean(header.to_text(value))[:_LONGEST_TRACE]))
    return tuple(found)
