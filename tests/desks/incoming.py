"""Mail that comes to a firm, with crashes in between; after each step the promises are held against a model."""

from __future__ import annotations

import functools
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from casefleet_cli import archive, clock
from casefleet_cli.archive.parsing import Parsed, Parsers
from casefleet_cli.archive.reading import raws
from casefleet_cli.core.address import normal
from casefleet_cli.core.secrets import Mask
from casefleet_cli.errors import UsageError
from casefleet_cli.intake import deciding, receiving, recording
from casefleet_cli.intake.understanding import Understood, packed, understand
from casefleet_cli.store import database, users
from casefleet_cli.store.deliveries import Arrival
from tests.crashing import Killed, connect, everything, reopen
from tests.desks.promises import KEPT, ONCE, RULED, WHOLE, BrokenError, Memory, check, hold, sound
from tests.firm import DOMAIN, Firm
from tests.modelled import ADA, CARL, FIRM, PEOPLE, SENDERS, Copy, Letter, Matter, World

T = TypeVar("T")

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where the firms live: no power fails here, so no disk is needed."""
letters = st.builds(
    Letter,
    st.sampled_from((*SENDERS, "ada", "ada", "both")),
    st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(PEOPLE[:4]), max_size=1).map(tuple),
    st.integers(0, 1),
)
copies = st.builds(Copy, letters, st.sampled_from(("", "", "", *PEOPLE[:4])), st.integers(0, 1))
picks = st.integers(0, 11)
"""One of those that there are, counted round and round."""
tags = st.sampled_from(("", "", "", "", "101", "2026-102", "103", "104", "lead-1", "lead-2", "unheard-of"))


class Here(Parsers):
    """Understands in this process: a worker takes longer to start than all that is asked of it here."""

    def _hand_out(self) -> None:
        _, addresses, _ = self._terms
        for batch in self._batches:
            parsed = Parsed(batch)
            parsed.understood = [understood(raw, tuple(addresses)) for raw in raws(batch)]
            self._queue.append(parsed)


@functools.lru_cache(maxsize=4096)
def understood(raw: bytes, bcc_addresses: tuple[str, ...]) -> Understood:
    """A message as the doors understand it."""
    return understand(packed(raw), Mask(DOMAIN, lambda: bcc_addresses))


@functools.cache
def template() -> bytes:
    """A database file with the firm of `Incoming.__init__`."""
    with tempfile.TemporaryDirectory() as folder:
        firm = Firm(Path(folder))
        firm.role(ADA, "admin")
        anna, ben, cleo = (firm.contact(name) for name in ("Anna", "Ben", "Cleo"))
        dora = firm.contact("Dora", "family@client.example")
        firm.add("contact_addresses", contact_id=anna, address="family@client.example")
        firm.case("Nguyen Trust", anna)
        firm.case("Okafor Lease", ben)
        firm.case("Okafor Estate", cleo, dora, status="closed")
        firm.lead("Lee Divorce", cleo)
        firm.lead("Lee Deed", ben, dora)
        database.close_whole(firm.db, firm.path)
        return Path(firm.path).read_bytes()


class Incoming(RuleBasedStateMachine):
    """Two users, four contacts, three cases, two leads; mail comes, and any step may be killed."""

    is_apart = False
    """Whether a delivery is understood in a process of its own, as `casefleet deliver` does it: five times slower."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="casefleet-machine-", dir=MEMORY))
        self.path = self.folder / "0.db"
        self.path.write_bytes(template())
        self.db = connect(self.path)
        self.world = World()
        self.world.contacts = {
            1: {"anna@client.example", "family@client.example"},
            2: {"ben@client.example"},
            3: {"cleo@client.example"},
            4: {"family@client.example"},
        }
        self.world.cases = {1: Matter({1}), 2: Matter({2}), 3: Matter({3, 4}, is_open=False)}
        self.world.leads = {1: Matter({3}), 2: Matter({2, 4})}
        self.memory = Memory()
        self.dies_after: int | None = None
        """How many statements the next thing that is done may have; None: as many as it likes."""
        self.is_reopened = False
        self.imports = 0

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else what broke is known already
                sound(self.db)
        finally:
            self.db.close()
            shutil.rmtree(self.folder)

    # How a step is done.

    def do(self, work: Callable[[], T]) -> T | None:
        """Do one thing; where a crash is due, crash in it, look at what is left, and do it again if it was not done.

        None where the answer was lost.
        """
        if self.dies_after is None:
            return _done(work)
        before = everything(self.db)
        self.db.statements_left, self.dies_after = self.dies_after, None
        self.db.commits = 0
        answer, is_done = None, False
        try:
            answer = _done(work)
            is_done = True
        except Killed:
            pass
        commits = self.db.commits
        self.db, self.path = reopen(self.db, self.path)
        self.is_reopened = True
        if commits or is_done:
            return answer
        hold(WHOLE, everything(self.db) == before, "a killed transaction left something")
        return _done(work)

    def refused(self, work: Callable[[], object]) -> None:
        """Do what must be refused and change nothing."""
        before = everything(self.db)
        try:
            work()
        except UsageError:
            hold(WHOLE, everything(self.db) == before, "a refusal changed something")
        else:
            raise BrokenError(RULED, "what must be refused was done")

    @invariant()
    def every_promise_holds(self) -> None:
        check(self.db, self.world, self.memory)
        if self.is_reopened:
            sound(self.db)
            self.is_reopened = False

    # What comes.

    @rule(at=st.integers(0, 45))
    @precondition(lambda self: self.dies_after is None)
    def the_next_step_is_killed(self, at: int) -> None:
        self.dies_after = at

    @rule(at=st.integers(0, 14))
    @precondition(lambda self: self.dies_after is None)
    def the_next_step_is_killed_early(self, at: int) -> None:
        self.dies_after = at

    @rule(copy=copies, bcc=picks, source=st.sampled_from(("pipe", "lmtp")), tag=tags)
    def deliver(self, copy: Copy, bcc: int, source: str, tag: str) -> None:
        addresses = list(self.world.bcc)
        address = addresses[bcc % len(addresses)]
        user, is_good = self.world.bcc[address]
        local, _, domain = address.partition("@")
        recipient = f"{local}+{tag}@{domain}" if tag else address
        owner = users.by_bcc_address(self.db, normal(recipient), clock.stamp())
        hold(KEPT, owner is not None and owner.usable == is_good, f"{recipient} is good: {is_good}")
        if owner is not None and is_good:
            arrival = Arrival(owner.user_id, source, owner.bcc_address_id, tag=owner.tag)
            self.do(lambda: self._receive(copy, arrival))
            self._came(copy, user, source, tag=tag)

    @rule(known=picks, bcc=st.sampled_from(("", *PEOPLE[:4])), hops=st.integers(0, 2), more=st.data())
    @precondition(lambda self: self.memory.came)
    def deliver_another_copy(self, known: int, bcc: str, hops: int, more: st.DataObject) -> None:
        copy = Copy(self._known(known)[1].letter, bcc, hops)
        self.deliver(copy, more.draw(picks), more.draw(st.sampled_from(("pipe", "lmtp"))), more.draw(tags))

    @rule(which=picks, whom=picks, words=st.integers(0, 5), bcc=picks)
    @precondition(lambda self: self.world.ended())
    def deliver_to_somebody_whose_matter_has_ended(self, which: int, whom: int, words: int, bcc: int) -> None:
        ended = self.world.ended()
        addresses = ended[which % len(ended)]
        self.deliver(Copy(Letter("both", (addresses[whom % len(addresses)],), (), words)), bcc, "pipe", "")

    @rule(which=picks, bcc=st.sampled_from(("", *PEOPLE[:4])), is_tagged=st.booleans())
    @precondition(lambda self: self.memory.taken_away)
    def deliver_what_was_unlinked_to_everybody(self, which: int, bcc: str, is_tagged: bool) -> None:
        number, (kind, place) = sorted(self.memory.taken_away)[which % len(self.memory.taken_away)]
        copy = Copy(self.world.emails[number - 1].first.letter, bcc, which % 3)
        tag = f"lead-{place}" if kind == "lead" else f"2026-{100 + place}"
        for at in range(len(self.world.bcc)):
            self.deliver(copy, at, "pipe", tag if is_tagged else "")

    @rule(known=picks)
    @precondition(lambda self: self.memory.came)
    def deliver_once_more(self, known: int) -> None:
        (raw, user, source), _ = self._known(known)
        before = self.db.total_changes
        arrival = Arrival(user, source)
        receipt = _done(lambda: receiving.receive(self.db, raw, arrival, vouched=source == "maildir"))
        hold(ONCE, receipt.outcome == recording.DUPLICATE, f"a mail that came before was {receipt.outcome}")
        hold(ONCE, self.db.total_changes == before, "a mail that came before changed something")

    @rule(
        new=st.lists(st.tuples(copies, st.sampled_from(("S", "S", "T", "D"))), max_size=2),
        known=st.lists(st.tuples(picks, st.sampled_from(("S", "T"))), max_size=2),
        user=st.sampled_from((None, ADA, CARL)),
        routed=st.sampled_from((True, True, True, False)),
    )
    def import_maildir(
        self, new: list[tuple[Copy, str]], known: list[tuple[int, str]], user: int | None, routed: bool
    ) -> None:
        mails = new + [(self._known(pick)[1], flags) for pick, flags in known if self.memory.came]
        self.imports += 1
        folder = self.folder / f"Mail{self.imports}"
        (folder / "cur").mkdir(parents=True)
        (folder / "new").mkdir()
        for number, (copy, flags) in enumerate(mails):
            (folder / "cur" / f"{number}.a.b:2,{flags}").write_bytes(copy.raw)
        terms = archive.Terms(is_routed=routed)
        with patch.object(archive, "Parsers", Here):
            summary = self.do(lambda: archive.run(self.db, [folder], user_id=user, terms=terms, acting=ADA))
            if summary is None:  # killed after a part of it was committed: it goes on
                summary = archive.run(self.db, [folder], user_id=user, terms=archive.Terms(is_routed=routed))
        hold(KEPT, sum(summary.counts.values()) == len(mails), f"of {len(mails)} mails {summary.counts}")
        for copy, flags in mails:
            owner = user or _owner(copy.letter)
            if owner is not None:
                state = {"T": "deleted", "D": "draft"}.get(flags, "")
                self._came(copy, owner, "maildir", vouched=True, state=state, routed=routed)

    def _receive(self, copy: Copy, arrival: Arrival) -> recording.Receipt:
        if self.is_apart:
            return receiving.receive(self.db, copy.raw, arrival)
        found = understood(copy.raw, tuple(users.bcc_addresses(self.db)))
        with database.transaction(self.db):
            return recording.record(self.db, (recording.Mail(found, arrival),), deciding.Memory(self.db))[0]

    def _came(self, copy: Copy, user: int, source: str, **how: Any) -> None:
        self.world.receive(copy, user, source, **how)
        self.memory.came.setdefault((copy.raw, user, source), copy)

    def _known(self, pick: int) -> tuple[tuple[bytes, int, str], Copy]:
        return list(self.memory.came.items())[pick % len(self.memory.came)]


def _done(work: Callable[[], T]) -> T:
    """What the work gives; nothing that the machine does here is a reason for the database to refuse it."""
    try:
        return work()
    except sqlite3.Error as error:
        raise BrokenError(KEPT, f"it was not done: {error}") from error


def _owner(letter: Letter) -> int | None:
    """Whose mail it is to an import that names nobody: its sender's, or else its first recipient's in the firm."""
    people = (*SENDERS[letter.sender], *letter.to, *letter.cc)
    return next((FIRM[address] for address in people if address in FIRM), None)
