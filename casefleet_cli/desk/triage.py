"""One sitting at the list of unassigned mail: each act its own transaction, all of them one batch, any taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.desk import admission, spoofing, strangers
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, batches, deliveries, emails, links, mailbook, suggestions
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.rules.routing import Place
    from casefleet_cli.desk.strangers import Stranger
    from casefleet_cli.desk.suggestions import Candidate, Suggestion
    from casefleet_cli.store.sight import Sight

_FEW = 5


class Act(NamedTuple):
    """What one key did."""

    emails: tuple[int, ...]
    """Those that were changed; the one it was about first."""
    words: str
    activities: tuple[int, ...]
    notes: tuple[str, ...] = ()
    """What else is to be said: of what was left as it was, of closed cases."""


class Look(NamedTuple):
    """What one has to see of an email to say where it belongs."""

    email: dict[str, Any]
    """As mailbook.one gives it."""
    suggestions: list[Suggestion]
    candidates: list[Candidate]
    contacts: list[str]
    suspicions: list[str]
    related: int
    """The other emails of its thread in sight."""
    waiting: list[int]
    """Itself, and those of them that are unassigned, too."""
    decision: dict[str, Any] | None
    """The last one about it, as deliveries.decisions gives it."""


def look_at(connection: sqlite3.Connection, email_id: int, sight: Sight) -> Look:
    """Put together what there is to see of an email."""
    whole = mailbook.one(connection, email_id)
    likely = suggestion_desk.for_email(connection, email_id, sight)
    related = suggestions.related_emails(connection, email_id, sight)
    decisions = deliveries.decisions(connection, email_id, latest=1, sight=sight)
    return Look(
        whole,
        likely,
        suggestion_desk.candidates(likely),
        [one["name"] for one in links.contacts_of(connection, email_id, sight, _FEW)],
        [one.sentence for one in spoofing.of_email(connection, sight, whole)],
        len(related),
        link_desk.with_their_threads(connection, [email_id], sight) if related else [email_id],
        decisions[-1] if decisions else None,
    )


class GoneError(UsageError):
    """The email is unassigned no more: somebody else was quicker."""


class Sitting:
    """What one person does in one go; the batch begins with the first act."""

    def __init__(self, connection: sqlite3.Connection, acting: int | None) -> None:
        self._connection = connection
        self._acting = acting
        self.batch_id: int | None = None
        self.acts: list[Act] = []

    def file(self, email_ids: list[int], place: Place, contact_id: int | None, name: str) -> Act:
        """File an email, and others of its thread, to a case or lead; those others that cannot be stay as they are.

        Raises GoneError, and what links.put raises, for the first; then nothing is changed.
        """
        first, *others = email_ids
        contacts = () if contact_id is None else (contact_id,)
        with transaction(self._connection):
            done = [self._put(first, contacts, (place,))]
            notes = list(done[0].not_open)
            for email_id in others:
                try:
                    done.append(self._put(email_id, contacts, (place,)))
                except UsageError as refusal:
                    notes.append(str(refusal))
            numbers = [number for one in done for number in one.activities]
            changed = [one.email_id for one in done]
            act = self._noted(changed, f"filed to {place.kind} {name}", numbers, notes)
        return self._did(act)

    def reject(self, email_id: int, reason: str) -> Act:
        """Put an email out of sight; raises GoneError."""
        why = reason or admission.NOT_CASE_MAIL
        with transaction(self._connection):
            self._still_waits(email_id)
            number = admission.put_aside(self._connection, email_id, why, self._acting)
            act = self._noted([email_id], f"rejected: {why}", [number])
        return self._did(act)

    def new_contact(self, email_id: int, stranger: Stranger, name: str) -> Act:
        """Make a contact of somebody in an email and link the email to it; errors as contacts.add, and GoneError."""
        with transaction(self._connection):
            contact_id = strangers.enter(self._connection, stranger, name, self._acting)
            done = self._put(email_id, (contact_id,), ())
            words = f"linked to the new contact {contact_id} {name or stranger.called}"
            act = self._noted([email_id], words, list(done.activities))
        return self._did(act)

    def undo(self) -> tuple[Act, list[str]] | None:
        """Take back the last act; which it was and what stays of it, or None where nothing is left to take back."""
        if not self.acts or self.batch_id is None:
            return None
        last = self.acts.pop()
        kept = batch_desk.take_back(self._connection, self.batch_id, last.activities, acting=self._acting)
        return last, kept

    def _put(self, email_id: int, contacts: tuple[int, ...], places: tuple[Place, ...]) -> link_desk.Linked:
        self._still_waits(email_id)
        return link_desk.put(
            self._connection,
            email_id,
            contacts=contacts,
            places=places,
            acting=self._acting,
            detail=f"batch {self._begun()}",
        )

    def _still_waits(self, email_id: int) -> None:
        standing = emails.standing(self._connection, email_id)
        if standing != "unassigned":
            by = activities.last_decided_by(self._connection, email_id)
            raise GoneError(f"E-mail {email_id} is {standing} meanwhile, by {by}; it was left so.")

    def _begun(self) -> int:
        """The number of the batch; a refusal may have taken back that it had begun."""
        if self.batch_id is None or batches.undone_at(self._connection, self.batch_id) is None:
            self.batch_id = batches.add(self._connection, self._acting)
        return self.batch_id

    def _noted(self, email_ids: list[int], words: str, numbers: list[int], notes: list[str] | None = None) -> Act:
        batches.add_activities(self._connection, self._begun(), numbers)
        return Act(tuple(email_ids), words, tuple(numbers), tuple(notes or ()))

    def _did(self, act: Act) -> Act:
        self.acts.append(act)
        return act
