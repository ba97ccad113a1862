"""The labels that a mail program wrote into the header of a message when it exported it."""

from __future__ import annotations

import csv

from casefleet_cli.core.mail import header, mime

_GMAIL = b"x-gmail-labels"
_HEADER = 65_536
"""How far into a message labels are looked for."""
_MOST = 100


def labels_of(message: bytes) -> tuple[str, ...]:
    """The labels of Gmail (X-Gmail-Labels of Takeout: a list with commas, perhaps encoded by RFC 2047), as they are."""
    head = message[:_HEADER]
    if _GMAIL not in head.lower():
        return ()
    values = [header.decode(value) for name, value in mime.read_headers(head) if name.lower() == _GMAIL.decode()]
    try:
        found = [label.strip() for row in csv.reader(values, skipinitialspace=True) for label in row]
    except csv.Error:
        found = [label.strip() for value in values for label in value.split(",")]
    return tuple(dict.fromkeys(label for label in found if label))[:_MOST]
