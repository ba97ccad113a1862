"""One contact as an address book has it, and what all of them write in the same ways."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_ADDRESSES = 500
"""Of one entry; more are no contact."""
_IN_BRACKETS = re.compile(r"<([^<>\s]{3,320})>")
_BETWEEN = re.compile(r"[\s,;]+|:::")
_WRAPPINGS = ("smtp:", "mailto:")
_DEGREES = frozenset(
    "dr prof professor ing dipl-ing mag judge justice hon rev sir dame lord lady ra rain me maitre".split()
)
"""Titles that belong to a name; Mr, Frau and the like do not."""


class Entry(NamedTuple):
    """One contact of an address book, unchecked."""

    line: int
    """Where it begins in its file."""
    name: str
    addresses: tuple[str, ...] = ()
    kind: str = "person"
    note: str = ""
    refused: str = ""
    """Why it cannot be taken, "" when it can."""
    is_nameless: bool = False
    """Whether the name is only the address."""


def addresses_in(text: str) -> list[str]:
    """The addresses that one field holds, several by blanks, commas, semicolons or Google's ":::".

    The whole field where that makes no sense. Words beside an address in brackets are a name.
    """
    text = text.strip()
    found = _IN_BRACKETS.findall(text)
    if not found:
        found = [part for part in _BETWEEN.split(text) if part]
    elif not {word for word in _BETWEEN.split(_IN_BRACKETS.sub(" ", text)) if "@" in word} <= set(found):
        return [text]
    if not all("@" in one for one in found):
        return [text]
    return [_bare(one) for one in found]


def whole_name(prefix: str, given: str, middle: str, family: str, suffix: str) -> str:
    """A name out of its parts."""
    titles = " ".join(word for word in prefix.split() if word.lower().strip(".") in _DEGREES)
    name = " ".join(filter(None, map(str.strip, (titles, given, middle, family))))
    return f"{name}, {suffix.strip()}" if name and suffix.strip() else name


def entry_of(
    line: int,
    name: str,
    addresses: list[str],
    *,
    organisation: str = "",
    job: str = "",
    note: str = "",
    kind: str = "",
    needs_name: bool = False,
) -> Entry:
    """The entry that these fields make: without a person's name it is the organisation, or called by its address."""
    name, organisation = name.strip(), organisation.strip()
    held = tuple(dict.fromkeys(address for text in addresses if text.strip() for address in addresses_in(text)))
    if len(held) > MOST_ADDRESSES:
        return Entry(line, name, refused=f"It has more than {MOST_ADDRESSES} addresses; no contact has so many.")
    if organisation and (not name or name.casefold() == organisation.casefold()):
        kind = kind or "organisation"
    elif organisation or job:
        note = "\n".join(filter(None, (", ".join(filter(None, (job.strip(), organisation))), note)))
    is_nameless = not (name or organisation or needs_name) and bool(held)
    return Entry(
        line,
        name or organisation or (held[0] if is_nameless else ""),
        held,
        kind or "person",
        note,
        is_nameless=is_nameless,
    )


def _bare(address: str) -> str:
    for wrapping in _WRAPPINGS:
        if address.lower().startswith(wrapping):
            address = address[len(wrapping) :]
    return address
