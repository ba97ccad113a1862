"""The words of an invitation (iCalendar, RFC 5545): what a person would read in it."""

from __future__ import annotations

import re

_NAMES = {
    "SUMMARY": "",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "CONTACT": "Contact",
    "COMMENT": "Comment",
    "CATEGORIES": "Categories",
    "URL": "URL",
    "STATUS": "Status",
    "DESCRIPTION": "",
}
_PARTS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
_NAME = r"[A-Za-z0-9-]{1,60}"
_QUOTED = r'"[^"]*"'
_CN = r';CN="?([^";:]{1,200})'
_MOST_LINES = 2000


def words(text: str) -> str:
    """The readable lines of the events and tasks in a calendar, each once; "" where there are none."""
    lines: dict[str, None] = {}
    inside: list[str] = []
    for line in _unfolded(text):
        if line[:6].upper() == "BEGIN:":
            inside.append(line[6:].strip().upper())
        elif line[:4].upper() == "END:":
            if inside:
                inside.pop()
        elif inside and inside[-1] in _PARTS:
            said = _said(line)
            if said:
                lines[said] = None
        if len(lines) >= _MOST_LINES or len(inside) > 50:
            break
    return "\n".join(lines)


def _unfolded(text: str) -> list[str]:
    """The content lines, folded ones joined (RFC 5545 section 3.1)."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()


def _said(line: str) -> str:
    name = re.match(_NAME, line)
    if name is None or name[0].upper() not in _NAMES:
        return ""
    rest = line[name.end() :]
    bare = re.sub(_QUOTED, lambda quoted: "x" * len(quoted[0]), rest)  # a colon in quotes ends no parameter
    colon = bare.find(":")
    if colon < 0:
        return ""
    called = re.search(_CN, rest[:colon], re.IGNORECASE)
    value = _plain(rest[colon + 1 :]).strip()
    if value.lower().startswith("mailto:"):
        value = value[7:]
    if called and called[1] != value:
        value = f"{called[1].strip()} <{value}>" if value else called[1].strip()
    label = _NAMES[name[0].upper()]
    return f"{label}: {value}" if label and value else value


def _plain(value: str) -> str:
    """A text value without its escapes (RFC 5545 section 3.3.11)."""
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], value)
