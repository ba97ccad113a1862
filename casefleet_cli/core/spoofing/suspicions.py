"""What is suspicious about the people of a mail and its subject, and how such a person is to be shown."""

from __future__ import annotations

import re

from casefleet_cli.core import names
from casefleet_cli.core.address import normal
from casefleet_cli.core.spoofing import letters
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REASONS = {
    "address-in-name": "the name holds another address",
    "address-in-address": "before the last @ stands another address",
    "name-of-user": "the name is a user's, the address is not",
    "name-of-contact": "the name is a contact's, the address is not",
    "looks-like-user": "the name looks like a user's, in other letters",
    "looks-like-contact": "the name looks like a contact's, in other letters",
    "looks-like-address": "the address looks like a known one",
    "mixed-scripts": "a word mixes alphabets that look alike",
    "hidden-letters": "it holds letters that nobody sees",
    "alternatives-differ": "the text and the HTML say different things",
}
"""Every reason, in a few words."""
DIFFER = "alternatives-differ"

_APART = r"[\s<>()\[\]\"'`,;:|]+"
"""What no address has in it, where it stands among words."""
_BEHIND = (" via ", " | ", " - ", " – ", " — ", " / ", " @ ", " (", " [", ", ", " on behalf of ")
"""What parts a name from what is said about it."""
_TITLES = frozenset("dr prof mr mrs ms miss herr frau mme mlle esq phd mag dipl ing lic llm".split())
_SHORTEST = 3
"""Letters of a name that is looked for."""
_LONGEST_TOLD = 120
_WHOSE = {"user": "the user", "contact": "the contact"}
_FIELDS = {"from": "From", "to": "To", "cc": "Cc", "bcc": "Bcc", "forward": "the forwarded original"}


class Suspicion(NamedTuple):
    """One thing that deceives, or may."""

    reason: str
    """One of REASONS."""
    field: str
    """"from", "to", "cc", "bcc", "forward", "subject" or "text"."""
    sentence: str


class Person(NamedTuple):
    """Somebody whom the firm knows."""

    kind: str
    """"user" or "contact"."""
    name: str
    addresses: frozenset[str]
    """In normal form."""


class Known(NamedTuple):
    """Those whom the firm knows, as far as they can matter to the people of a mail."""

    people: Mapping[str, tuple[Person, ...]] = {}
    """By the `key` of their names."""
    addresses: Mapping[str, tuple[Person, str]] = {}
    """By their look: whose they are, and how they are written (in normal form)."""
    domains: Mapping[str, str] = {}
    """The domains of users' addresses, by their look."""


NOBODY = Known()


def key(name: str) -> str:
    """What names that a reader takes for each other have in common, whatever the order of their words; may be ""."""
    words = re.findall(r"\w+", letters.look(name))
    return " ".join(sorted(word for word in words if word not in _TITLES) or sorted(words))


def keys(name: str) -> tuple[str, ...]:
    """The keys of known names that a display name may pass for: whole, and without what is said behind it."""
    # A letter can look like another one only in one of its cases.
    written = [form for head in _heads(name) for form in (head, head.title(), head.upper(), head.lower())]
    return tuple(dict.fromkeys(found for one in written if len(found := key(one)) >= _SHORTEST))


def address_look(address: str) -> str:
    """What an address looks like; of one in A-labels (RFC 5890), what it looks like in letters."""
    local, at, domain = _in_letters(address).rpartition("@")
    return letters.look(local) + at + letters.look(domain)


def latin_address(address: str) -> str:
    """The address, in normal form, that this one may pass for: Latin letters for those that look like them."""
    return normal(letters.latin(_in_letters(address[: letters.LONGEST])))


def of_person(name: str, address: str, known: Known = NOBODY, field: str = "from") -> tuple[Suspicion, ...]:
    """What is suspicious about one person of a mail, each reason once; nothing about who has no address."""
    name, address = name[: letters.LONGEST], address[: letters.LONGEST]
    if "@" not in address:
        return ()
    found = {reason: Suspicion(reason, field, told) for reason, told in _of_person(name, address, known, field)}
    return tuple(found.values())


def of_subject(subject: str | None) -> tuple[Suspicion, ...]:
    """What is suspicious about a subject."""
    if subject and letters.hides_letters(subject):
        return (Suspicion("hidden-letters", "subject", "The subject holds letters that nobody sees."),)
    return ()


def of_defects(defects: list[str] | tuple[str, ...]) -> tuple[Suspicion, ...]:
    """What is suspicious about a mail's text, by what was found when it was read."""
    if DIFFER not in defects:
        return ()
    told = "Its text and its HTML say different things, and mail programs show only one of them: read both."
    return (Suspicion(DIFFER, "text", told),)


def _heads(name: str) -> tuple[str, ...]:
    """A display name, and it without what is said behind it."""
    name = " ".join(letters.visible(name[: letters.LONGEST]).split()).strip("\"'`“”„ ")
    heads = [name.partition(mark)[0] for mark in _BEHIND if mark in name]
    return (name, *(head for head in heads if head and (" " in head or f"{head}, " not in name)))


def _words(name: str) -> list[str]:
    """The words of a name whatever their order, as people spell them."""
    words = re.findall(r"\w+", names.folded(name))
    return sorted(word for word in words if word not in _TITLES)


def _of_person(name: str, address: str, known: Known, field: str) -> Iterator[tuple[str, str]]:
    where, own = _FIELDS[field], normal(address)
    short = _short(address)
    for inner in _addresses_in(name):
        if normal(inner) != own:
            told = f"The name in {where} holds another address, {_short(inner)}; the true one is {short}."
            yield "address-in-name", told
            break
    local, _, domain = letters.visible(address).rpartition("@")
    if any("." in part for part in local.split("@")[1:]):
        told = f"Before the last @ of {short} in {where} stands another address; it belongs to {_short(domain)}."
        yield "address-in-address", told
    person = _namesake(name, own, known)
    if person is not None:
        whose = f"{_WHOSE[person.kind]} {_short(person.name)}"
        is_same = _words(person.name) in map(_words, _heads(name))
        reason = f"{'name-of' if is_same else 'looks-like'}-{person.kind}"
        likeness = "is that of" if is_same else "looks like that of"
        yield reason, f"The name in {where} {likeness} {whose}, but {short} is none of theirs."
    yield from _of_address(own, short, known, where)
    if letters.mixes_scripts(name):
        yield "mixed-scripts", f"The name in {where} mixes alphabets whose letters look alike."
    if letters.mixes_scripts(_in_letters(address)):
        yield "mixed-scripts", f"The address in {where} mixes alphabets whose letters look alike: it is {_short(own)}."
    if letters.hides_letters(name):
        yield "hidden-letters", f"The name in {where} holds letters that nobody sees."
    if letters.visible(address) != address:
        yield "hidden-letters", f"The address in {where} holds letters that nobody sees."


def _of_address(own: str, short: str, known: Known, where: str) -> Iterator[tuple[str, str]]:
    """Whether an address passes for a known one, or its domain for the firm's."""
    whose = known.addresses.get(address_look(own))
    if whose is not None and whose[1] != own:
        person, written = whose
        owner = f"{_WHOSE[person.kind]} {_short(person.name)}'s"
        told = f"{short} in {where} looks like {_short(written)}, which is {owner}."
        yield "looks-like-address", told
        return
    domain = own.rpartition("@")[2]
    ours = known.domains.get(address_look(domain))
    if ours is not None and ours != domain:
        yield "looks-like-address", f"The domain of {short} in {where} looks like yours, {ours}."


def _namesake(name: str, own: str, known: Known) -> Person | None:
    """Who of those known is called so, when the address is nobody's who is called so."""
    people = [person for one in keys(name) for person in known.people.get(one, ())]
    if any(own in person.addresses for person in people):
        return None
    return next((person for person in people if person.addresses), None)


def _addresses_in(name: str) -> Iterator[str]:
    """The addresses among the words of a name, as a reader would take them."""
    if "@" not in name and "＠" not in name and "﹫" not in name:
        return
    plain = letters.visible(name).replace("＠", "@").replace("﹫", "@").replace("．", ".")
    for word in re.split(_APART, plain):
        local, at, domain = word.strip(".").rpartition("@")
        if at and local and "." in domain.strip("."):
            yield word.strip(".")


def _in_letters(address: str) -> str:
    """An address, or a domain, without A-labels (RFC 5890)."""
    if "xn--" not in address.lower():
        return address
    local, at, domain = address.rpartition("@")
    return local + at + ".".join(map(_letters_of, domain.split(".")))


def _letters_of(label: str) -> str:
    """A label of a domain in letters, where it is an A-label (RFC 3492)."""
    if label[:4].lower() != "xn--":
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _short(text: str) -> str:
    plain = letters.visible(text)
    return plain if len(plain) <= _LONGEST_TOLD else f"{plain[: _LONGEST_TOLD // 2]}…{plain[-_LONGEST_TOLD // 2 :]}"
