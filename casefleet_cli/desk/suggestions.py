"""Suggestions as people see them: the reason, and the command that accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import access
from casefleet_cli.core.rules.notices import quoted
from casefleet_cli.core.rules.suggestions import suggest
from casefleet_cli.store import activities, case_tags, cases, facts, references, suggestions
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from casefleet_cli.core.rules.routing import Contact, Place
    from casefleet_cli.core.rules.suggestions import Suggestion as Likely
    from casefleet_cli.store.sight import Sight


_CHOICES = 50


class Choice(NamedTuple):
    """One of several places that a suggested contact has open."""

    name: str
    command: str
    """The command that links the email to the contact and files it there."""


class Suggestion(NamedTuple):
    """A likely contact, case or lead for one email."""

    email_id: int
    trust: str
    reason: str
    place: Place | None
    place_name: str | None
    contact: Contact | None
    reference: str = ""
    """What --case or --lead takes for the place."""
    choices: tuple[Choice, ...] = ()
    """What is open for the contact, where it is several; the first fifty."""

    @property
    def summary(self) -> str:
        """What is suggested, in a few words."""
        if self.place is not None:
            return f"{self.place.kind} {self.place_name}"
        return f"contact {self.contact.name}" if self.contact else ""

    @property
    def command(self) -> str:
        """The command that accepts it."""
        words = ["casefleet link", str(self.email_id)]
        if self.contact is not None:
            words += ["--contact", str(self.contact.id)]
        if self.place is not None:
            words += [f"--{self.place.kind}", quoted(self.reference)]
        return " ".join(words)


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
    return {email_id: [_told(connection, email_id, one) for one in likely] for email_id, likely in found.items()}


def _told(connection: sqlite3.Connection, email_id: int, found: Likely) -> Suggestion:
    told = Suggestion(
        email_id, found.trust, found.reason, found.place, found.place_name, found.contact,
        _reference(connection, found.place),
    )  # fmt: skip
    choices = (
        told._replace(place=choice.place, place_name=choice.name, reference=_reference(connection, choice.place))
        for choice in found.choices[:_CHOICES]
    )
    return told._replace(choices=tuple(Choice(one.place_name or "", one.command) for one in choices))


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
