"""All that users send is logged, with the lines that `casefleet postfix --sender-bcc` prints, in a real Postfix."""

from __future__ import annotations

import json
import smtplib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.store import emails
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix, printed, submit
from tests.e2e.sasl import PASSWORD, Sasl
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e


class Firm:
    """An office whose Postfix takes mail from everybody at one port, and from who signs in at another."""

    def __init__(self, place: Path, office: Office) -> None:
        installed.need("postfix", "postconf")
        self.office = office
        main, master = self.lines(place, "--map", str(place / "recipients.sqlite"))
        submission = self.lines(place, "--sender-bcc")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        service = f"127.0.0.1:{self.port} inet"
        assert submission[1].startswith("submission inet ")
        self.postfix = Postfix(
            place / "postfix", f"{main}{submission[0]}smtpd_sasl_type = dovecot\nsmtpd_sasl_path = sasl\n",
            master + submission[1].replace("submission inet", service),
        )  # fmt: skip
        for name, table in self.tables.items():
            (self.postfix.etc / name).write_text(table)
        # What the client's server gets.
        self.received = office.folder / "received.eml"
        with (self.postfix.etc / "master.cf").open("a") as file:
            file.write(f"client unix - n n - - pipe\n  user={office.unix.pw_name} argv=/usr/bin/tee {self.received}\n")
        maps = main.partition("transport_maps = ")[2].partition("\n")[0]
        self.postfix.set(f"transport_maps={maps} inline:{{ client.example=client: }}")
        self.sasl = Sasl(self.postfix.lay_queue() / "sasl")

    tables: dict[str, str]

    def lines(self, place: Path, *words: str) -> tuple[str, str]:
        """What is printed for main.cf and master.cf; the tables are kept."""
        done = self.office.run("postfix", *words)
        assert (done.returncode, done.stderr) == (0, "")
        text, *tables = done.stdout.split("\n# /etc/postfix/casefleet-")
        self.tables = getattr(self, "tables", {}) | {
            f"casefleet-{table.partition(' ')[0]}": table.partition("\n")[2] for table in tables
        }
        main, master = printed(text)
        return main.replace("/etc/postfix/", f"{place}/postfix/etc/"), master

    def signed_in(self, login: str) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=60)
        client.ehlo()
        client.login(login, PASSWORD)
        return client

    def send(self, login: str, raw: bytes, *recipients: str, sender: str) -> dict[str, str]:
        """Send a mail, signed in; what became of it for each recipient that Postfix had."""
        with self.signed_in(login) as client:
            queue_id = submit(client, raw, *recipients, sender=sender)
        return {address: status for address, status, _ in self.postfix.done(queue_id)}


@pytest.fixture
def firm(place: Path, office: Office) -> Iterator[Firm]:
    office.case("Nguyen Trust", office.contact("Anna"))
    made = Firm(place, office)
    made.postfix.start()
    yield made
    made.postfix.stop("abort")
    made.sasl.close()


CLIENT = "anna@client.example"


def test_what_a_user_sends_is_logged_without_a_bcc(firm: Firm) -> None:
    statuses = firm.send("ada@firm.example", mail(CLIENT), CLIENT, sender="ADA@firm.example")
    assert statuses == {CLIENT: "sent", BCC["ada"]: "sent"}
    assert firm.office.all("SELECT user_id, standing FROM deliveries") == [(firm.office.ada, "routed")]
    assert firm.office.all("SELECT case_id, linked_by FROM email_cases") == [(1, "rule")]
    # The copy is one of the envelope alone: nothing in what the client gets, or we, tells the secret.
    raw = emails.raw_of(firm.office.db, 1)
    assert b"\nSubject: Hearing\n" in firm.received.read_bytes()
    for got in (raw, firm.received.read_bytes()):
        assert BCC["ada"].partition("@")[0].encode() not in got
    assert not [line for line in firm.postfix.log if "warning:" in line or "fatal:" in line]


def test_with_a_bcc_typed_all_the_same_it_is_logged_once(firm: Firm) -> None:
    statuses = firm.send("ada@firm.example", mail(CLIENT), CLIENT, BCC["ada"], sender="ada@firm.example")
    assert statuses == {CLIENT: "sent", BCC["ada"]: "sent"}
    assert firm.office.count("emails") == firm.office.count("deliveries") == 1


def test_a_forged_sender_at_port_25_is_not_copied(firm: Firm) -> None:
    queue_id = firm.postfix.submit(mail(CLIENT), CLIENT, sender="ada@firm.example")
    assert [(one[0], one.status) for one in firm.postfix.done(queue_id)] == [(CLIENT, "sent")]
    assert firm.office.count("raw_messages") == 0


def refused(firm: Firm, client: smtplib.SMTP, sender: str) -> None:
    with client, pytest.raises(smtplib.SMTPResponseException) as answer:
        submit(client, mail(CLIENT), CLIENT, sender=sender)
    assert answer.value.smtp_code == 553
    assert b"Sender address rejected" in answer.value.smtp_error  # type: ignore[operator]
    assert firm.office.count("raw_messages") == 0


@pytest.mark.parametrize("sender", ["ada@firm.example", "Ada@Firm.Example", "x@else.example"])
def test_another_user_cannot_send_as_this_one(firm: Firm, sender: str) -> None:
    refused(firm, firm.signed_in("carl@firm.example"), sender)


def test_where_others_send_too_only_the_addresses_of_users_can_be_asked_for(firm: Firm) -> None:
    """As the README says: the name of the restriction in master.cf, for a server with senders that no table has."""
    master = firm.postfix.etc / "master.cf"
    master.write_text(master.read_text().replace("reject_sender_login", "reject_known_sender_login"))
    firm.postfix.set("mail_name=Postfix")  # reloads
    refused(firm, firm.signed_in("porter@firm.example"), "ada@firm.example")
    assert firm.send("porter@firm.example", mail(CLIENT), CLIENT, sender="porter@firm.example") == {CLIENT: "sent"}
    assert firm.office.count("raw_messages") == 0


def test_a_table_of_the_admin_s_own_before_ours_names_other_logins(firm: Firm) -> None:
    own = "inline:{ { ada@firm.example = ada }, { porter@firm.example = porter } }"
    firm.postfix.set(f"mua_sender_login_maps={own} sqlite:{firm.postfix.etc}/casefleet-logins.cf")
    assert firm.send("ada", mail(CLIENT), CLIENT, sender="ada@firm.example") == {CLIENT: "sent", BCC["ada"]: "sent"}
    assert firm.send("porter", mail(CLIENT), CLIENT, sender="porter@firm.example") == {CLIENT: "sent"}
    with firm.signed_in("porter") as client:
        client.mail("ada@firm.example")
        assert client.rcpt(CLIENT)[0] == 553


def test_who_is_not_signed_in_cannot_send_as_a_user_by_the_submission_service(firm: Firm) -> None:
    client = smtplib.SMTP("127.0.0.1", firm.port, timeout=60)
    client.ehlo()
    refused(firm, client, "ada@firm.example")


def test_a_wrong_password_signs_nobody_in(firm: Firm) -> None:
    client = smtplib.SMTP("127.0.0.1", firm.port, timeout=60)
    with client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("ada@firm.example", "wrong")


def test_changes_of_users_count_at_once(firm: Firm) -> None:
    def change(*words: str) -> None:
        done = firm.office.run("user", *words)
        assert (done.returncode, done.stderr) == (0, "")

    def copied(login: str, sender: str) -> list[str]:
        statuses = firm.send(login, mail(CLIENT, sender=sender), CLIENT, sender=sender)
        return [address for address in statuses if address != CLIENT]

    new = "a.berg@firm.example"
    refused(firm, firm.signed_in("ada@firm.example"), new)
    change("edit", "Ada Berg", "--add-address", new)
    assert copied("ada@firm.example", new) == copied(new, "ada@firm.example") == [BCC["ada"]]
    change("rotate", "Ada Berg")
    (current,) = copied("ada@firm.example", new)
    assert current != BCC["ada"]
    assert firm.office.one("SELECT address FROM bcc_addresses WHERE retired_at IS NULL AND user_id = 1") == current
    change("edit", "Ada Berg", "--remove-address", new)
    with firm.signed_in("ada@firm.example") as client:
        client.mail(new)
        assert client.rcpt(CLIENT)[0] == 553
    change("disable", "Ada Berg")
    with firm.signed_in("ada@firm.example") as client:
        client.mail("ada@firm.example")
        assert client.rcpt(CLIENT)[0] == 553  # an account that is disabled sends as nobody, and nothing is copied
    change("enable", "Ada Berg")
    assert copied("ada@firm.example", "ada@firm.example") == [current]


def test_mail_with_a_foreign_from_is_held_for_whose_envelope_it_is(firm: Firm) -> None:
    raw = mail(CLIENT, sender="carl@firm.example")
    firm.send("ada@firm.example", raw, CLIENT, sender="ada@firm.example")
    assert firm.office.all("SELECT user_id, standing FROM deliveries") == [(firm.office.ada, "held")]


def test_the_map_is_still_for_postfix_alone_and_doctor_knows_what_is_in_it(firm: Firm, place: Path) -> None:
    map_path = place / "recipients.sqlite"
    assert map_path.stat().st_mode & 0o777 == 0o640

    def told() -> tuple[str, str]:
        done = firm.office.run("doctor", "--postfix-config", str(firm.postfix.etc), "--json")
        return next((one["state"], one["sentence"]) for one in json.loads(done.stdout) if one["check"] == "map")

    assert told()[0] == "ok"
    firm.office.db.execute("INSERT INTO sender_addresses (user_id, address) VALUES (1, 'b@firm.example')")
    assert told() == ("failure", "The map tells 1 sender addresses wrong.")
    subprocess.run([firm.office.program, "--db", firm.office.path, "postfix", "--sender-bcc"], check=True,
                   capture_output=True)  # fmt: skip
    assert told()[0] == "ok"
