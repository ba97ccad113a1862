"""A firm with one of everything that a page can show, and a firm with nothing, to be looked at.

The people, cases and leads of `make demo`, the mail of its door, and what that lacks: an import of three years, long
and foreign names, forty attachments, HTML, a thread, senders who deceive, a restricted case, a secret in a document.
"""

from __future__ import annotations

import csv
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING

from casefleet_cli import archive
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import admission
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database, settings
from casefleet_cli.store.deliveries import Arrival
from tests.firm import created

if TYPE_CHECKING:
    import sqlite3

DEMO = Path(__file__).parents[1] / "fixtures" / "firm"
DOMAIN = "log.berglaw.example"
PASSWORD = "correct horse battery staple"
TOKENS = {"Ada Berg": "7k3mq9x2vt4hc8wnp", "Carl Diaz": "m2x8vq4tk7wn3hc9j", "Emi Sato": "q5z9rt3wk8hn4vx7c",
          "Jonas Weiß": "w8n4hc7vt2xk9mq3z"}  # fmt: skip
LONG = (
    "WG: AW: Re: Antw: Fristverlängerung im Verfahren Hartmann gegen Northgate Hospital, hier: Donaudampfschifffahrts"
    "gesellschaftskapitänswitwenrentenbescheidsangelegenheit, Anlagen K1 bis K40, mit der Bitte um Kenntnisnahme"
)
HTML = """<html><body style="font-family: Georgia"><h1 style="color:#1f3a5f">Settlement proposal</h1>
<p>Dear Ada,</p><p>the <b>board</b> agreed to the figures below. <a href="https://baxterins.example/claim/77">Claim 77</a></p>
<table border="1" cellpadding="6" width="900"><tr><th>Item</th><th>Claimed</th><th>Offered</th></tr>
<tr><td>Medical</td><td>18,400.00</td><td>16,000.00</td></tr><tr><td>Loss of earnings</td><td>9,250.00</td><td>7,000.00</td></tr></table>
<blockquote>On 3 November Ada Berg wrote:<br>What does the insurer offer?</blockquote>
<ul><li>valid until 15 December</li><li>without prejudice</li></ul></body></html>"""


class Showcase:
    """The databases of the two firms in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path, self.empty = str(folder / "firm" / "casefleet.db"), str(folder / "empty" / "casefleet.db")
        self.users: dict[str, int] = {}
        self.emails: dict[str, int] = {}
        """Numbers of emails by what they are an example of."""
        self.places: dict[str, int] = {}
        """Numbers of cases, leads and contacts, likewise."""
        self._serial = 0
        Path(self.empty).parent.mkdir()
        database.close_whole(_begun(self.empty), self.empty)
        Path(self.path).parent.mkdir()
        self._db = _begun(self.path)
        self._people()
        self._past(folder / "past.mbox")
        self._door()
        self._letters()
        self._spread()
        database.close_whole(self._db, self.path)

    def file_of(self, key: str) -> int:
        """The number of the first attachment of one of the emails."""
        connection = database.open_reader(self.path)
        try:
            return int(
                connection.execute(
                    "SELECT min(id) FROM attachments WHERE email_id = ?", (self.emails[key],)
                ).fetchone()[0]
            )
        finally:
            connection.close()

    def _people(self) -> None:
        db = self._db
        roles = {"Ada Berg": "admin", "Jonas Weiß": "limited"}
        for name, token in TOKENS.items():
            address = f"{name.split()[0].lower()}@berglaw.example"
            self.users[name] = user_desk.add(db, name, [address], role=roles.get(name, "standard"), token=token)
        self.ada, self.carl, self.emi, self.jonas = self.users.values()
        password_desk.put(db, self.ada, PASSWORD)
        lines = [
            ("minh", "Minh Nguyen", "minh@nguyen.example office@estates.example"),
            ("lars", "Lars Lindqvist", "lars@lindqvist.example office@estates.example"),
            ("grace", "Grace Okafor", "grace@okafor.example"),
            ("petra", "Petra Hartmann", "petra.hartmann@hartmann-bau.example"),
            ("hospital", "Northgate Hospital", "records@northgate.example"),
            ("insurer", "Baxter Insurance", "claims@baxterins.example"),
            ("elena", "Elena Ramírez", "elena@ramirez.example family@ramirez.example"),
            ("luis", "Luis Ramírez", "luis@ramirez.example family@ramirez.example"),
            ("haruto", "田中 春人", "haruto@tanaka.example"),
            ("layla", "ليلى الحسيني", "layla@alhusseini.example"),
            ("dana", "דנה לוי", "dana@levi.example"),
            ("company", "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh Trust and Estates Administration Company",
             "an.address.that.is.as.long.as.one.can.well.be.and.then.some@a-very-long-name-of-a-domain.example"),
            ("quiet", "Nobody Wrote", ""),
        ]  # fmt: skip
        for key, name, addresses in lines:
            kind = "organisation" if key in ("hospital", "insurer", "company") else "person"
            note = "Prefers to be called before nine. Speaks Spanish.\nBilling goes to her brother." * (key == "elena")
            self.places[key] = contact_desk.add(db, name, addresses.split(), kind=kind, note=note, acting=self.ada)
        for number in range(40):  # so that lists have a second page
            contact_desk.add(db, f"Witness {number + 1}", [f"witness{number}@people.example"])
        who = self.places
        many = [("estate", "Estate of M. Lindqvist", "lars", [self.ada]),
                ("fall", "Ramírez – slip and fall", "elena", [self.carl, self.jonas]),
                ("hartmann", "Hartmann gegen Northgate", "petra", [self.ada]),
                ("trust", "Nguyen Family Trust", "minh", [self.ada]),
                ("closed", "Okafor v. Dalton Freight", "grace", [self.carl]),
                ("alhusseini", "الحسيني ضد شركة الشحن", "layla", []),
                ("board", "Levi, investigation of the board", "dana", [self.ada]),
                ("lengthy", LONG[:199], "company", [self.ada, self.carl, self.emi, self.jonas])]  # fmt: skip
        for key, title, contact, assigned in many:
            opened = case_desk.open_case(
                db, title, contacts=[who[contact]], users=assigned, on="2023-11-02T08:00:00Z", acting=self.ada
            )
            who[key] = int(opened["id"])
        for number in range(40):
            case_desk.open_case(db, f"Small claim {number + 1}", contacts=[who["quiet"]])
        case_desk.assign(db, who["fall"], contacts=[who["insurer"]], role="opposing insurer", acting=self.carl)
        case_desk.close(db, who["closed"], acting=self.carl)
        case_desk.restrict(db, who["board"], acting=self.ada)
        for key, name, contact, stage in (("claim", "Okafor new claim", "grace", "consultation"),
                                          ("trademark", "Tanaka trademark", "haruto", "inquiry"),
                                          ("licence", "Tanaka licence", "haruto", "inquiry"),
                                          ("lost", "Whitcombe product liability", "quiet", "inquiry")):  # fmt: skip
            who[key] = lead_desk.open_lead(
                db, name, [who[contact]], stage=stage, source="former client", acting=self.emi
            )
        for number in range(40):
            lead_desk.open_lead(db, f"Inquiry {number + 1}", [who["quiet"]], stage="inquiry")
        lead_desk.move(db, who["trademark"], "proposal", acting=self.emi)
        lead_desk.lose(db, who["lost"], reason="conflict of interest", acting=self.ada)

    def _past(self, path: Path) -> None:
        """Two hundred mails of three years, from an mbox."""
        pairs = [("Ada Berg <ada@berglaw.example>", "Lars Lindqvist <lars@lindqvist.example>"),
                 ("Minh Nguyen <minh@nguyen.example>", "Ada Berg <ada@berglaw.example>"),
                 ("Ada Berg <ada@berglaw.example>", "Petra Hartmann <petra.hartmann@hartmann-bau.example>"),
                 ("Ada Berg <ada@berglaw.example>", "Ladislav Unknown <ladislav@nowhere.example>")]  # fmt: skip
        topics = (
            "Inventory",
            "Deposition",
            "Invoice",
            "Hearing on Monday",
            "Signed lease",
            "Draft order",
            "Expert opinion",
        )
        with path.open("wb") as file:
            for number in range(200):
                sender, to = pairs[number % len(pairs)]
                topic = f"{topics[number % len(topics)]} {number + 1}"
                text = (
                    f"The {topic.lower()} as promised. Please read it before we speak, and tell me what is missing.\n"
                )
                made = self._mail(sender, to, topic, text)
                made.replace_header(
                    "Date",
                    f"{number % 28 + 1} {('Jan', 'May', 'Sep')[number // 28 % 3]} {2024 + number // 70} 09:{number % 60:02d}:00 +0100",
                )
                file.write(b"From ada@berglaw.example Mon Jan  1 09:00:00 2024\n" + made.as_bytes() + b"\n")
        archive.run(self._db, [path], user_id=self.ada, jobs=1, acting=self.ada)

    def _door(self) -> None:
        """What comes to the door of the demo."""
        owners = {f"{name.split()[0].lower()}-{token}": self.users[name] for name, token in TOKENS.items()}
        with (DEMO / "pipe" / "envelopes.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                user = owners[row["recipient"].partition("@")[0]]
                raw = (DEMO / "pipe" / row["file"]).read_bytes()
                receipt = receive(self._db, raw, Arrival(user, "pipe", envelope_sender=row["sender"]))
                self.emails.setdefault(row["file"], receipt.email_id)

    def _letters(self) -> None:
        """What the demo has not."""
        who, ada, carl = self.places, "Ada Berg <ada@berglaw.example>", "Carl Diaz <carl@berglaw.example>"
        petra, elena = "Petra Hartmann <petra.hartmann@hartmann-bau.example>", "Elena Ramírez <elena@ramirez.example>"
        self._log("long", self._mail(carl, petra, LONG, "Kurz und gut.\n"))
        self._log("arabic", self._mail("ليلى الحسيني <layla@alhusseini.example>", carl, "بخصوص عقد الإيجار: نسخة موقعة",
                                       "السيد كارل،\n\nأرسل إليكم العقد الموقع. يرجى التأكيد قبل 12 ديسمبر.\n\nليلى\n"))  # fmt: skip
        self._log("japanese", self._mail(carl, "田中 春人 <haruto@tanaka.example>", "商標登録出願の件について(至急)",
                                         "田中様\n\nお世話になっております。" + "商標登録の出願書類を確認いたしました。" * 12 + "\n"))  # fmt: skip
        html = self._mail("Baxter Insurance <claims@baxterins.example>", carl, "Settlement proposal, claim 77",
                          "Dear Ada,\n\nthe board agreed to the figures below.\n\nMedical 18,400.00 16,000.00\nLoss of earnings 9,250.00 7,000.00\n\n"
 "On 3 November Ada Berg wrote:\n> What does the insurer offer?\n\n- valid until 15 December\n- without prejudice\n")  # fmt: skip
        html.add_alternative(HTML, subtype="html")
        self._log("html", html)
        files = self._mail(carl, elena, "Exhibits K1 to K45", "All forty-five.\n")
        for number in range(45):
            stem = (
                "X-ray"
                if number % 9
                else "A_very_long_name_of_an_exhibit_without_a_space_in_it_for_the_hearing_of_Monday"
            )
            octets = b"x" * 700 * (number + 1)
            files.add_attachment(octets, "application", "pdf", filename=f"{stem} K{number + 1}.pdf")
        self._log("files", files)
        crowd = self._mail(carl, elena, "Invitation to the hearing", "Please come.\n")
        crowd["Cc"] = [Address(f"Guest Number {number}", f"guest{number}", "people.example") for number in range(230)]
        self._log("crowd", crowd)
        for number in range(6):
            text = f"Message {number + 1} of this thread: the third step from the top.\n"
            answer = self._mail(carl, elena, "Re: " * number + "Photos of the stairs", text, msgid=f"thread-{number}")
            if number:
                answer["In-Reply-To"] = f"<thread-{number - 1}@mail.example>"
                answer["References"] = " ".join(f"<thread-{earlier}@mail.example>" for earlier in range(number))
            self._log("thread", answer)
        thief = "lars@lindqvist.example <thief@elsewhere.example>"
        self._log("deceives", self._mail(thief, carl, "Invoice\u202efdp.exe, new account", "Please pay there.\n"))
        thief = "Elena Ramírez <e1ena@ramirez.example>"
        self._log("held", self._mail(thief, carl, "Change of address", "New address.\n"), vouched=False)
        self._log(
            "walled",
            self._mail(ada, "דנה לוי <dana@levi.example>", "חקירת הדירקטוריון – טיוטה", "טיוטה ראשונה מצורפת.\n"),
        )
        secret = self._mail(carl, elena, "A document with a secret", "Attached.\n")
        octets = f"%PDF-1.4\nada-{TOKENS['Ada Berg']}@{DOMAIN}\n".encode()
        secret.add_attachment(octets, "application", "pdf", filename="mailbox.pdf")
        self._log("secret", secret)
        self._log("empty", self._mail(carl, elena, "", ""))
        for number in range(45):
            stranger = f"Stranger {number} <s{number}@strangers.example>"
            self._log("waits", self._mail(carl, stranger, f"A question, {number + 1}", "Whose is this?\n"))
        fall, hers = Place("case", who["fall"]), (who["elena"],)
        link_desk.link(self._db, self.emails["html"], contacts=(who["insurer"],), places=(fall,), acting=self.carl)
        lease = Place("case", who["alhusseini"])
        link_desk.link(self._db, self.emails["arabic"], contacts=(who["layla"],), places=(lease,), acting=self.carl)
        link_desk.link(self._db, self.emails["waits"], contacts=hers, places=(fall,), acting=self.carl)
        link_desk.unlink(self._db, self.emails["waits"], places=(fall,), acting=self.carl)
        admission.reject(self._db, self.emails["hostile.eml"], acting=self.ada)
        who["converted"] = int(lead_desk.convert(self._db, who["claim"], acting=self.carl)["id"])
        self._db.execute("UPDATE notifications SET read_at = created_at WHERE id % 5 = 0")

    def _log(self, key: str, message: EmailMessage, *, vouched: bool = True) -> None:
        user = self.ada if "ada@berglaw.example" in str(message["From"]) else self.carl
        mine = "berglaw.example" in str(message["From"])
        source = "eml" if vouched and not mine else "pipe"
        receipt = receive(self._db, message.as_bytes(), Arrival(user, source), vouched=vouched and not mine)
        self.emails[key] = receipt.email_id

    def _mail(self, sender: str, to: str, subject: str, text: str, *, msgid: str = "") -> EmailMessage:
        self._serial += 1
        message = EmailMessage(policy=SMTP.clone(linesep="\n"))
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Date"] = f"Mon, 02 Nov 2026 {self._serial // 60 % 24:02d}:{self._serial % 60:02d}:00 +0100"
        message["Message-ID"] = f"<{msgid or self._serial}@mail.example>"
        message.set_content(text)
        return message

    def _spread(self) -> None:
        """Let what happened have happened over some weeks, as in a firm that was not made a second ago."""
        guards = self._db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'activities'"
        ).fetchall()
        for name, _ in guards:
            self._db.execute(f"DROP TRIGGER {name}")
        self._db.execute(
            "UPDATE activities SET at = strftime('%Y-%m-%dT%H:%M:%SZ', at, ((id - (SELECT max(id) FROM activities)) * 97) || ' minutes')"
        )
        for _, sql in guards:
            self._db.execute(sql)


def _begun(path: str) -> sqlite3.Connection:
    connection = created(path)
    settings.put(connection, "logging_domain", DOMAIN)
    return connection
