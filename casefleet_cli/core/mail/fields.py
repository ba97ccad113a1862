"""The header fields of a message or a part (RFC 5322 section 2.2), in bytes, however they are damaged."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import header

MOST_FIELDS = 20_000

_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*)(?:\n|\Z)")
_BAD_FIELD = (
    rb"(?:[A-Za-z][\w.]*-[^\s:]{1,60}|[Xx][- ][^:\n]{1,60}|(?:[A-Z0-9][^\s:]{0,30}[ \t]){1,3}[A-Z0-9][^\s:]{0,30})"
    rb":[ \t]*[^\s]"
)
"""A field with blanks or foreign letters in its name: "X-Größe: 1", "X Spam Score: 0.1"."""
_NOT_BASE64 = rb"[^\n]*[^A-Za-z0-9+/=\s]|[^\n]*\S[ \t]+\S"
_LONGEST_BAD = 4000
_EMPTY_LINE = re.compile(rb"\r*(?:\n|\Z)")
_BLANK_LINE = rb"\n\r*\n"
_LEAD = rb"[ \t\r\n]*\n"
_ODD_BEGINNINGS = (b" ", b"\t", b"\r", b"\n", b"F", b">")
_INDENT = rb"[ \t]+"
_KNOWN = (
    rb"(?i)(?:x-[a-z0-9-]+|received|return-path|from|to|cc|bcc|subject|date|message-id|mime-version|sender|reply-to|resent-[a-z]+"
    rb"|content-[a-z-]+|delivered-to|envelope-[a-z]+|references|in-reply-to|user-agent|organi[sz]ation|importance|priority"
    rb"|precedence|list-[a-z]+|dkim-signature|domainkey-signature|authentication-results|arc-[a-z-]+|thread-[a-z]+"
    rb"|errors-to|auto-submitted|status|keywords|comments|newsgroups|lines|path|received-spf|disposition-[a-z-]+"
    rb"|apparently-to|original-[a-z-]+|accept-language|autocrypt|feedback-id|face)[ \t]*:"
)
_NEXT_KNOWN = rb"(?i)\n(?=\r*\n)|\n(?=" + _KNOWN.removeprefix(b"(?i)") + rb")"


def start_of(raw: bytes) -> int:
    """Where the headers of a message begin, past a byte order mark, blank lines and mbox "From " lines."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    if raw[start : start + 1] not in _ODD_BEGINNINGS:
        return start
    known = re.compile(_KNOWN)
    lead = re.compile(_LEAD).match(raw, start)
    if lead and (known.match(raw, lead.end()) or is_from_line(raw, lead.end())):
        start = lead.end()
    while is_from_line(raw, start):
        end = raw.find(b"\n", start)
        start = end + 1 if end >= 0 else len(raw)
    indent = re.compile(_INDENT).match(raw, start)
    return indent.end() if indent and known.match(raw, indent.end()) else start


def is_from_line(data: bytes, at: int) -> bool:
    """Whether an mbox "From " line begins there, and not a From field with a blank before its colon."""
    return data.startswith((b"From ", b">From "), at) and not data[at + 5 : at + 80].lstrip().startswith(b":")


def fields_of(
    data: bytes, position: int, end: int, most: int = MOST_FIELDS
) -> tuple[list[tuple[str, bytes]], int, str | None]:
    """The fields of the header block at `position`, where the body begins, and a defect or None.

    A line that is no field is passed over when known fields follow before the next blank line, or when it reads like
    one that a filter appended; otherwise the body begins with it (its blank line is missing), as it does with a line
    that looks like a delimiter.
    """
    fields: list[tuple[str, bytes]] = []
    defect = None
    match = _FIELD.match
    while position < end:
        found = match(data, position, end)
        if found:
            if len(fields) >= most:
                rest = re.compile(_BLANK_LINE).search(data, position, end)
                return fields, rest.end() if rest else end, "too-many-fields"
            fields.append((found[1].decode("ascii"), header.unfold(found[2])))
            position = found.end()
            continue
        empty = _EMPTY_LINE.match(data, position, end)
        if empty:
            return fields, empty.end(), defect
        following = None if data.startswith(b"--", position) else re.compile(_NEXT_KNOWN).search(data, position, end)
        if following is None or data[following.end() : following.end() + 1] in (b"\r", b"\n"):
            if following is None or not fields or not _ends_header(data, position, following.start(), end, fields):
                return fields, position, "header-end-missing"
            defect, position = "header-line-unreadable", following.end()
            continue
        position = following.end()
        defect = "header-line-unreadable"
    return fields, min(position, end), defect


def _ends_header(data: bytes, start: int, cut: int, end: int, fields: list[tuple[str, bytes]]) -> bool:
    """Whether the lines before a blank one are bad fields rather than the letter: filters append theirs at the end.

    A letter whose header lacks its blank line must not lose its first paragraph; so each line has to read like a field,
    or it cannot be of a body in base64.
    """
    if cut - start > _LONGEST_BAD or not data[cut:end].strip():
        return False
    encoding = next((value.lower() for name, value in fields if name.lower() == "content-transfer-encoding"), b"")
    lines = data[start:cut].replace(b"\r", b"").split(b"\n")
    if encoding == b"base64":
        return all(line[:1] in (b" ", b"\t") or re.match(_NOT_BASE64, line) for line in lines)
    return all(line[:1] in (b" ", b"\t") or re.match(_BAD_FIELD, line) for line in lines)
