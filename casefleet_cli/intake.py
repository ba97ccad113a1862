"""One message comes in: keep the bytes, parse, look up the facts, route, record, notify; one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.mail import folding
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.model import Message
from casefleet_cli.core.rules import routing
from casefleet_cli.core.rules.notices import notices_for
from casefleet_cli.core.secrets import Mask
from casefleet_cli.store import (
    activities,
    database,
    deliveries,
    emails,
    links,
    notifications,
    originals,
    settings,
    users,
)
from casefleet_cli.store.facts import facts_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casefleet_cli.core.mail.folding import Run
    from casefleet_cli.core.rules.routing import Decision, Place
    from casefleet_cli.store.deliveries import Arrival
    from casefleet_cli.store.history import History

NOT_UNDERSTOOD = "not-understood"
"""Defect and reason of a mail that a bug kept us from understanding: kept whole, unassigned, mended by reparse."""

_FAULTS_OF_THE_MACHINE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    )
)


class Receipt(NamedTuple):
    """What became of one message."""

    email_id: int
    outcome: str
    """"filed", "unassigned", "held", or "duplicate" when nothing changed but perhaps a further delivery."""
    places: tuple[Place, ...] = ()


class Prepared(NamedTuple):
    """One message with all that can be worked out about it without the database."""

    original: originals.Original
    rows: emails.Rows | None
    """None when a bug kept us from understanding the message."""
    letterhead: routing.Letterhead | None


def receive(connection: sqlite3.Connection, raw: bytes, arrival: Arrival, *, vouched: bool = False) -> Receipt:
    """Log one message in a transaction of its own; the same delivery again changes nothing.

    `vouched`: a person brought the mail in, so mail that the user did not send is unassigned instead of held. Raises
    only sqlite3.Error for what the machine does (busy, full, broken); whatever else goes wrong, the bytes are kept.
    """
    runs = folding.find(raw)
    original = originals.pack(raw, runs)
    earlier = deliveries.seen(connection, original.sha256, arrival.user_id, arrival.source)
    if earlier is not None:
        return Receipt(earlier, "duplicate")
    prepared = _prepared(original, understand(raw, runs), Mask(settings.logging_domain(connection)))
    with database.transaction(connection):
        return record_prepared(connection, prepared, arrival, Memory(connection), vouched=vouched)


def understand(raw: bytes, runs: Sequence[Run] = ()) -> Message | None:
    """The parsed message, or None when a bug in the parser got in the way."""
    try:
        return messages.parse(raw, runs)
    except Exception:  # noqa: BLE001 - a bug here must not lose a mail; the defect on the bare email tells of it
        return None


def prepare(raw: bytes, mask: Mask) -> Prepared:
    """Everything about a message that needs no database; never raises."""
    runs = folding.find(raw)
    return _prepared(originals.pack(raw, runs), understand(raw, runs), mask)


def _prepared(original: originals.Original, message: Message | None, mask: Mask) -> Prepared:
    if message is not None:
        try:
            letterhead = routing.Letterhead(message.from_, message.to, message.cc, message.bcc)
            return Prepared(original, emails.rows_of(mask.message(message)), letterhead)
        except Exception:  # noqa: BLE001, S110 - as in understand
            pass
    return Prepared(original, None, None)


def record(
    connection: sqlite3.Connection, raw: bytes, message: Message | None, arrival: Arrival, *, vouched: bool = False
) -> Receipt:
    """Log one message inside the caller's transaction; errors as `receive`."""
    prepared = _prepared(originals.pack(raw, folding.find(raw)), message, Mask(settings.logging_domain(connection)))
    return record_prepared(connection, prepared, arrival, Memory(connection), vouched=vouched)


class Memory:
    """What has been looked up inside one transaction; good until it ends, since nobody else can write meanwhile.

    With a history, what was open at the time of a mail counts. Unless `is_routed`, nothing is filed.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, history: History | None = None, is_routed: bool = True
    ) -> None:
        self._connection = connection
        self._history = history
        self._is_routed = is_routed
        self._now = Memory(connection, is_routed=is_routed) if history else self
        self._owners: dict[int, routing.Owner] = {}
        self._asked: set[str] = set()
        self._parties: dict[str, routing.Party] = {}
        self._firm: frozenset[str] = frozenset()
        self._bcc_owners: dict[str, int] = {}
        self._domain = ""

    def _owner(self, user_id: int) -> routing.Owner:
        if user_id not in self._owners:
            self._owners[user_id] = routing.Owner(user_id, users.sender_addresses(self._connection, user_id))
        return self._owners[user_id]

    def decide(self, letterhead: routing.Letterhead, user_id: int, sent_at: str | None, *, vouched: bool) -> Decision:
        """Route a message for a user; without a date it is judged by what is open now."""
        if self._history is not None and sent_at is None:
            return self._now.decide(letterhead, user_id, None, vouched=vouched)
        clues = routing.clues_of(letterhead)
        facts = self._facts(clues)
        as_of = sent_at if self._history else None
        if self._history is not None and sent_at is not None:
            known = {clue: facts.parties[clue] for clue in clues if clue in facts.parties}
            facts = facts._replace(
                parties={clue: self._history.party_at(party, sent_at) for clue, party in known.items()}
            )
        decision = routing.route(letterhead, self._owner(user_id), facts, vouched=vouched)._replace(as_of=as_of)
        return decision if self._is_routed or decision.outcome == "held" else routing.unrouted(decision)

    def look_up(self, clues: tuple[str, ...]) -> None:
        """Ask about many addresses at once, before deciding about the messages that name them."""
        self._facts(clues)

    def _facts(self, clues: tuple[str, ...]) -> routing.Facts:
        """The facts about these addresses (in normal form), and perhaps about others asked for before."""
        unknown = [clue for clue in clues if clue not in self._asked]
        if unknown or not self._asked:
            found = facts_for(self._connection, unknown, ended_too=self._history is not None)
            self._asked.update(unknown)
            self._parties.update(found.parties)
            self._firm |= found.firm_addresses
            self._bcc_owners.update(found.bcc_owners)
            self._domain = found.logging_domain
        return routing.Facts(self._parties, self._firm, self._bcc_owners, self._domain)


def record_prepared(
    connection: sqlite3.Connection, prepared: Prepared, arrival: Arrival, memory: Memory, *, vouched: bool = False
) -> Receipt:
    """As `record`, with what was worked out and looked up before; the memory must be of the same transaction."""
    earlier = deliveries.seen(connection, prepared.original.sha256, arrival.user_id, arrival.source)
    if earlier is not None:
        return Receipt(earlier, "duplicate")
    raw_message_id = originals.keep(connection, prepared.original)
    if prepared.rows is not None:
        receipt = _attempt(connection, lambda: _log(connection, prepared, raw_message_id, arrival, memory, vouched))
        if receipt is not None:
            return receipt
    return _log_bare(connection, prepared.original, raw_message_id, arrival)


def _attempt(connection: sqlite3.Connection, work: Callable[[], Receipt]) -> Receipt | None:
    """The result of the work, or None with its changes undone when a bug ended it."""
    connection.execute("SAVEPOINT derived")
    try:
        receipt = work()
    except Exception as error:
        if is_of_the_machine(error):
            raise
        connection.execute("ROLLBACK TO derived")
        connection.execute("RELEASE derived")
        return None
    connection.execute("RELEASE derived")
    return receipt


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error is what a machine does (busy, full, broken), not a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, MemoryError) or (code is not None and code & 0xFF in _FAULTS_OF_THE_MACHINE)


def _log(
    connection: sqlite3.Connection,
    prepared: Prepared,
    raw_message_id: int,
    arrival: Arrival,
    memory: Memory,
    vouched: bool,
) -> Receipt:
    rows, letterhead = prepared.rows, prepared.letterhead
    if rows is None or letterhead is None:
        raise ValueError("nothing was understood")
    email_id = emails.by_fingerprint(connection, rows.fingerprint)
    earlier: set[str] = set()
    is_new = email_id is None
    if email_id is None:
        email_id = emails.add_rows(connection, rows, raw_message_id, prepared.original.size)
    else:
        earlier = deliveries.standings(connection, email_id, arrival.user_id)
        emails.add_recipients(connection, email_id, rows)
    if earlier & {"routed", "released"}:
        deliveries.add(connection, arrival, email_id, raw_message_id, "routed")
        return Receipt(email_id, "duplicate")
    decision = memory.decide(letterhead, arrival.user_id, rows.sent_at, vouched=vouched)
    if decision.outcome == "held" and earlier:
        deliveries.add(connection, arrival, email_id, raw_message_id, "rejected" if "rejected" in earlier else "held")
        return Receipt(email_id, "duplicate")
    standing = "held" if decision.outcome == "held" else "routed"
    delivery_id = deliveries.add(connection, arrival, email_id, raw_message_id, standing)
    carry_out(connection, decision, delivery_id, email_id, arrival.user_id)
    if arrival.import_id is None:
        for notice in notices_for(decision, arrival.user_id):
            notifications.add(connection, notice.user_id, notice.kind, email_id=email_id)
    stands_already = is_new and decision.outcome == "unassigned"
    if not stands_already and links.refresh_standing(connection, email_id) == "linked" and not is_new:
        notifications.settle(connection, email_id, "unassigned")
    return Receipt(email_id, decision.outcome, decision.places)


def decide(
    connection: sqlite3.Connection, message: Message | routing.Letterhead, user_id: int, *, vouched: bool
) -> Decision:
    """Route a message for a user by the facts as they are now; changes nothing."""
    owner = routing.Owner(user_id, users.sender_addresses(connection, user_id))
    return routing.route(message, owner, facts_for(connection, routing.clues_of(message)), vouched=vouched)


def carry_out(
    connection: sqlite3.Connection, decision: Decision, delivery_id: int, email_id: int, user_id: int
) -> None:
    """Store a decision, link what it says, and write the activities."""
    decision_id = deliveries.add_decision(connection, delivery_id, email_id, decision)
    for contact in decision.contacts:
        links.add_contact(connection, email_id, contact.id, "rule")
    for place in decision.places:
        if links.add(connection, email_id, place, decision_id=decision_id):
            activities.add(
                connection,
                "filed",
                case_id=place.case_id,
                lead_id=place.lead_id,
                email_id=email_id,
                about_user_id=user_id,
            )
    if not decision.places:
        verb = "held" if decision.outcome == "held" else "logged"
        activities.add(connection, verb, email_id=email_id, about_user_id=user_id)


def _log_bare(
    connection: sqlite3.Connection, original: originals.Original, raw_message_id: int, arrival: Arrival
) -> Receipt:
    """Log a mail of which only the bytes are certain."""
    fingerprint = hashlib.sha256(b"bare\0" + original.sha256.encode()).hexdigest()
    email_id = emails.by_fingerprint(connection, fingerprint)
    if email_id is None:
        nobody: tuple[()] = ()
        bare = Message(
            msgid=None,
            subject=None,
            from_=nobody,
            sender=nobody,
            reply_to=nobody,
            to=nobody,
            cc=nobody,
            bcc=nobody,
            date=None,
            in_reply_to=(),
            references=(),
            text="",
            has_html=False,
            attachments=(),
            forwards=(),
            defects=(NOT_UNDERSTOOD,),
            fingerprint=fingerprint,
        )
        email_id = emails.add(connection, bare, raw_message_id, original.size)
    delivery_id = deliveries.add(connection, arrival, email_id, raw_message_id, "routed")
    decision = routing.Decision("unassigned", NOT_UNDERSTOOD, (), (), (), ())
    carry_out(connection, decision, delivery_id, email_id, arrival.user_id)
    if arrival.import_id is None:
        notifications.add(connection, arrival.user_id, "unassigned", email_id=email_id)
    links.refresh_standing(connection, email_id)
    return Receipt(email_id, "unassigned")
