"""LDIF (RFC 2849) as address books write it: Thunderbird's and those of directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.core.addressbooks.entry import MOST_ADDRESSES, Entry, entry_of, whole_name
from casefleet_cli.core.addressbooks.lines import unfolded
from casefleet_cli.core.mail import charset, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TAKEN = frozenset(
    "objectclass cn displayname givenname sn o title description mail mozillasecondemail mailalternateaddress".split()
)
_GROUPS = frozenset(("groupofnames", "groupofuniquenames", "mailgroup", "group"))
_PEOPLE = frozenset(("person", "organizationalperson", "inetorgperson", "mozillaabpersonalpha"))


def records(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The contact of each record; of a group, why it is none. What is neither is passed over, as a directory's root."""
    found: dict[str, list[str]] = {}
    start = 0
    for number, line in unfolded(lines):
        if not line:
            yield from _entry(start, found)
            found, start = {}, 0
            continue
        name, colon, value = line.partition(b":")
        attribute = name.partition(b";")[0].strip().lower().decode("latin-1")
        if not colon or attribute.startswith("#"):
            continue
        start = start or number
        if attribute in _TAKEN and len(found.setdefault(attribute, [])) <= MOST_ADDRESSES:
            octets = transfer.base64(value[1:].strip()) if value[:1] == b":" else value.strip()
            found[attribute].append(charset.decode(octets))
    yield from _entry(start, found)


def _entry(line: int, found: dict[str, list[str]]) -> Iterator[Entry]:
    def first(attribute: str) -> str:
        return found.get(attribute, [""])[0].strip()

    classes = {text.strip().lower() for text in found.get("objectclass", ())}
    name = first("displayname") or first("cn")
    addresses = [text for key in ("mail", "mozillasecondemail", "mailalternateaddress") for text in found.get(key, ())]
    if not classes.isdisjoint(_GROUPS):
        yield Entry(line, name, refused="It is a group of contacts, no contact.")
    elif addresses or not classes.isdisjoint(_PEOPLE):
        parts = whole_name("", first("givenname"), "", first("sn"), "")
        yield entry_of(
            line,
            parts if "@" in name and parts else name or parts,
            addresses,
            organisation=first("o"),
            job=first("title"),
            note="\n".join(found.get("description", ())),
            kind="person" if first("givenname") else "",
        )
