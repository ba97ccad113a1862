"""What `casefleet inspect` says about one message file."""

from __future__ import annotations

from casefleet_cli.core.spoofing import suspicions
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casefleet_cli.core.model import Forward, Mailbox, Message

_MOST = 200
"""Of those in To and in Cc, at most so many are looked at."""


def answer(path: str, message: Message) -> dict[str, object]:
    """The JSON object for a message: null where a thing is absent, dates in ISO 8601 with offset."""
    return {
        "path": path,
        "message_id": message.msgid,
        "subject": message.subject,
        "from": _people(message.from_),
        "to": _people(message.to),
        "cc": _people(message.cc),
        "date": message.date.isoformat() if message.date else None,
        "text": message.text,
        "html": message.has_html,
        "attachments": [
            {"filename": found.filename, "content_type": found.content_type, "size": found.size}
            for found in message.attachments
            if not found.is_inner
        ],
        "forward": _forward(message.forwards[0]) if message.forwards else None,
        "defects": list(message.defects),
        **_chain(message),
        **_inside(message),
        **_suspicions(message),
    }


def _suspicions(message: Message) -> dict[str, object]:
    """What deceives about its people, its subject and its text, only where there is anything; nobody is known here."""
    people = [("from", one) for one in message.from_] + [
        ("forward", one.sender) for one in message.forwards if one.sender
    ]
    people += [(kind, one) for kind, those in (("to", message.to), ("cc", message.cc)) for one in those[:_MOST]]
    found = [each for kind, one in people for each in suspicions.of_person(one.name, one.address, field=kind)]
    found += [*suspicions.of_subject(message.subject), *suspicions.of_defects(message.defects)]
    return {"suspicions": [one._asdict() for one in dict.fromkeys(found)]} if found else {}


def _chain(message: Message) -> dict[str, object]:
    """All that is forwarded and by whom, only where it is several messages; null where the mail's author did."""
    if len(message.forwards) < 2:
        return {}
    return {"forwards": [{**_forward(one), "by": _person(one.by) if one.by else None} for one in message.forwards]}


def _inside(message: Message) -> dict[str, object]:
    """What is inside of attachments, only where there is anything."""
    found = [
        {"part": one.part, "filename": one.filename, "content_type": one.content_type, "size": one.size}
        for one in message.attachments
        if one.is_inner
    ]
    inside: dict[str, object] = {"inside": found} if found else {}
    return {**inside, "enclosed_text": message.enclosed} if message.enclosed else inside


def _forward(forward: Forward) -> dict[str, object]:
    return {
        "kind": forward.kind,
        "from": _person(forward.sender) if forward.sender else None,
        "subject": forward.subject,
        "date": forward.date.isoformat() if forward.date else None,
        "date_raw": forward.date_raw,
        "to": _people(forward.to),
        "cc": _people(forward.cc),
        "comment": forward.comment,
    }


def _people(mailboxes: Iterable[Mailbox]) -> list[dict[str, str | None]]:
    return [_person(mailbox) for mailbox in mailboxes]


def _person(mailbox: Mailbox) -> dict[str, str | None]:
    return {"name": mailbox.name or None, "address": mailbox.address or None}
