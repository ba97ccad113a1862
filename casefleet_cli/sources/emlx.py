"""The .emlx of Apple Mail: a line with the length of the message, the message, and a property list with its flags."""

from __future__ import annotations

import re
from typing import NamedTuple

from casefleet_cli.sources.items import moment_of_seconds

_LENGTH = re.compile(rb"(\d{1,12})[ \t]*\r?\n(?=[A-Za-z][A-Za-z0-9-]*[ \t]*:)")
_FLAGS = re.compile(rb"<key>flags</key>\s*<integer>(\d{1,18})</integer>")
_DATES = re.compile(rb"<key>date-(?:sent|received)</key>\s*<(?:integer|real)>(\d{9,10})[.<]")
_BITS = ((0, "seen"), (1, "trashed"), (2, "replied"), (4, "flagged"), (6, "draft"), (8, "passed"), (24, "junk"))
"""Bits of the flags, in the words that a Maildir's flags have."""


class Wrapped(NamedTuple):
    """What an .emlx holds."""

    message: bytes
    flags: tuple[str, ...]
    """In words, sorted."""
    moment: str
    """When it was sent or came, as the property list says: as in Item."""


def begins_emlx(head: bytes) -> bool:
    """Whether these first bytes of a file are those of an .emlx."""
    return _LENGTH.match(head) is not None


def unwrap(content: bytes) -> Wrapped | None:
    """What is in an .emlx; None where the content is none.

    A file that was cut, so that the length leads beyond its end, gives what there is.
    """
    found = _LENGTH.match(content)
    if found is None:
        return None
    end = found.end() + int(found[1])
    rest = content[end:]
    if rest.strip() and not rest.lstrip().startswith((b"<?xml", b"<!DOCTYPE plist", b"<plist")):
        return None
    number, date = _FLAGS.search(rest[:65_536]), _DATES.search(rest[:65_536])
    bits = int(number[1]) if number else 0
    flags = tuple(sorted(word for bit, word in _BITS if bits >> bit & 1))
    return Wrapped(content[found.end() : end], flags, moment_of_seconds(int(date[1])) if date else "")
