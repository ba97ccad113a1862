"""Logging many new messages in few statements: what `intake.record_prepared` does for each, told apart from the rest.

Only messages of which the database knows neither the bytes, the fingerprint nor the Message-ID are logged together;
every other one goes the usual way, in its turn, and so does all of a group in which anything fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import intake
from casefleet_cli.core.rules import routing
from casefleet_cli.store import activities, deliveries, emails, links, originals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from casefleet_cli.intake import Memory, Prepared
    from casefleet_cli.store.deliveries import Arrival
    from casefleet_cli.store.emails import Rows


class _New(NamedTuple):
    """A message that shares nothing with any other."""

    prepared: Prepared
    arrival: Arrival
    rows: Rows
    letterhead: routing.Letterhead


def record_all(
    connection: sqlite3.Connection, messages: Sequence[tuple[Prepared, Arrival]], memory: Memory
) -> list[str]:
    """Log messages that a person brought in, inside the caller's transaction; what became of each.

    Errors as `intake.receive`; the memory must be of the same transaction.
    """
    keys = [_keys(prepared) for prepared, _ in messages]
    known = originals.known(connection, [digest for digest, _, _ in keys])
    known |= emails.known_fingerprints(connection, [print_ for _, print_, _ in keys if print_])
    known_ids = emails.known_msgids(connection, [msgid for _, _, msgid in keys if msgid])
    outcomes: list[str] = []
    waiting: list[_New] = []
    for (prepared, arrival), (digest, print_, msgid) in zip(messages, keys, strict=True):
        rows, letterhead = prepared.rows, prepared.letterhead
        if rows and letterhead and not known & {digest, print_} and not (msgid and msgid in known_ids):
            waiting.append(_New(prepared, arrival, rows, letterhead))
        else:
            outcomes += _together(connection, waiting, memory)
            waiting.clear()
            outcomes.append(_alone(connection, prepared, arrival, memory))
        known |= {digest, print_}
        if msgid:
            known_ids.add(msgid)
    return outcomes + _together(connection, waiting, memory)


def _keys(prepared: Prepared) -> tuple[str, str, str | None]:
    """What must be new of a message: the digest of its bytes, its fingerprint and its Message-ID."""
    rows = prepared.rows
    return prepared.original.sha256, rows.fingerprint if rows else "", rows.msgid if rows else None


def _alone(connection: sqlite3.Connection, prepared: Prepared, arrival: Arrival, memory: Memory) -> str:
    return intake.record_prepared(connection, prepared, arrival, memory, vouched=True).outcome


def _together(connection: sqlite3.Connection, news: Sequence[_New], memory: Memory) -> list[str]:
    """Log new messages in few statements, or one by one when a bug gets in the way."""
    if not news:
        return []
    connection.execute("SAVEPOINT together")
    try:
        outcomes = _log(connection, news, memory)
    except Exception as error:
        if intake.is_of_the_machine(error):
            raise
        connection.execute("ROLLBACK TO together")
        outcomes = [_alone(connection, new.prepared, new.arrival, memory) for new in news]
    connection.execute("RELEASE together")
    return outcomes


def _log(connection: sqlite3.Connection, news: Sequence[_New], memory: Memory) -> list[str]:
    clues = dict.fromkeys(clue for new in news for clue in routing.clues_of(new.letterhead))
    memory.look_up(tuple(clues))
    decisions = [memory.decide(new.letterhead, new.arrival.user_id, new.rows.sent_at, vouched=True) for new in news]
    first_raw = originals.keep_all(connection, [new.prepared.original for new in news])
    first_email = emails.add_all(
        connection,
        [
            (new.rows, raw, new.prepared.original.size, "linked" if decision.places else "unassigned")
            for raw, (new, decision) in enumerate(zip(news, decisions, strict=True), first_raw)
        ],
    )
    first_delivery = deliveries.add_all(connection, [new.arrival for new in news], first_email, first_raw)
    first_decision = deliveries.add_decisions(connection, decisions, first_delivery, first_email)
    contacts: list[tuple[int, int]] = []
    places: list[tuple[int, routing.Place, int]] = []
    done: list[tuple[str, routing.Place | None, int, int]] = []
    for index, (new, decision) in enumerate(zip(news, decisions, strict=True)):
        email_id, user_id = first_email + index, new.arrival.user_id
        contacts += [(email_id, contact.id) for contact in decision.contacts]
        places += [(email_id, place, first_decision + index) for place in decision.places]
        verb = "filed" if decision.places else "logged"
        done += [(verb, place, email_id, user_id) for place in decision.places or (None,)]
    links.add_contacts(connection, contacts)
    links.add_places(connection, places)
    activities.add_all(connection, done)
    return [decision.outcome for decision in decisions]
