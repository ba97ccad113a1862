"""vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350): reading what programs write, and writing 3.0, which all read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.addressbooks.entry import MOST_ADDRESSES, Entry, entry_of, whole_name
from casefleet_cli.core.addressbooks.lines import unfolded
from casefleet_cli.core.mail import charset, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TAKEN = frozenset("FN N ORG EMAIL NOTE TITLE KIND X-ADDRESSBOOKSERVER-KIND X-ABSHOWAS".split())
_LONGEST_HEAD = 2000
"""Octets of a property before its value."""
_CHARSET = re.compile(rb"CHARSET=\"?([A-Z0-9_:.-]{1,40})")
_BASE64 = re.compile(rb"[;=](?:BASE64|B)(?:;|$)")
_PIECES = re.compile(r"\\.|[^\\;]+|[;\\]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NO_CONTACTS = {"group": "group of contacts", "location": "place", "application": "program", "device": "device"}
_FOLDED_AT = 75
"""Octets of a line without its end (RFC 6350 section 3.2)."""
NO_END = "The card does not end; END:VCARD is missing."


class _Property(NamedTuple):
    name: str
    parameters: bytes
    value: bytes

    def text(self) -> str:
        """The value as it was written, still escaped."""
        value = self.value
        if b"QUOTED-PRINTABLE" in self.parameters:
            value = transfer.quoted_printable(value)
        elif _BASE64.search(self.parameters):
            value = transfer.base64(value)
        label = _CHARSET.search(self.parameters)
        return charset.decode(value, label[1].decode("ascii") if label else None)


def cards(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The contact of each card; of one that is broken or no contact, why it cannot be taken."""
    found: list[_Property] | None = None
    start = inner = 0
    expects_inner = False
    for number, line in unfolded(lines):
        mark = line.strip().upper()[:20]
        if mark == b"BEGIN:VCARD":
            if expects_inner or inner:  # the card of somebody's agent, in 2.1
                inner, expects_inner = inner + 1, False
                continue
            if found is not None:
                yield _cut_off(start, found)
            found, start = [], number
        elif mark == b"END:VCARD" and inner:
            inner -= 1
        elif mark == b"END:VCARD" and found is not None:
            yield _entry(start, found)
            found = None
        elif found is not None and not inner and line:
            expects_inner = mark.startswith(b"AGENT") and mark.endswith(b":")
            one = _property(line)
            if one is not None and one.name in _TAKEN and len(found) <= 2 * MOST_ADDRESSES:
                found.append(one)
    if found is not None:
        yield _cut_off(start, found)


def card(name: str, addresses: Iterable[str], kind: str = "person", note: str = "") -> str:
    """A contact as a card of vCard 3.0, lines folded and ended by CRLF."""
    is_person = kind == "person"
    given, _, family = name.rpartition(" ") if is_person else ("", "", "")
    parts = (family, given) if given else ("", family)
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{escaped(name)}",
        f"N:{';'.join(map(escaped, parts))};;;",
        *([] if is_person else [f"ORG:{escaped(name)}", "X-ABShowAs:COMPANY"]),
        *(f"EMAIL;TYPE=INTERNET:{escaped(address)}" for address in addresses),
        *([f"NOTE:{escaped(note)}"] if note else []),
        "END:VCARD",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def escaped(text: str) -> str:
    """A text value (RFC 6350 section 3.4, RFC 2426 section 4)."""
    for letter in "\\,;":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, none within a letter; each but the first begins with a blank."""
    piece, length = "", 0
    for letter in line:
        octets = len(letter.encode("utf-8", "surrogatepass"))
        if length + octets > _FOLDED_AT:
            yield piece
            piece, length = " ", 1
        piece += letter
        length += octets
    yield piece


def _property(line: bytes) -> _Property | None:
    head = line[:_LONGEST_HEAD]
    at = 0
    while True:
        colon = head.find(b":", at)
        if colon < 0:
            return None
        quote = head.find(b'"', at, colon)
        closed = head.find(b'"', quote + 1) if quote >= 0 else -1
        if closed < 0:
            break
        at = closed + 1
    name, _, parameters = head[:colon].upper().partition(b";")
    return _Property(name.strip().rpartition(b".")[2].decode("latin-1"), b";" + parameters, line[colon + 1 :])


def _entry(line: int, properties: list[_Property]) -> Entry:
    texts: dict[str, list[str]] = {}
    for one in properties:
        texts.setdefault(one.name, []).append(one.text())

    def first(name: str) -> str:
        return next((text.strip() for text in texts.get(name, ()) if text.strip(" ;")), "")

    kind = unescaped(first("KIND") or first("X-ADDRESSBOOKSERVER-KIND")).lower()
    name = " ".join(unescaped(first("FN")).split())
    family, given, middle, prefix, suffix, *_ = (*_components(first("N")), "", "", "", "", "")
    parts = whole_name(prefix, given, middle, family, suffix)
    if kind in _NO_CONTACTS:
        return Entry(line, name, refused=f"It is a {_NO_CONTACTS[kind]}, no contact.")
    if parts and "@" in name:
        name = parts
    is_company = kind in ("org", "organization", "organisation") or first("X-ABSHOWAS").upper() == "COMPANY"
    organisation = ", ".join(part.strip() for part in _components(first("ORG")) if part.strip())
    return entry_of(
        line,
        organisation if is_company and organisation and not name else name or parts,
        [unescaped(text) for text in texts.get("EMAIL", ())],
        organisation="" if is_company and name else organisation,
        job=unescaped(first("TITLE")),
        note="\n".join(unescaped(text) for text in texts.get("NOTE", ()) if text.strip()),
        kind="organisation" if is_company else "person" if parts or kind == "individual" else "",
    )


def _cut_off(line: int, properties: list[_Property]) -> Entry:
    return _entry(line, properties)._replace(refused=NO_END)


def _components(text: str) -> list[str]:
    """The parts of a structured value, unescaped."""
    parts = [""]
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        if piece == ";":
            parts[-1] = "".join(pieces)
            parts.append("")
            pieces = []
        else:
            pieces.append(piece)
    parts[-1] = "".join(pieces)
    return [unescaped(part) for part in parts]
