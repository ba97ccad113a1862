"""A firm at work: what its people do, beside the mail that comes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from casefleet_cli.core.rules import routing
from casefleet_cli.desk import admission
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.store import users
from tests.desks.incoming import Incoming, picks
from tests.desks.promises import RULED, hold
from tests.modelled import ADA, CARL, Email, Matter, Place

T = TypeVar("T")
_WAITING = ("held", "rejected")
places = st.tuples(st.sampled_from(("case", "case", "lead")), picks)


def _has(email: Email, *standings: str) -> bool:
    return any(delivery.standing in standings for delivery in email.deliveries)


def _may_be_released(email: Email) -> bool:
    return email.is_rejected or _has(email, "held", "rejected")


def _may_be_rejected(email: Email) -> bool:
    return _has(email, "held") or email.standing == "unassigned"


class Machine(Incoming):
    """Everything that happens, in any order."""

    # What people do.

    @rule(which=picks, contact=st.none() | picks, place=st.none() | places)
    @precondition(lambda self: self.world.emails)
    def link(self, which: int, contact: int | None, place: Place | None) -> None:
        number, email = self._email(which)
        contacts = () if contact is None else (self._contact(contact),)
        wanted = () if place is None else (self._place(place),)
        work = functools.partial(self._by_hand, link_desk.link, number, contacts, wanted)
        if email.standing in _WAITING or (wanted and not contacts and not email.contacts):
            self.refused(work)
            return
        self.do(work)
        email.contacts.update(contacts)
        for one in wanted:
            email.link(one, "person")
            self.memory.taken_away.discard((number, one))

    @rule(which=picks, place=places)
    @precondition(lambda self: any(not email.contacts for email in self.world.emails))
    def link_without_a_contact(self, which: int, place: Place) -> None:
        bare = [number for number, email in enumerate(self.world.emails, 1) if not email.contacts]
        number = bare[which % len(bare)]
        self.refused(functools.partial(self._by_hand, link_desk.link, number, (), (self._place(place),)))

    @rule(which=picks)
    @precondition(lambda self: any(email.links and len(email.contacts) == 1 for email in self.world.emails))
    def unlink_the_last_contact(self, which: int) -> None:
        filed = [(n, e) for n, e in enumerate(self.world.emails, 1) if e.links and len(e.contacts) == 1]
        number, email = filed[which % len(filed)]
        self.refused(functools.partial(self._by_hand, link_desk.unlink, number, tuple(email.contacts), ()))

    @rule(which=picks, link=picks)
    @precondition(lambda self: any(email.links for email in self.world.emails))
    def unlink(self, which: int, link: int) -> None:
        linked = [(number, email) for number, email in enumerate(self.world.emails, 1) if email.links]
        number, email = linked[which % len(linked)]
        place = sorted(email.links)[link % len(email.links)]
        self.do(functools.partial(self._by_hand, link_desk.unlink, number, (), (place,)))
        del email.links[place]
        email.taken_away.add(place)
        self.memory.taken_away.add((number, place))

    @rule(which=picks, contact=picks, place=places)
    @precondition(lambda self: self.world.emails)
    def unlink_a_contact_or_what_is_not_there(self, which: int, contact: int, place: Place) -> None:
        number, email = self._email(which)
        chosen, absent = self._contact(contact), self._place(place)
        if absent not in email.links:
            self.refused(functools.partial(self._by_hand, link_desk.unlink, number, (), (absent,)))
            return
        work = functools.partial(self._by_hand, link_desk.unlink, number, (chosen,), ())
        if chosen not in email.contacts or (email.links and len(email.contacts) == 1):
            self.refused(work)
        else:
            self.do(work)
            email.contacts.discard(chosen)

    def _by_hand(self, work: Callable[..., T], number: int, contacts: Sequence[int], wanted: Sequence[Place]) -> T:
        there = tuple(routing.Place(*place) for place in wanted)
        return work(self.db, number, contacts=tuple(contacts), places=there, acting=ADA)

    @rule(which=picks)
    @precondition(lambda self: any(map(_may_be_released, self.world.emails)))
    def release(self, which: int) -> None:
        number, email = self._one_of(which, _may_be_released)
        self.do(lambda: admission.release(self.db, number, acting=ADA))
        self.world.release(email)

    @rule(which=picks)
    @precondition(lambda self: any(map(_may_be_rejected, self.world.emails)))
    def reject(self, which: int) -> None:
        number, email = self._one_of(which, _may_be_rejected)
        if not _has(email, "held"):
            self.do(lambda: admission.reject(self.db, number, "spam", acting=ADA))
            email.is_rejected = True
            return
        self.do(lambda: admission.reject(self.db, number, acting=ADA))
        for delivery in email.deliveries:
            if delivery.standing == "held":
                delivery.standing = "rejected"

    @rule(contacts=st.lists(picks, max_size=2))
    @precondition(lambda self: len(self.world.cases) < 8)
    def open_case(self, contacts: list[int]) -> None:
        chosen = {self._contact(pick) for pick in contacts}
        number = len(self.world.cases) + 1
        self.do(lambda: case_desk.open_case(self.db, f"Case {number}", number=f"2026-{100 + number}", contacts=chosen))
        self.world.cases[number] = Matter(chosen)

    @rule(contacts=st.lists(picks, min_size=1, max_size=2))
    @precondition(lambda self: len(self.world.leads) < 5)
    def open_lead(self, contacts: list[int]) -> None:
        chosen = {self._contact(pick) for pick in contacts}
        self.do(lambda: lead_desk.open_lead(self.db, "A lead", chosen, acting=ADA))
        self.world.leads[len(self.world.leads) + 1] = Matter(chosen)

    @rule(which=picks)
    def close_or_reopen_case(self, which: int) -> None:
        number = which % len(self.world.cases) + 1
        case = self.world.cases[number]
        switch = case_desk.close if case.is_open else case_desk.reopen
        self.do(lambda: switch(self.db, number, acting=ADA))
        case.is_open = not case.is_open

    @rule(which=picks, contact=picks)
    def assign_or_unassign(self, which: int, contact: int) -> None:
        number, chosen = which % len(self.world.cases) + 1, self._contact(contact)
        case = self.world.cases[number]
        switch = case_desk.unassign if chosen in case.contacts else case_desk.assign
        self.do(lambda: switch(self.db, number, contacts=(chosen,), acting=ADA))
        case.contacts ^= {chosen}

    @rule(which=picks)
    def lose_or_reopen_lead(self, which: int) -> None:
        number = which % len(self.world.leads) + 1
        lead = self.world.leads[number]
        switch = lead_desk.lose if lead.is_open else lead_desk.reopen
        if lead.became is not None:
            self.refused(lambda: switch(self.db, number, acting=ADA))
            return
        self.do(lambda: switch(self.db, number, acting=ADA))
        lead.is_open = not lead.is_open

    @rule(which=picks)
    @precondition(lambda self: len(self.world.cases) < 8)
    def convert(self, which: int) -> None:
        number, case = which % len(self.world.leads) + 1, len(self.world.cases) + 1
        lead = self.world.leads[number]
        work = functools.partial(lead_desk.convert, self.db, number, number=f"2026-{100 + case}", acting=ADA)
        if not lead.is_open:
            self.refused(work)
            return
        self.do(lambda: lead_desk.convert(self.db, number, number=f"2026-{100 + case}", acting=ADA))
        lead.is_open, lead.became = False, case
        self.world.cases[case] = Matter(set(lead.contacts))

    @rule(user=st.sampled_from((ADA, CARL)), days=st.sampled_from((0, 14)))
    @precondition(lambda self: len(self.world.bcc) < 6)
    def rotate(self, user: int, days: int) -> None:
        self.do(lambda: user_desk.rotate(self.db, user, timedelta(days=days), acting=ADA))
        current = users.bcc_address(self.db, user)
        hold(RULED, current not in self.world.bcc, "rotating gave an address that was there before")
        older = [address for address, (owner, _) in self.world.bcc.items() if owner == user]
        for address in older[-1:] if days else older:  # without a grace, all graces end
            self.world.bcc[address] = (user, days > 0)
        self.world.bcc[current] = (user, True)

    @rule(kept=picks, gone=picks)
    @precondition(lambda self: len(self.world.contacts) > 2)
    def merge(self, kept: int, gone: int) -> None:
        into, other = self._contact(kept), self._contact(gone)
        if into == other:
            self.refused(lambda: contact_desk.merge(self.db, into, other))
            return
        self.do(lambda: contact_desk.merge(self.db, into, other, acting=ADA))
        self.world.merge(into, other)

    def _email(self, pick: int) -> tuple[int, Email]:
        at = pick % len(self.world.emails)
        return at + 1, self.world.emails[at]

    def _one_of(self, pick: int, is_one: Callable[[Email], bool]) -> tuple[int, Email]:
        found = [(number, email) for number, email in enumerate(self.world.emails, 1) if is_one(email)]
        return found[pick % len(found)]

    def _contact(self, pick: int) -> int:
        return sorted(self.world.contacts)[pick % len(self.world.contacts)]

    def _place(self, place: Place) -> Place:
        kind, pick = place
        return kind, pick % len(self.world.cases if kind == "case" else self.world.leads) + 1
