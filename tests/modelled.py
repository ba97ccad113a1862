"""A small firm and its mail as a model, written apart from the program: what must be so after everything that happens.

It knows the rules of routing, what a further copy of a mail may still decide, and what people do by hand; and nothing
of tables, parsing or transactions.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.firm import BCC, DOMAIN

ADA, CARL = 1, 2
FIRM = {"ada@firm.example": ADA, "carl@firm.example": CARL}
SENDERS = {
    "ada": ("ada@firm.example",),
    "carl": ("carl@firm.example",),
    "both": ("ada@firm.example", "carl@firm.example"),
    "anna": ("anna@client.example",),
    "stranger": ("somebody@else.example",),
}
PEOPLE = (
    "anna@client.example", "ben@client.example", "cleo@client.example", "family@client.example",
    "nobody@else.example", "carl@firm.example", BCC["ada"],
)  # fmt: skip
"""Who mail goes to; family@ is held by two contacts."""

Place = tuple[str, int]
"""A "case" or "lead", and its number."""


class Letter(NamedTuple):
    """A mail as its reader sees it."""

    sender: str
    """One of SENDERS."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    words: int

    @property
    def key(self) -> object:
        """What makes it the same mail for a reader."""
        return self.sender, frozenset(a for a in self.to + self.cc if not a.endswith(f"@{DOMAIN}")), self.words


class Copy(NamedTuple):
    """The bytes in which a letter comes; copies differ in what does not make another mail."""

    letter: Letter
    bcc: str = ""
    hops: int = 0

    @property
    def raw(self) -> bytes:
        """The message."""
        letter = self.letter
        fields = [f"Received: from a{hop}.example by b.example" for hop in range(self.hops)]
        fields += [f"From: {', '.join(SENDERS[letter.sender])}"]
        for name, people in (("To", letter.to), ("Cc", letter.cc), ("Bcc", (self.bcc,) if self.bcc else ())):
            fields += [f"{name}: {', '.join(people)}"] if people else []
        fields += [f"Subject: Hearing {letter.words}", "Date: Mon, 02 Nov 2026 09:30:00 +0100"]
        fields += [f"Message-ID: <{letter.sender}-{letter.words}@mail.example>"]
        return "\n".join((*fields, "", f"See you in court {letter.words}.", "")).encode()


class Matter:
    """A case or a lead."""

    def __init__(self, contacts: set[int], *, is_open: bool = True) -> None:
        self.contacts = contacts
        self.is_open = is_open
        self.became: int | None = None
        """The case that a lead became."""


class Delivery:
    """An arrival of an email."""

    def __init__(self, copy: Copy, user: int, source: str, standing: str, state: str = "") -> None:
        self.key = (copy.raw, user, source)
        self.state = state
        self.user = user
        self.standing = standing


class Decision(NamedTuple):
    """What was decided for one delivery."""

    user: int
    kind: str
    """"held", "foreign" (not sent by its owner), "unasked" (the rules were left out), or "asked"."""
    verdicts: dict[str, Place | None]
    contacts: frozenset[int]
    tag: str = ""
    hand: Place | None = None
    """Where the tag files it."""


class Email:
    """A logged letter."""

    def __init__(self, first: Copy) -> None:
        self.first = first
        self.deliveries: list[Delivery] = []
        self.decided: list[Decision] = []
        self.links: dict[Place, str] = {}
        self.contacts: set[int] = set()
        self.taken_away: set[Place] = set()
        self.is_rejected = False
        """A person put it out of sight as no case's, and no filing brought it back since."""

    def link(self, place: Place, by: str) -> None:
        """Put it on a case or lead."""
        self.links.setdefault(place, by)
        self.is_rejected = False

    @property
    def standing(self) -> str:
        """Where it stands."""
        found = {delivery.standing for delivery in self.deliveries}
        if self.links:
            return "linked"
        if self.is_rejected:
            return "rejected"
        if found & {"routed", "released"}:
            return "unassigned"
        return "held" if "held" in found else "rejected"

    def standings(self, user: int) -> set[str]:
        """Of its deliveries for one user."""
        return {delivery.standing for delivery in self.deliveries if delivery.user == user}


class World:
    """Everything that is so."""

    def __init__(self) -> None:
        self.contacts: dict[int, set[str]] = {}
        self.cases: dict[int, Matter] = {}
        self.leads: dict[int, Matter] = {}
        self.bcc = {BCC["ada"]: (ADA, True), BCC["carl"]: (CARL, True)}
        """Every BCC address there ever was: whose it is, and whether it takes mail."""
        self.emails: list[Email] = []

    def email_of(self, letter: Letter) -> Email | None:
        """The email that a letter became."""
        return next((email for email in self.emails if email.first.letter.key == letter.key), None)

    def ended(self) -> list[list[str]]:
        """For each case and lead that is not open: the addresses of its contacts, where there are any."""
        matters = [matter for matter in (*self.cases.values(), *self.leads.values()) if not matter.is_open]
        found = [sorted(a for c in matter.contacts for a in self.contacts[c]) for matter in matters]
        return [addresses for addresses in found if addresses]

    # The rules.

    def holders(self, *addresses: str) -> frozenset[int]:
        """The contacts who hold any of these addresses, the firm's own left out."""
        return frozenset(c for c, held in self.contacts.items() if held & {a for a in addresses if not is_firm(a)})

    def rule(self, address: str) -> Place | None:
        """Where a mail to an address goes: the one open case, or else the one open lead of all who hold it."""
        party = self.holders(address)
        cases = [number for number, case in self.cases.items() if case.is_open and case.contacts & party]
        leads = [number for number, lead in self.leads.items() if lead.is_open and lead.contacts & party]
        if len(cases) == 1:
            return "case", cases[0]
        return ("lead", leads[0]) if not cases and len(leads) == 1 else None

    def judge(
        self, copy: Copy, user: int, *, vouched: bool = False, state: str = "", routed: bool = True, tag: str = ""
    ) -> Decision:
        """What a delivery by itself decides."""
        letter, senders = copy.letter, SENDERS[copy.letter.sender]
        counted = list(dict.fromkeys(a for a in (*letter.to, *letter.cc, copy.bcc) if a and not is_firm(a)))
        is_own = user in {FIRM.get(sender) for sender in senders} and all(sender in FIRM for sender in senders)
        if not is_own and not vouched:
            return Decision(user, "held", {}, frozenset(), tag)
        if not is_own or state or not routed:
            asked = "foreign" if not is_own and not state and routed else "unasked"
            return Decision(user, asked, {}, self.holders(*senders, *counted), tag)
        verdicts = {address: self.rule(address) for address in counted}
        contacts = self.holders(*counted)
        return Decision(user, "asked", verdicts, contacts, tag, self.named_by(tag) if contacts else None)

    def named_by(self, tag: str) -> Place | None:
        """The case or lead that a case tag names."""
        kind, number = ("lead", tag[5:]) if tag.startswith("lead-") else ("case", tag.removeprefix("2026-"))
        known = self.leads if kind == "lead" else self.cases
        found = int(number) - (0 if kind == "lead" else 100) if number.isdigit() else 0
        return (kind, found) if found in known else None

    # What comes in.

    def receive(
        self,
        copy: Copy,
        user: int,
        source: str,
        *,
        vouched: bool = False,
        state: str = "",
        routed: bool = True,
        tag: str = "",
    ) -> None:
        """A delivery."""
        decision = self.judge(copy, user, vouched=vouched, state=state, routed=routed, tag=tag)
        email = self.email_of(copy.letter)
        if email is None:
            email = Email(copy)
            self.emails.append(email)
            self._carry_out(email, decision, Delivery(copy, user, source, "", state))
            return
        seen = next((one for one in email.deliveries if one.key == (copy.raw, user, source)), None)
        is_sent_now = seen is not None and seen.state != "" and not state
        standings = email.standings(user)
        was_decided = bool(standings & {"routed", "released"})
        if seen and not ((tag or is_sent_now) and was_decided):
            return
        verdicts = {a: None if p in email.taken_away else p for a, p in decision.verdicts.items()}
        hand = None if decision.hand in email.taken_away else decision.hand
        added: Decision | None = decision._replace(verdicts=verdicts, hand=hand)
        if was_decided:
            added = self._addition(email, decision._replace(verdicts=verdicts, hand=hand))
        elif decision.kind == "held" and standings:
            added = None
        if seen:
            if added is not None and (added.tag or is_sent_now):
                self._carry_out(email, added, None)
                seen.state = "" if is_sent_now else seen.state
            return
        standing = "routed" if was_decided else "rejected" if "rejected" in standings else "held"
        delivery = Delivery(copy, user, source, standing, state)
        if added is None:
            email.deliveries.append(delivery)
        else:
            self._carry_out(email, added, delivery)

    def _addition(self, email: Email, decision: Decision) -> Decision | None:
        """What no earlier delivery for the same user decided."""
        earlier = [one for one in email.decided if one.user == decision.user and one.kind != "held"]
        if decision.tag in {one.tag for one in earlier}:
            decision = decision._replace(tag="", hand=None)
        answered = [one for one in earlier if one.kind != "unasked"]
        if not answered:
            return None if decision.kind == "unasked" and not decision.tag else decision
        if any(one.kind == "foreign" for one in answered):
            return None
        asked = {address for one in answered for address in one.verdicts}
        verdicts = {a: place for a, place in decision.verdicts.items() if a not in asked}
        if not verdicts and (not decision.tag or decision.kind == "held"):
            return None
        contacts = decision.contacts if decision.hand else self.holders(*verdicts)
        return decision._replace(verdicts=verdicts, contacts=contacts)

    def _carry_out(self, email: Email, decision: Decision, delivery: Delivery | None) -> None:
        if delivery is not None:
            delivery.standing = "held" if decision.kind == "held" else "routed"
            email.deliveries.append(delivery)
        email.decided.append(decision)
        email.contacts |= decision.contacts
        if decision.hand:
            email.link(decision.hand, "person")
        for place in decision.verdicts.values():
            if place:
                email.link(place, "rule")

    # What people do.

    def release(self, email: Email) -> None:
        """Held or rejected mail is let in."""
        if email.is_rejected:
            email.is_rejected = False
            return
        for delivery in email.deliveries:
            if delivery.standing in ("held", "rejected"):
                delivery.standing = "released"
                let_in = self.judge(email.first, delivery.user, vouched=True)
                email.contacts |= let_in.contacts
                email.decided.append(Decision(delivery.user, "foreign", {}, let_in.contacts))

    def merge(self, kept: int, gone: int) -> None:
        """Two contacts become one."""
        self.contacts[kept] |= self.contacts.pop(gone)
        for holder in (*self.cases.values(), *self.leads.values(), *self.emails):
            if gone in holder.contacts:
                holder.contacts.discard(gone)
                holder.contacts.add(kept)


def is_firm(address: str) -> bool:
    """Whether an address is the firm's own."""
    return address in FIRM or address.endswith(f"@{DOMAIN}")
