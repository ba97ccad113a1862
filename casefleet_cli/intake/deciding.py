"""Routing by the facts of a database, each looked up once in a transaction."""

from __future__ import annotations

from casefleet_cli.core.rules import routing
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import users
from casefleet_cli.store.facts import facts_for, walled_off

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from casefleet_cli.core.rules.routing import Decision
    from casefleet_cli.store.history import History


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
        self._walled: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        self._asked: set[str] = set()
        self._parties: dict[str, routing.Party] = {}
        self._firm: frozenset[str] = frozenset()
        self._bcc_owners: dict[str, int] = {}
        self._domain = ""
        self._authserv_id = ""
        self._never_logged: dict[str, frozenset[int]] = {}

    def decide(
        self, letterhead: routing.Letterhead | None, user_id: int, sent_at: str | None = None, *, vouched: bool
    ) -> Decision:
        """Route a message for a user; what was not understood waits for a person.

        Where what was open when it was sent counts, mail without a moment is filed nowhere.
        """
        if letterhead is None:
            return routing.NOTHING_UNDERSTOOD
        if self._history is not None and sent_at is None:
            decision = self._now.decide(letterhead, user_id, None, vouched=vouched)
            return routing.unrouted(decision, routing.NO_DATE) if decision.places else decision
        clues = routing.clues_of(letterhead)
        facts = self._facts(clues)
        as_of = sent_at if self._history else None
        if self._history is not None and sent_at is not None:
            known = {clue: facts.parties[clue] for clue in clues if clue in facts.parties}
            facts = facts._replace(
                parties={clue: self._history.party_at(party, sent_at) for clue, party in known.items()}
            )
        facts = self._without_walled(facts, clues, user_id)
        decision = routing.route(letterhead, self._owner(user_id), facts, vouched=vouched)._replace(as_of=as_of)
        is_final = decision.outcome in ("held", routing.NEVER_LOGGED)
        return decision if self._is_routed or is_final else routing.unrouted(decision)

    def heed(
        self, decision: Decision, tag: str, letterhead: routing.Letterhead | None, user_id: int, forwards: str
    ) -> Decision:
        """The decision with what a case tag adds to it: the user's own hand, in own mail.

        `forwards`: what the email forwards, as its row has it.
        """
        from casefleet_cli import access  # noqa: PLC0415 - few deliveries have a tag
        from casefleet_cli.core.rules import tags  # noqa: PLC0415
        from casefleet_cli.store import case_tags, suggestions  # noqa: PLC0415

        facts = self._facts(routing.clues_of(letterhead))
        is_own = letterhead is not None and routing.is_own_mail(letterhead, self._owner(user_id), facts)
        viewer = access.of_user(self._connection, user_id)
        if decision.outcome == routing.NEVER_LOGGED:
            return decision
        if decision.outcome == "held" or not is_own or viewer is None:
            return tags.unheeded(decision, tag)
        contacts = decision.contacts
        for people in suggestions.forwarded_people(forwards):
            contacts = contacts or routing.contacts_of(people, self._owner(user_id), self._facts(people))
        return tags.heeded(decision, tag, case_tags.fitting(self._connection, tag, viewer.sight), contacts)

    def look_up(self, clues: Iterable[str]) -> None:
        """Ask about many addresses at once, before deciding about the messages that name them."""
        self._facts(clues)

    def _owner(self, user_id: int) -> routing.Owner:
        if user_id not in self._owners:
            self._owners[user_id] = routing.Owner(user_id, users.sender_addresses(self._connection, user_id))
        return self._owners[user_id]

    def _without_walled(self, facts: routing.Facts, clues: Iterable[str], user_id: int) -> routing.Facts:
        """The facts about these addresses without the restricted cases that the owner may not see."""
        if user_id not in self._walled:
            self._walled[user_id] = walled_off(self._connection, user_id)
        cases, leads = self._walled[user_id]
        if not cases:
            return facts
        parties = {}
        for clue in clues:
            if clue in facts.parties:
                party = facts.parties[clue]
                parties[clue] = party._replace(
                    open_cases=tuple(case for case in party.open_cases if case.id not in cases),
                    open_leads=tuple(lead for lead in party.open_leads if lead.id not in leads),
                )
        return facts._replace(parties=parties)

    def _facts(self, clues: Iterable[str]) -> routing.Facts:
        """The facts about these addresses (in normal form), and perhaps about others asked for before."""
        unknown = [clue for clue in dict.fromkeys(clues) if clue not in self._asked]
        if unknown or not self._asked:
            found = facts_for(self._connection, unknown, ended_too=self._history is not None)
            self._asked.update(unknown)
            self._parties.update(found.parties)
            self._firm |= found.firm_addresses
            self._bcc_owners.update(found.bcc_owners)
            self._domain = found.logging_domain
            self._authserv_id = found.authserv_id
            self._never_logged.update(found.never_logged)
        return routing.Facts(
            self._parties, self._firm, self._bcc_owners, self._domain, self._authserv_id, self._never_logged
        )
