"""What a mail program wrote into the header of a message when it stored or exported it: labels, and its state."""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from casefleet_cli.core.mail import header, mime
from casefleet_cli.sources import states

_HEADER = 65_536
"""How far into a message they are looked for."""
_MOST = 100
_EXPUNGED, _IMAP_DELETED = 0x0008, 0x0020_0000
"""Bits of X-Mozilla-Status and X-Mozilla-Status2: the message is deleted and waits for compaction."""


class Said(NamedTuple):
    """What the header of a message tells of how it was stored."""

    labels: tuple[str, ...] = ()
    state: str = ""
    format: str = ""
    """"takeout", or ""."""


def said_by(message: bytes) -> Said:
    """The labels that the header gives, the state, and whether Google Takeout wrote it.

    Read are X-Gmail-Labels of Takeout (a list with commas, perhaps encoded by RFC 2047), X-Mozilla-Status and
    X-Mozilla-Draft-Info of Thunderbird, X-Unsent of Outlook and Windows Mail, X-Status of Pine, mutt and Dovecot.
    """
    end = _end_of_header(message)
    head = message[:end].lower()
    if (
        b"x-gmail-labels" not in head
        and b"x-mozilla-" not in head
        and b"x-unsent" not in head
        and b"x-status" not in head
    ):
        return Said()
    fields = [(name.lower(), value.strip()) for name, value in mime.read_headers(message[: end + 1])]
    gmail = _listed([header.decode(value) for name, value in fields if name == "x-gmail-labels"])
    labels = list(gmail)
    found = {states.of_name(label) for label in gmail}
    for name, value in fields:
        state = _state_of(name, value)
        if state:
            labels.append(state)
            found.add(state)
    return Said(
        tuple(dict.fromkeys(labels))[:_MOST],
        states.first(found),
        "takeout" if any(name == "x-gmail-labels" for name, _ in fields) else "",
    )


def _end_of_header(message: bytes) -> int:
    end = message.find(b"\n\n", 0, _HEADER)
    if end < 0:
        end = min(len(message), _HEADER)
    with_crlf = message.find(b"\n\r\n", 0, end)
    return with_crlf if with_crlf >= 0 else end


def _listed(values: list[str]) -> list[str]:
    try:
        found = [label.strip() for row in csv.reader(values, skipinitialspace=True) for label in row]
    except csv.Error:
        found = [label.strip() for value in values for label in value.split(",")]
    return [label for label in found if label][:_MOST]


def _state_of(name: str, value: bytes) -> str:
    if name in ("x-mozilla-status", "x-mozilla-status2"):
        bits = int(value, 16) if re.fullmatch(rb"[0-9A-Fa-f]{1,8}", value) else 0
        return "deleted" if bits & (_EXPUNGED if name == "x-mozilla-status" else _IMAP_DELETED) else ""
    if name == "x-mozilla-draft-info" or (name == "x-unsent" and value == b"1"):
        return "draft"
    if name == "x-status":  # A: answered, F: flagged, T: draft, D: deleted
        return "deleted" if b"D" in value else "draft" if b"T" in value else ""
    return ""
