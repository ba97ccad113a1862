"""Likely places for an email, ranked by trust, each with its reason in words; never applied by itself."""

from __future__ import annotations

import re

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casefleet_cli.core.rules.routing import Contact, Party, Place

TRUST = ("case-tag", "thread", "forward", "contact", "case-number")
"""Kinds of reason, the most trusted first."""


class Choice(NamedTuple):
    """One of several places between which nothing decides."""

    place: Place
    name: str


class Suggestion(NamedTuple):
    """A likely contact, case or lead for an email; a place, a contact, or both."""

    trust: str
    reason: str
    place: Place | None = None
    place_name: str | None = None
    contact: Contact | None = None
    choices: tuple[Choice, ...] = ()
    """Where the contact has several open cases or leads: all of them, for a person to choose."""


class ThreadLink(NamedTuple):
    """An email of the same thread that is linked somewhere."""

    email_id: int
    place: Place
    place_name: str


class Clue(NamedTuple):
    """An address that hints at a contact, and how we came by it."""

    trust: str
    """"forward" or "contact"."""
    words: str
    """What the contact is to the mail: "sender", "original sender of the forwarded message"."""
    address: str
    party: Party


def suggest(
    thread: Iterable[ThreadLink],
    clues: Iterable[Clue],
    numbers: Iterable[tuple[Place, str, str]],
    tags: Iterable[tuple[Place, str, str]] = (),
) -> tuple[Suggestion, ...]:
    """Rank what speaks for places and contacts: a tag, the thread, a forward's people, the mail's, a case number.

    `tags` are (place, name, tag) of what the case tags of the deliveries name.
    `numbers` are (place, name, number) of the cases whose number stands in the subject. Each place is suggested once,
    for the best reason; a contact with several open places is suggested by itself, because choosing would be a guess.
    """
    found = [
        Suggestion("case-tag", f"The case tag +{tag} of the BCC address names it", place, name)
        for place, name, tag in tags
    ]
    found += [
        Suggestion("thread", f"E-mail {link.email_id} of the same thread is there", link.place, link.place_name)
        for link in thread
    ]
    for clue in clues:
        found += _by_party(clue)
    found += [
        Suggestion("case-number", f"The subject names case {number}", place, name) for place, name, number in numbers
    ]
    found.sort(key=lambda suggestion: TRUST.index(suggestion.trust))
    best: dict[object, Suggestion] = {}
    for suggestion in found:
        key = suggestion.place or suggestion.contact
        kept = best.setdefault(key, suggestion)
        if kept.contact is None and suggestion.contact is not None:
            best[key] = kept._replace(contact=suggestion.contact)
    return tuple(best.values())


def _by_party(clue: Clue) -> list[Suggestion]:
    from casefleet_cli.core.rules.routing import Place  # noqa: PLC0415

    party = clue.party
    if not party.contacts:
        return []
    who = " and ".join(contact.name for contact in party.contacts)
    has = "has" if len(party.contacts) == 1 else "together have"
    reason = f"{who} ({clue.address}), {clue.words}, {has}"
    if len(party.open_cases) == 1:
        case = party.open_cases[0]
        place, name = Place("case", case.id), f"{case.number} {case.title}"
        found = Suggestion(clue.trust, f"{reason} one open case", place, name)
        return [found._replace(contact=party.contacts[0])]
    if not party.open_cases and len(party.open_leads) == 1:
        lead = party.open_leads[0]
        place = Place("lead", lead.id)
        found = Suggestion(clue.trust, f"{reason} one open lead", place, lead.name)
        return [found._replace(contact=party.contacts[0])]
    names = [case.number for case in party.open_cases] or [lead.name for lead in party.open_leads]
    cases = [Choice(Place("case", case.id), f"{case.number} {case.title}") for case in party.open_cases]
    choices = tuple(cases or [Choice(Place("lead", lead.id), lead.name) for lead in party.open_leads])
    rest = f"{len(names)} open {'cases' if party.open_cases else 'leads'}: {', '.join(names)}"
    rest = rest if names else "nothing open"
    # Of several who hold one address, the first stands for all in what there is to choose from.
    return [
        Suggestion(clue.trust, f"{reason} {rest}", contact=held, choices=() if nth else choices)
        for nth, held in enumerate(party.contacts)
    ]


_WORD = re.compile(r"[0-9A-Za-zÀ-ÿ][\w./-]*")
_DIGIT = re.compile(r"[0-9]")


def number_candidates(subject: str) -> tuple[str, ...]:
    """What in a subject could be a case number: words with a digit, up to four words in a row; at most 200."""
    words = [word.strip("./-_") for word in _WORD.findall(subject[:1000])]
    alone = (word for word in words if len(word) > 2 and _DIGIT.search(word))
    rows = (" ".join(words[at : at + count]) for at in range(len(words)) for count in (2, 3, 4))
    return tuple(dict.fromkeys((*alone, *(row for row in rows if _DIGIT.search(row)))))[:200]
