"""A simulated firm with 300 unassigned mails whose right place is known: how good are the suggestions?

    python -m tests.scenario

prints, for each kind of reason, how many first suggestions were right (precision at 1) and how many of the mails that it
could have known it named (coverage).
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import NamedTuple

from casefleet_cli.core.rules.routing import Place
from casefleet_cli.core.rules.suggestions import TRUST
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, Firm

ADA = "Ada Berg <ada@firm.example>"
WORDS = (
    "hearing draft deadline exhibit deposition invoice settlement witness statement order motion lease estate".split()
)


class Client(NamedTuple):
    name: str
    address: str
    contact: int
    places: tuple[Place, ...]
    """Open ones."""

    @property
    def mailbox(self) -> str:
        return f"{self.name} <{self.address}>"


class Waiting(NamedTuple):
    """An unassigned mail and where it belongs."""

    email_id: int
    kind: str
    """What there is to know it by: one of TRUST, or "nothing"."""
    place: Place | None


class Score(NamedTuple):
    kind: str
    mails: int
    """That could be known by this."""
    named: int
    """Of these: got a place suggested."""
    given: int
    """First suggestions of a place for this reason."""
    right: int

    @property
    def coverage(self) -> float:
        return self.named / self.mails if self.mails else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 1.0


class Simulation:
    """A firm of 60 clients; what its people mail is made by chance, from a seed."""

    def __init__(self, folder: Path, seed: int = 6) -> None:
        self.chance = random.Random(seed)
        self.firm = Firm(folder)
        self.serial = 0
        self.clients = [self._client(number) for number in range(60)]
        self.threads: list[tuple[str, Client, Place]] = []
        """Message-ID, client and place of mail that is linked."""
        for client in self.clients:
            for place in client.places:
                self.threads.append(self._conversation(client, place))

    def _client(self, number: int) -> Client:
        names = ("Nguyen", "Okafor", "Müller", "García", "Baxter", "O'Neil", "Sørensen", "Łukasz", "da Silva", "Petrov")
        name = f"{'ABCDEFGHIJ'[number // 10]}nna {names[number % 10]}"
        address = f"client{number}@{'company' if number % 4 == 0 else f'c{number}'}.example"
        contact = self.firm.contact(name, address)
        places = []
        for _ in range((1, 1, 1, 2, 3, 0)[number % 6]):
            places.append(Place("case", self.firm.case(f"{name} matter", contact)))
        if number % 6 == 5:
            places.append(Place("lead", self.firm.lead(f"{name} inquiry", contact)))
        return Client(name, address, contact, tuple(places))

    # What is linked already.

    def _conversation(self, client: Client, place: Place) -> tuple[str, Client, Place]:
        """A mail to a client that is on the case or lead, by rule or by hand."""
        message = self._mail(ADA, client.mailbox, self._subject())
        if self.chance.random() < 0.3:
            # An answer to a mail that we never saw; later answers may name that one only.
            message["References"] = self._unseen(place)
        receipt = receive(self.firm.db, message.as_bytes(), Arrival(self.firm.ada, "pipe"))
        if place not in receipt.places:
            link_desk.link(self.firm.db, receipt.email_id, contacts=(client.contact,), places=(place,))
        return str(message["Message-ID"]), client, place

    # What waits.

    def waiting(self, count: int = 300) -> Iterator[Waiting]:
        kinds = (self._reply, self._forward, self._forwarded_reply, self._received, self._of_a_court, self._noise)
        for number in range(count):
            made = kinds[(0, 1, 1, 2, 3, 4, 5, 1, 0, 3)[number % 10]]
            yield made()

    def _reply(self) -> Waiting:
        msgid, client, place = self.chance.choice(self.threads)
        writer = self.chance.choice((client.mailbox, client.mailbox, "Somebody Else <colleague@company.example>"))
        message = self._mail(writer, ADA, "Re: " + self._subject())
        named = self._unseen(place) if self.chance.random() < 0.2 else msgid
        message["In-Reply-To" if self.chance.random() < 0.3 else "References"] = named
        return self._log(message, "thread", place, "eml")

    def _unseen(self, place: Place) -> str:
        """The Message-ID of the mail that began a conversation with a client, and was never logged."""
        return f"<began-{place.kind}-{place.id}@client.example>"

    def _forwarded_reply(self) -> Waiting:
        """Forwarded by a program that keeps the thread of what it forwards."""
        msgid, client, place = self.chance.choice(self.threads)
        message = self._forwarding(client, self._subject())
        message["References"] = f"<{self.serial}@client.example> {msgid}"
        return self._log(message, "thread", place, "pipe")

    def _forward(self) -> Waiting:
        client = self.chance.choice(self.clients)
        place = client.places[0] if len(client.places) == 1 else None
        subject = self._subject()
        if place and self.chance.random() < 0.1:
            # Some programs write only the name: who it was is known to a reader, and to us by nothing sure.
            lines = ("-----Original Message-----", f"From: {client.name}", "Sent: Monday, November 2, 2026 9:30 AM",
                     "To: Ada Berg", f"Subject: {subject}", "", "Hello.", "")  # fmt: skip
            text = "\n".join(lines)
            return self._log(self._mail(ADA, BCC["ada"], f"FW: {subject}", text), "forward", place, "pipe")
        return self._log(self._forwarding(client, subject), "forward" if place else "nothing", place, "pipe")

    def _received(self) -> Waiting:
        client = self.chance.choice(self.clients)
        place = client.places[0] if len(client.places) == 1 else None
        message = self._mail(client.mailbox, ADA, self._subject())
        return self._log(message, "contact" if place else "nothing", place, "eml")

    def _of_a_court(self) -> Waiting:
        client = self.chance.choice([client for client in self.clients if client.places[0].kind == "case"])
        place = self.chance.choice(client.places)
        number = self.firm.one("SELECT number FROM cases WHERE id = ?", place.id)
        subject = self.chance.choice(("Notice of hearing, {}", "[{}] order", "Filing in case {}.", "{}: scheduling"))
        message = self._mail("Clerk <clerk@court.example>", ADA, subject.format(number))
        return self._log(message, "case-number", place, "eml")

    def _noise(self) -> Waiting:
        """What belongs nowhere, with what could mislead: years, foreign threads, quoted headers, forwards of nothing."""
        made = self.chance.choice((self._newsletter, self._empty_forward, self._discussion))
        return self._log(made(), "nothing", None, "eml")

    def _newsletter(self) -> EmailMessage:
        message = self._mail(
            "News <news@lawyers.example>", ADA, f"Outlook 2026-1{self.chance.randrange(100, 999)} digest"
        )
        message["References"] = "<monthly@lawyers.example>"
        return message

    def _empty_forward(self) -> EmailMessage:
        return self._mail(ADA, BCC["ada"], "Fwd: " + self._subject(), "See above, I will send it later.\n")

    def _discussion(self) -> EmailMessage:
        client = self.chance.choice(self.clients)
        quoted = f"As the headers say,\n> From: {client.mailbox}\n> Subject: spam\n> Date: yesterday\n> To: you\nit is spam.\n"
        return self._mail("Admin <admin@provider.example>", ADA, "Your question about a header", quoted)

    # Mail.

    def _subject(self) -> str:
        return " ".join(self.chance.sample(WORDS, 3)).capitalize()

    def _mail(self, sender: str, to: str, subject: str, text: str | None = None) -> EmailMessage:
        self.serial += 1
        message = EmailMessage(policy=SMTP.clone(linesep="\n"))
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Date"] = f"Mon, 02 Nov 2026 {self.serial // 60 % 24:02d}:{self.serial % 60:02d}:00 +0100"
        message["Message-ID"] = f"<{self.serial}.scenario@mail.example>"
        message.set_content(text or f"Please see the {self.chance.choice(WORDS)}. Number {self.serial}.\n")
        return message

    def _forwarding(self, client: Client, subject: str) -> EmailMessage:
        """Forwarded by the user to the BCC address, as one of several programs writes it."""
        text = f"Please see the {self.chance.choice(WORDS)}.\n"
        comment = self.chance.choice(("", "FYI\n\n", "Zum Vorgang.\n\n"))
        styles = (
            f"---------- Forwarded message ---------\nFrom: {client.name} <{client.address}>\nDate: Mon, 2 Nov 2026 at 09:30\n"
            f"Subject: {subject}\nTo: {ADA}\n\n\n{text}",
            f"-----Original Message-----\nFrom: {client.name} [mailto:{client.address}]\nSent: Monday, November 2, 2026 9:30 AM\n"
            f"To: Ada Berg\nSubject: {subject}\n\n{text}",
            f"Begin forwarded message:\n\n> From: {client.name} <{client.address}>\n> Subject: {subject}\n"
            f"> Date: 2 November 2026 at 09:30:00 CET\n> To: {ADA}\n> \n> {text}",
            f"-------- Weitergeleitete Nachricht --------\nBetreff: {subject}\nDatum: Mon, 2 Nov 2026 09:30:00 +0100\n"
            f"Von: {client.name} <{client.address}>\nAn: {ADA}\n\n{text}",
            f"________________________________\nDe : {client.name} <{client.address}>\nEnvoyé : lundi 2 novembre 2026 09:30\n"
            f"À : Ada Berg <ada@firm.example>\nObjet : {subject}\n\n{text}",
        )
        style = self.chance.randrange(len(styles) + 1)
        if style < len(styles):
            return self._mail(ADA, BCC["ada"], f"Fwd: {subject}", comment + styles[style])
        message = self._mail(ADA, BCC["ada"], f"Fwd: {subject}", comment or "attached\n")
        message.add_attachment(self._mail(client.mailbox, ADA, subject, text))
        return message

    def _log(self, message: EmailMessage, kind: str, place: Place | None, source: str) -> Waiting:
        raw = message.as_bytes()
        receipt = receive(self.firm.db, raw, Arrival(self.firm.ada, source), vouched=source == "eml")
        if receipt.outcome != "unassigned":
            raise AssertionError(f"{receipt.outcome}: {raw.decode()}")
        return Waiting(receipt.email_id, kind, place)


def scores(simulation: Simulation, count: int = 300) -> list[Score]:
    """For each kind of reason and for "nothing", how the first suggestions did."""
    mails = list(simulation.waiting(count))
    firsts = []
    for mail in mails:
        found = suggestion_desk.for_email(simulation.firm.db, mail.email_id)
        firsts.append(found[0] if found and found[0].place is not None else None)
    return [
        Score(
            kind,
            mails=sum(mail.kind == kind for mail in mails),
            named=sum(mail.kind == kind and first is not None for mail, first in zip(mails, firsts, strict=True)),
            given=sum(first is not None and first.trust == kind for first in firsts),
            right=sum(
                first is not None and first.trust == kind and first.place == mail.place
                for mail, first in zip(mails, firsts, strict=True)
            ),
        )
        for kind in (*TRUST, "nothing")
    ]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = scores(Simulation(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 6))
    print(f"{'reason':<12} {'mails':>6} {'coverage':>9} {'given':>6} {'precision at 1':>15}")
    for score in found:
        print(f"{score.kind:<12} {score.mails:>6} {score.coverage:>9.1%} {score.given:>6} {score.precision:>15.1%}")


if __name__ == "__main__":
    main()
