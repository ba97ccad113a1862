"""One e-mail in words for people: who, when, what, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.cli import output, people
from casefleet_cli.core.spoofing.letters import visible
from casefleet_cli.desk import spoofing
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.store import labels, links, mailbook

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.store.sight import Sight

_WAITING = ("held", "rejected")
SAYS = {"received": "by its Received fields", "archive": "as its archive says"}
"""What dates an e-mail that its Date field does not."""


def whole(connection: sqlite3.Connection, email_id: int, sight: Sight) -> dict[str, Any]:
    """Everything in sight about one email, as `email show --json` gives it."""
    found = mailbook.one(connection, email_id)
    found["places"] = links.places_of(connection, email_id, sight)
    found["contacts"] = links.contacts_of(connection, email_id, sight)
    found["labels"] = labels.of_email(connection, email_id)
    found["notes"] = labels.notes(connection, email_id)
    found["suspicions"] = [one._asdict() for one in spoofing.of_email(connection, sight, found)]
    waits = found["standing"] == "unassigned"
    likely = suggestion_desk.for_email(connection, email_id, sight) if waits else []
    found["suggestions"] = [one.told for one in likely]
    return found


def fields(whole: dict[str, Any]) -> list[tuple[str, object]]:
    """The labels and values of an email as `whole` gives it."""
    places = [
        f"{place['kind']} {place['number'] or place['id']} {place['name']} ({place['status']}), linked by"
        f" {'a rule' if place['linked_by'] == 'rule' else place['user'] or 'hand'}"
        for place in whole["places"]
    ]
    return [
        ("E-mail", whole["id"]),
        ("Subject", visible(whole["subject"] or "")),
        ("From", _sender(whole)),
        ("Beware", [one["sentence"] for one in whole["suspicions"]]),
        ("To", [person(p["name"], p["address"]) for p in whole["to"]]),
        ("Cc", [person(p["name"], p["address"]) for p in whole["cc"]]),
        ("Bcc", [person(p["name"], p["address"]) for p in whole["bcc"]]),
        ("Date", _when(whole)),
        ("Logged", [f"{output.moment(d['received_at'])} for {d['user']} by {_came_by(d)}, {d['standing']}"
                    for d in whole["deliveries"]]),
        ("Labels", _labels(whole)),
        ("Notes", [f"{note['detail']} ({note['user'] or 'at the command line'}, {output.moment(note['at'])})"
                   for note in whole["notes"]]),
        ("Standing", whole["standing"]),
        ("Filed to", places),
        ("Contacts", [f"{contact['id']} {contact['name']}" for contact in whole["contacts"]]),
        ("Attachments", [f"{a['filename'] or 'unnamed'} ({a['content_type']}, {a['size']} bytes)"
                         for a in whole["attachments"]]),
        ("Forwards", [forward_in_words(forward) for forward in whole["forwards"]]),
        ("Defects", whole["defects"]),
    ]  # fmt: skip


def person(name: object, address: object) -> str:
    """A person as mail programs write one."""
    return f"{name} <{address}>" if name and address else str(name or address or "")


def _labels(whole: dict[str, Any]) -> list[str]:
    """Those of archives, and then those of people."""
    of_archives = (label for delivery in whole["deliveries"] for label in delivery["labels"])
    return list(dict.fromkeys([*of_archives, *whole["labels"]]))


def _sender(whole: dict[str, Any]) -> str:
    deceives = any(one["field"] == "from" for one in whole["suspicions"])
    if deceives or whole["standing"] in _WAITING:
        return people.shown(whole["from_name"], whole["from_address"], is_doubtful=True)
    return person(whole["from_name"], whole["from_address"])


def _came_by(delivery: dict[str, Any]) -> str:
    return f"{delivery['source']} ({delivery['format']})" if delivery["format"] else str(delivery["source"])


def _when(whole: dict[str, Any]) -> str:
    said = SAYS.get(whole["moment_from"])
    when = output.moment(whole["sent_at"])
    return f"{when} ({said})" if said else when


def forward_in_words(forward: dict[str, Any]) -> str:
    """What an e-mail forwards, in a line."""
    sender = forward["from"] or {"name": "", "address": ""}
    who = person(sender["name"], sender["address"]) or "somebody"
    return f"{forward['subject'] or '(no subject)'}, from {who}, {forward['date_raw'] or 'no date'}"
