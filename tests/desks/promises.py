"""The promises about mail, each a question to a database, held against a model of what it should be."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from casefleet_cli.core.query import Query, Term
from casefleet_cli.custody import verifying
from casefleet_cli.store import correspondence, feed, mailbook, originals, search
from casefleet_cli.store.correspondence import TOP
from casefleet_cli.store.sight import EVERYTHING
from tests.modelled import Copy, Place, World

KEPT, ONCE, GROWS, REASONED, RULED = "kept", "once", "grows", "reasoned", "ruled"
TAKEN_AWAY, HELD_APART, UNSEEN, WHOLE, SOUND = "taken-away", "held-apart", "rejected-unseen", "all-or-nothing", "sound"
ALL = (KEPT, ONCE, GROWS, REASONED, RULED, TAKEN_AWAY, HELD_APART, UNSEEN, WHOLE, SOUND)
_RULES = ("one-open-case", "one-open-lead")
_LINKS = " UNION ALL ".join(
    f"SELECT email_id, '{kind}', {kind}_id, linked_by, decision_id FROM email_{kind}s" for kind in ("case", "lead")
)
_STANDS = "SELECT id FROM emails WHERE standing = ? ORDER BY id"
_ANY_WORD = Query(((Term("", "hearing"),),))


class BrokenError(AssertionError):
    """A promise is broken: which, and by what."""

    def __init__(self, promise: str, words: str) -> None:
        super().__init__(f"{promise}: {words}")


def hold(promise: str, is_so: bool, words: str) -> None:
    """Fail by the name of a promise unless it is so."""
    if not is_so:
        raise BrokenError(promise, words)


class Memory:
    """What was so at an earlier step."""

    def __init__(self) -> None:
        self.came: dict[tuple[bytes, int, str], Copy] = {}
        """By bytes, user and source: all mail that was accepted."""
        self.taken_away: set[tuple[int, Place]] = set()
        """Email and place of each link that a person took away and did not make again."""
        self.journal: list[tuple[Any, ...]] = []


def check(db: sqlite3.Connection, world: World, memory: Memory) -> None:
    """Hold every promise that is asked after each step."""
    _kept(db, memory)
    _once(db, world, memory)
    _grows(db, memory)
    _reasoned(db)
    _taken_away(db, memory)
    _held_apart(db)
    _rejected_unseen(db)
    _as_modelled(db, world)


def sound(db: sqlite3.Connection) -> None:
    """Hold what `casefleet verify` proves, and that feeds show all that the journal says of their case."""
    faults: list[str] = []
    hold(SOUND, verifying.sound(db, faults.append), " ".join(faults))
    told = db.execute(
        "SELECT a.id, a.case_id FROM activities AS a WHERE a.case_id > 0"
        " UNION SELECT a.id, d.case_id FROM activities AS a JOIN leads AS d ON d.id = a.lead_id WHERE d.case_id > 0"
    ).fetchall()
    for case in {case for _, case in told}:
        shown = {entry["id"] for entry in feed.of(db, "case", case)}
        hold(GROWS, shown == {number for number, other in told if other == case}, f"the feed of case {case} lacks some")


def _kept(db: sqlite3.Connection, memory: Memory) -> None:
    """Every mail that was accepted is there, byte for byte, as a delivery for its user."""
    rows = db.execute(
        "SELECT r.content, r.packing, d.user_id, d.source FROM emails AS e JOIN deliveries AS d ON d.email_id = e.id"
        " JOIN raw_messages AS r ON r.id = d.raw_message_id"
    )
    there = {(originals.unpack(content, packing), user, source) for content, packing, user, source in rows}
    hold(KEPT, memory.came.keys() <= there, "a mail that was accepted is not there as it came")


def _once(db: sqlite3.Connection, world: World, memory: Memory) -> None:
    """One email a letter, one delivery a copy, user and source, and none besides."""
    (emails,) = db.execute("SELECT count(*) FROM emails").fetchone()
    (deliveries,) = db.execute("SELECT count(*) FROM deliveries").fetchone()
    (raws,) = db.execute("SELECT count(*) FROM raw_messages").fetchone()
    letters = {copy.letter.key for copy in memory.came.values()}
    hold(ONCE, emails == len(letters), f"{len(letters)} letters are {emails} emails")
    hold(ONCE, deliveries == len(memory.came), f"{len(memory.came)} arrivals are {deliveries} deliveries")
    hold(ONCE, raws == len({raw for raw, _, _ in memory.came}), f"bytes are kept {raws} times")


def _grows(db: sqlite3.Connection, memory: Memory) -> None:
    """The journal has all that it had, unchanged, at its beginning."""
    journal = db.execute("SELECT * FROM activities ORDER BY id").fetchall()
    hold(GROWS, journal[: len(memory.journal)] == memory.journal, "an activity was changed or is gone")
    memory.journal = journal


def _links(db: sqlite3.Connection) -> list[tuple[int, Place, str, int | None]]:
    return [(email, (kind, place), by, decision) for email, kind, place, by, decision in db.execute(_LINKS)]


def _reasoned(db: sqlite3.Connection) -> None:
    """Each link by a rule has its decision, each by a person an activity."""
    for email, (kind, place), by, decision in _links(db):
        where = f"email {email} is on {kind} {place} by a {by}"
        if by == "person":
            found = db.execute(
                f"SELECT 1 FROM activities WHERE verb = 'linked' AND email_id = ? AND {kind}_id = ? AND user_id > 0",
                (email, place),
            ).fetchone()
            hold(REASONED, found is not None, f"{where}, and nobody did it")
            continue
        row = db.execute("SELECT email_id, verdicts FROM decisions WHERE id = ?", (decision,)).fetchone()
        hold(REASONED, row is not None and row[0] == email, f"{where} without a decision")
        verdicts = [v for v in json.loads(row[1]) if v.get("place") == {"kind": kind, "id": place}]
        hold(REASONED, any(v["rule"] in _RULES for v in verdicts), f"{where}, which its decision does not say")


def _taken_away(db: sqlite3.Connection, memory: Memory) -> None:
    """No rule and no tag has made a link again that a person took away."""
    again = memory.taken_away & {(email, place) for email, place, _, _ in _links(db)}
    hold(TAKEN_AWAY, not again, f"taken away by a person, and there again: {sorted(again)}")


def _held_apart(db: sqlite3.Connection) -> None:
    """What is held or rejected is on no case and no lead, and where it was never let in, linked to no contact either."""
    waiting = {row[0] for standing in ("held", "rejected") for row in db.execute(_STANDS, (standing,))}
    linked = {row[0] for row in db.execute(f"SELECT email_id FROM ({_LINKS})")}
    linked |= {row[0] for row in db.execute(
        "SELECT e.id FROM email_contacts AS l JOIN emails AS e ON e.id = l.email_id WHERE e.rejected_at IS NULL"
    )}  # fmt: skip
    hold(HELD_APART, not waiting & linked, f"held or rejected, and linked: {sorted(waiting & linked)}")


def _rejected_unseen(db: sqlite3.Connection) -> None:
    """What is rejected stands in no list and is found by no words."""
    rejected = {row[0] for row in db.execute(_STANDS, ("rejected",))}
    if not rejected:
        return
    seen = {row["id"] for row in mailbook.listed(db, {})} | set(search.numbers(db, _ANY_WORD))
    for standing in ("unassigned", "held"):
        seen.update(spot.email_id for spot in correspondence.waiting(db, EVERYTHING, standing, TOP, 100))
    for (contact,) in db.execute("SELECT id FROM contacts"):
        seen.update(
            spot.email_id
            for spot in correspondence.newest(db, EVERYTHING, correspondence.contact_sources(db, contact), TOP, 100)
        )
    hold(UNSEEN, not rejected & seen, f"rejected, and in a list: {sorted(rejected & seen)}")


def _as_modelled(db: sqlite3.Connection, world: World) -> None:
    """Everything is where the rules and people put it."""
    _firm_as_modelled(db, world)
    standings = [row[0] for row in db.execute("SELECT standing FROM emails ORDER BY id")]
    links: dict[int, dict[Place, str]] = {}
    for number, place, by, _ in _links(db):
        links.setdefault(number, {})[place] = by
    contacts: dict[int, set[int]] = {}
    for number, contact in db.execute("SELECT email_id, contact_id FROM email_contacts"):
        contacts.setdefault(number, set()).add(contact)
    for number, email in enumerate(world.emails, 1):
        found = links.get(number, {})
        hold(RULED, found == email.links, f"email {number} is on {found}, by the rules on {email.links}")
        people = contacts.get(number, set())
        hold(RULED, people == email.contacts, f"email {number} has contacts {people}, by the rules {email.contacts}")
        hold(RULED, standings[number - 1] == email.standing, f"email {number} is {standings[number - 1]}")


def _firm_as_modelled(db: sqlite3.Connection, world: World) -> None:
    """Contacts, cases and leads are as people made them."""
    held = {(contact, address) for contact, found in world.contacts.items() for address in found}
    rows = set(db.execute("SELECT contact_id, address FROM contact_addresses"))
    hold(RULED, rows == held, f"contacts hold {sorted(rows ^ held)} or not")
    for kind, matters in (("case", world.cases), ("lead", world.leads)):
        is_open = {number: status == "open" for number, status in db.execute(f"SELECT id, status FROM {kind}s")}
        hold(
            RULED, is_open == {number: matter.is_open for number, matter in matters.items()}, f"open {kind}s: {is_open}"
        )
        people = set(db.execute(f"SELECT {kind}_id, contact_id FROM {kind}_contacts"))
        wanted = {(number, contact) for number, matter in matters.items() for contact in matter.contacts}
        hold(RULED, people == wanted, f"{kind}s have contacts {sorted(people ^ wanted)} or not")
