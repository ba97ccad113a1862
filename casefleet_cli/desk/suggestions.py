"""Suggestions as people see them: the reason, and the command that accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import access
from casefleet_cli.core.rules.notices import quoted
from casefleet_cli.core.rules.suggestions import suggest
from casefleet_cli.store import activities, case_tags, cases, facts, links, references, suggestions
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.core.rules.routing import Contact, Place
    from casefleet_cli.core.rules.suggestions import Suggestion as Likely
    from casefleet_cli.store.sight import Sight


_CHOICES = 50


class Candidate(NamedTuple):
    """A case or lead where an email may belong."""

    email_id: int
    place: Place
    name: str
    reference: str
    """What --case or --lead takes for it."""
    contact: Contact | None
    """Whom the email is linked to with it; None where no contact is needed any more, or none is known."""
    reason: str
    trust: str

    @property
    def command(self) -> str:
        """The command that links the email to the contact and files it there."""
        return _command(self.email_id, self.contact, self.place, self.reference)


class Suggestion(NamedTuple):
    """A likely contact, case or lead for one email, which is not linked there yet."""

    email_id: int
    trust: str
    reason: str
    place: Place | None
    place_name: str | None
    contact: Contact | None
    reference: str = ""
    """What --case or --lead takes for the place."""
    choices: tuple[Candidate, ...] = ()
    """What is open for the contact, where it is several; the first fifty."""
    is_known: bool = False
    """Whether the email is linked to the contact already."""

    @property
    def summary(self) -> str:
        """What is suggested, in a few words."""
        if self.place is not None:
            return f"{self.place.kind} {self.place_name}"
        return f"contact {self.contact.name}" if self.contact else ""

    @property
    def command(self) -> str:
        """The command that accepts it."""
        return _command(self.email_id, None if self.is_known else self.contact, self.place, self.reference)

    @property
    def told(self) -> dict[str, Any]:
        """All of it, as machines get it."""
        choices = [{"name": choice.name, "command": choice.command} for choice in self.choices]
        return {
            "summary": self.summary,
            "reason": self.reason,
            "trust": self.trust,
            "command": self.command,
            "choices": choices,
        }

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The places that it is about: the one, or those that there are to choose from."""
        if self.place is None:
            return self.choices
        contact = None if self.is_known else self.contact
        name = self.place_name or ""
        return (Candidate(self.email_id, self.place, name, self.reference, contact, self.reason, self.trust),)


def _command(email_id: int, contact: Contact | None, place: Place | None, reference: str) -> str:
    words = ["casefleet link", str(email_id)]
    if contact is not None:
        words += ["--contact", str(contact.id)]
    if place is not None:
        words += [f"--{place.kind}", quoted(reference)]
    return " ".join(words)


def candidates(found: Iterable[Suggestion]) -> list[Candidate]:
    """All places that some suggestions of one email are about, each once, the most trusted first."""
    best: dict[Place, Candidate] = {}
    for suggestion in found:
        for candidate in suggestion.candidates:
            kept = best.setdefault(candidate.place, candidate)
            if kept.contact is None and candidate.contact is not None:
                best[candidate.place] = kept._replace(contact=candidate.contact)
    return list(best.values())


def for_email(connection: sqlite3.Connection, email_id: int, sight: Sight = EVERYTHING) -> list[Suggestion]:
    """What in sight is likely for an email as the firm's contacts and cases are now, the most trusted first."""
    return for_emails(connection, [email_id], sight)[email_id]


def for_emails(
    connection: sqlite3.Connection, email_ids: Sequence[int], sight: Sight = EVERYTHING
) -> dict[int, list[Suggestion]]:
    """As `for_email`, of several; what is known of their people is asked for once."""
    people = {email_id: suggestions.people_of(connection, email_id) for email_id in email_ids}
    addresses = dict.fromkeys(address for asked in people.values() for address in asked)
    known = facts.facts_for(connection, list(addresses), sight)
    found = {
        email_id: suggest(
            suggestions.thread_links(connection, email_id, sight),
            suggestions.clues(connection, email_id, asked, known),
            suggestions.numbers(connection, email_id, sight),
            _tagged(connection, email_id, sight),
        )
        for email_id, asked in people.items()
    }
    linked = links.of_emails(connection, email_ids)
    return {
        email_id: [told for one in likely if (told := _told(connection, email_id, one, *linked[email_id])) is not None]
        for email_id, likely in found.items()
    }


def _told(
    connection: sqlite3.Connection, email_id: int, found: Likely, places: set[Place], contacts: set[int]
) -> Suggestion | None:
    """A suggestion with the words that commands take; None where it was followed already."""
    is_known = found.contact is not None and found.contact.id in contacts
    choices = [choice for choice in found.choices if choice.place not in places][:_CHOICES]
    if found.place in places or (found.place is None and not choices and (is_known or places)):
        return None
    contact = None if is_known else found.contact
    why = (found.reason, found.trust)
    return Suggestion(
        email_id, found.trust, found.reason, found.place, found.place_name, found.contact,
        _reference(connection, found.place),
        tuple(
            Candidate(email_id, choice.place, choice.name, _reference(connection, choice.place), contact, *why)
            for choice in choices
        ),
        is_known,
    )  # fmt: skip


def _reference(connection: sqlite3.Connection, place: Place | None) -> str:
    if place is None:
        return ""
    return cases.number_of(connection, place.id) if place.kind == "case" else str(place.id)


def _tagged(connection: sqlite3.Connection, email_id: int, sight: Sight) -> list[tuple[Place, str, str]]:
    """What in sight the case tags of an email name now for those who wrote them, without what a person took away."""
    written = case_tags.of_email(connection, email_id)
    taken_away = activities.taken_away(connection, email_id) if written else set()
    found: list[tuple[Place, str, str]] = []
    for user_id, tag in written:
        viewer = access.of_user(connection, user_id)
        fitting = case_tags.fitting(connection, tag, viewer.sight) if viewer else ()
        if len(fitting) == 1 and fitting[0].place not in taken_away:
            place = fitting[0].place
            if references.is_in_sight(connection, sight, place.kind, place.id):
                found.append((place, fitting[0].name, tag))
    return found
