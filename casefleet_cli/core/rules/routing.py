"""Where an email goes: two rules, asked for each counted recipient by itself, and nothing else files mail.

Source: CaseFleet, "Logging Emails". Pure: the same message, owner and facts always give the same decision.
"""

from __future__ import annotations

from casefleet_cli.core.address import normal, untagged
from casefleet_cli.core.rules.trust import is_verified
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from casefleet_cli.core.model import Mailbox, Message


class Letterhead(NamedTuple):
    """The people of a message and what became of it: all that routing asks about."""

    from_: tuple[Mailbox, ...]
    """The authors; the Sender where there is no From."""
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    resent_from: tuple[Mailbox, ...] = ()
    """Who redirected it (RFC 5322 section 3.6.6)."""
    trace: tuple[tuple[str, str], ...] = ()
    """Its first Received and Authentication-Results fields, as `trust` reads them."""
    state: str = ""
    """One of STATES where the message or its archive says so: it was not sent, or was thrown away."""


def letterhead_of(message: Message, state: str = "") -> Letterhead:
    """What routing asks about a message, with what its archive says of it."""
    authors = message.from_ or message.sender
    state = state or message.state
    return Letterhead(authors, message.to, message.cc, message.bcc, message.resent_from, message.trace, state)


class Owner(NamedTuple):
    """The user for whom a message was delivered."""

    user_id: int
    addresses: frozenset[str]
    """Sender addresses, in normal form."""


class Contact(NamedTuple):
    """A contact, as a decision names it."""

    id: int
    name: str


class Case(NamedTuple):
    """An open case, as a decision names it."""

    id: int
    number: str
    title: str


class Lead(NamedTuple):
    """An open lead, as a decision names it."""

    id: int
    name: str


class Party(NamedTuple):
    """Every contact that holds one address, with what is open for any of them, each once."""

    contacts: tuple[Contact, ...] = ()
    open_cases: tuple[Case, ...] = ()
    open_leads: tuple[Lead, ...] = ()


class Facts(NamedTuple):
    """What the firm knows about the addresses of one message, as it is now."""

    parties: Mapping[str, Party]
    """By address in normal form; addresses nobody holds are absent."""
    firm_addresses: frozenset[str]
    """The sender addresses of users among them."""
    bcc_owners: Mapping[str, int]
    """The BCC addresses past and present among them, with their users."""
    logging_domain: str
    authserv_id: str = ""
    """The server whose word own mail needs (RFC 8601); "" where the From is taken as it is."""
    never_logged: Mapping[str, frozenset[int]] = {}
    """The addresses on a never-log list among them, with whose list it is: users, or THE_FIRM."""


class Place(NamedTuple):
    """A case or a lead that an email can be filed to."""

    kind: str
    """"case" or "lead"."""
    id: int

    @property
    def case_id(self) -> int | None:
        """The number of the case; None for a lead."""
        return self.id if self.kind == "case" else None

    @property
    def lead_id(self) -> int | None:
        """The number of the lead; None for a case."""
        return self.id if self.kind == "lead" else None


class Verdict(NamedTuple):
    """The answer for one counted recipient: a rule and its place, or a reason."""

    recipient: str
    party: Party
    rule: str | None = None
    place: Place | None = None
    reason: str | None = None


class Tag(NamedTuple):
    """What stood after the plus of the BCC address, and what came of it; see core.rules.tags."""

    written: str
    """As tags compare it."""
    place: Place | None = None
    """What it names, for its user; None where it names nothing, or was not heeded."""
    name: str = ""
    """The place as people say it."""
    reference: str = ""
    """What --case or --lead takes for the place."""
    status: str = ""
    """Of the place when this was decided."""
    reason: str | None = None
    """Why it files nothing: "no-contact", "unknown-case-tag", "taken-away"."""
    several: tuple[str, ...] = ()
    """What it fits, where it fits several."""
    instead_of: str | None = None
    """The reason of the decision that its own took the place of."""

    @property
    def is_filed(self) -> bool:
        """Whether the email goes to the place, by the hand of its user."""
        return self.place is not None and self.reason is None


class Decision(NamedTuple):
    """Everything that was decided for one delivery, and why."""

    outcome: str
    """"filed", "unassigned" or "held"; or NEVER_LOGGED: nothing is kept."""
    reason: str | None
    """Why no recipient was asked: "not-sent-by-owner", "no-counted-recipient"."""
    verdicts: tuple[Verdict, ...]
    places: tuple[Place, ...]
    """Each destination once, in the order found."""
    contacts: tuple[Contact, ...]
    """The contacts to link to the email."""
    exposed: tuple[int, ...]
    """Users whose BCC address stood in To or Cc where others saw it."""
    as_of: str | None = None
    """The moment whose open cases and leads were counted, as the database writes it; None: those open now."""
    tag: Tag | None = None
    """The case tag that the delivery came with."""


def _one_open_case(party: Party) -> Place | None:
    return Place("case", party.open_cases[0].id) if len(party.open_cases) == 1 else None


def _one_open_lead(party: Party) -> Place | None:
    return Place("lead", party.open_leads[0].id) if not party.open_cases and len(party.open_leads) == 1 else None


RULES: tuple[tuple[str, Callable[[Party], Place | None]], ...] = (
    ("one-open-case", _one_open_case),
    ("one-open-lead", _one_open_lead),
)

REASONS: tuple[tuple[str, Callable[[Party], bool]], ...] = (
    ("unknown-address", lambda party: not party.contacts),
    ("several-open-cases", lambda party: len(party.open_cases) > 1),
    ("several-open-leads", lambda party: len(party.open_leads) > 1),
    ("nothing-open", lambda party: True),  # noqa: ARG005 - every reason is asked alike
)

STATES = ("draft", "deleted", "junk")
"""Reasons of mail that an archive holds and nobody sent, or that its owner threw away: no rule asks about it."""
NOT_SENT_BY_OWNER = "not-sent-by-owner"
SENDER_NOT_VERIFIED = "sender-not-verified"
"""The firm's own server does not vouch for the From."""
NO_COUNTED_RECIPIENT = "no-counted-recipient"
NEVER_LOG = "never-log"
"""The recipient is on a never-log list."""
NEVER_LOGGED = "never-logged"
THE_FIRM = 0
"""Whose never-log list counts for everybody."""
NOT_ROUTED = "not-routed"
"""A person brought the mail in to be kept, and asked for no routing."""
NO_DATE = "no-date"
"""Nothing says when the mail was sent, and what was open then would count."""
NOT_UNDERSTOOD = "not-understood"
"""Defect and reason of a mail that a bug kept us from understanding: kept whole, unassigned, mended by reparse."""
NOTHING_UNDERSTOOD = Decision("unassigned", NOT_UNDERSTOOD, (), (), (), ())


def clues_of(message: Letterhead | None) -> tuple[str, ...]:
    """Every address of the message that routing asks about, in normal form, each once; none when it is not known."""
    if message is None:
        return ()
    addresses = _addresses(message.from_, message.to, message.cc, message.bcc)
    # Whether a tagged address is a BCC address shows without its tag; for nothing else an address is cut.
    return tuple(dict.fromkeys((*addresses, *(untagged(address)[0] for address in addresses if "+" in address))))


def route(message: Letterhead, owner: Owner, facts: Facts, *, vouched: bool = False) -> Decision:
    """Decide where a message goes; `vouched` says that a person brought it in, so that foreign mail is not held."""
    exposed = _exposed(message, owner, facts)
    recipients = _counted(message, facts)
    is_own = is_own_mail(message, owner, facts)
    if not vouched:
        claimed = _addresses(message.from_) if is_own else _addresses(message.resent_from)
        if not is_own and owner.addresses.isdisjoint(claimed):
            return Decision("held", NOT_SENT_BY_OWNER, (), (), (), exposed)
        if facts.authserv_id and not is_verified(message.trace, facts.authserv_id, claimed):
            return Decision("held", SENDER_NOT_VERIFIED, (), (), (), exposed)
    asked = [address for address in recipients if not _is_never_logged(address, owner, facts)]
    if is_own and recipients and not asked:
        return Decision(NEVER_LOGGED, NEVER_LOG, (), (), (), ())
    if message.state or not is_own:
        senders = [address for address in _addresses(message.from_) if not _is_firm(address, facts)]
        known = (address for address in senders if not _is_never_logged(address, owner, facts))
        contacts = _contacts([*known, *asked], facts)
        return Decision("unassigned", message.state or NOT_SENT_BY_OWNER, (), (), contacts, exposed)
    if not recipients:
        return Decision("unassigned", NO_COUNTED_RECIPIENT, (), (), (), exposed)
    verdicts = tuple(
        _ask(address, facts.parties.get(address, Party()))
        if address in asked
        else Verdict(address, Party(), reason=NEVER_LOG)
        for address in recipients
    )
    places = tuple(dict.fromkeys(verdict.place for verdict in verdicts if verdict.place))
    return Decision("filed" if places else "unassigned", None, verdicts, places, _contacts(asked, facts), exposed)


def unrouted(decision: Decision, reason: str = NOT_ROUTED) -> Decision:
    """The same without any place, for a reason: mail that is brought in to be kept only."""
    return decision._replace(outcome="unassigned", reason=reason, verdicts=(), places=())


def is_own_mail(message: Letterhead, owner: Owner, facts: Facts) -> bool:
    """Whether the message claims to be from the owner, perhaps together with other users, and from nobody else."""
    senders = _addresses(message.from_)
    return not owner.addresses.isdisjoint(senders) and all(
        sender in owner.addresses or sender in facts.firm_addresses for sender in senders
    )


def contacts_of(addresses: Iterable[str], owner: Owner, facts: Facts) -> tuple[Contact, ...]:
    """The contacts who hold any of these addresses (normal form), the firm's own and never-log ones left out."""
    kept = (a for a in addresses if not _is_firm(a, facts) and not _is_never_logged(a, owner, facts))
    return _contacts(kept, facts)


def _ask(recipient: str, party: Party) -> Verdict:
    """The first rule that fits, or else the first reason."""
    for name, question in RULES:
        place = question(party)
        if place:
            return Verdict(recipient, party, rule=name, place=place)
    return Verdict(recipient, party, reason=next(name for name, holds in REASONS if holds(party)))


def _counted(message: Letterhead, facts: Facts) -> list[str]:
    """The addresses in To, Cc and Bcc without the firm's own."""
    return [a for a in _addresses(message.to, message.cc, message.bcc) if not _is_firm(a, facts)]


def _is_firm(address: str, facts: Facts) -> bool:
    domain = address.rpartition("@")[2]
    return address in facts.firm_addresses or address in facts.bcc_owners or domain == facts.logging_domain


def _is_never_logged(address: str, owner: Owner, facts: Facts) -> bool:
    whose = facts.never_logged.get(address, ())
    return THE_FIRM in whose or owner.user_id in whose


def _exposed(message: Letterhead, owner: Owner, facts: Facts) -> tuple[int, ...]:
    """Users whose BCC address is in To or Cc of a mail that anybody besides the owner received too."""
    shown = [a for a in _plain(facts, message.to, message.cc) if a in facts.bcc_owners]
    if not shown:
        return ()
    everybody = _plain(facts, message.to, message.cc, message.bcc)
    others = any(a not in facts.bcc_owners and a not in owner.addresses for a in everybody)
    users = dict.fromkeys(facts.bcc_owners[address] for address in shown)
    return tuple(user for user in users if others or user != owner.user_id)


def _plain(facts: Facts, *fields: Iterable[Mailbox]) -> tuple[str, ...]:
    """The addresses, BCC addresses without their tags."""
    both = ((address, untagged(address)[0]) for address in _addresses(*fields))
    return tuple(plain if plain in facts.bcc_owners else address for address, plain in both)


def _contacts(addresses: Iterable[str], facts: Facts) -> tuple[Contact, ...]:
    return tuple(dict.fromkeys(c for a in addresses if a in facts.parties for c in facts.parties[a].contacts))


def _addresses(*fields: Iterable[Mailbox]) -> tuple[str, ...]:
    found = (normal(mailbox.address) for field in fields for mailbox in field if mailbox.address)
    return tuple(dict.fromkeys(address for address in found if address))
