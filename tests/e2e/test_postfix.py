"""Mail through a real Postfix, with exactly the lines that `casefleet postfix` prints."""

from __future__ import annotations

import pwd
import shutil
import smtplib
import sqlite3
from pathlib import Path

import pytest

from casefleet_cli.store import emails, settings
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix, printed, submit
from tests.e2e.snippets import snippet
from tests.firm import BCC, mail
from tests.volume import volume

pytestmark = pytest.mark.e2e

COMPLETE = b"Date: Mon, 02 Nov 2026 09:30:00 +0100\nMessage-ID: <complete@mail.example>\nFrom: ada@firm.example\n"
"""What Postfix would add to mail of its own clients."""
SENTENCE = "There is no logging address of this name here."


def statuses(postfix: Postfix, queue_id: str) -> list[str]:
    return sorted(outcome.status for outcome in postfix.done(queue_id))


def test_a_mail_with_the_secret_in_the_envelope_alone_is_on_the_right_feed(
    office: Office, postfix: Postfix, way: str
) -> None:
    case = office.case("Nguyen Trust", office.contact("Anna"))
    queue_id = postfix.submit(mail("anna@client.example"), "anna@client.example", BCC["ada"])
    assert statuses(postfix, queue_id) == ["sent", "sent"]
    assert office.all("SELECT subject, standing FROM emails") == [("Hearing", "linked")]
    assert office.all("SELECT case_id FROM email_cases") == [(case,)]
    assert office.all("SELECT source, envelope_sender, queue_id, user_id FROM deliveries") == [
        (way, "ada@firm.example", queue_id, office.ada)
    ]
    assert [line for line in postfix.log if "warning:" in line or "fatal:" in line] == []


def test_an_alias_in_front_leads_to_the_bcc_address(office: Office, postfix: Postfix) -> None:
    office.case("Nguyen Trust", office.contact("Anna"))
    postfix.set(snippet("# /etc/postfix/main.cf").strip().replace(" = ", "=", 1))
    assert statuses(postfix, postfix.submit(mail("anna@client.example"), "log-ada@firm.example")) == ["sent"]
    assert office.all("SELECT user_id, standing FROM deliveries") == [(office.ada, "routed")]
    raw = mail("anna@client.example", sender="eve@else.example", msgid="2")
    assert statuses(postfix, postfix.submit(raw, "log-ada@firm.example", sender="eve@else.example")) == ["sent"]
    assert office.all("SELECT standing FROM emails ORDER BY id") == [("linked",), ("held",)]


def test_a_forwarded_mail_is_unassigned(office: Office, postfix: Postfix) -> None:
    office.case("Nguyen Trust", office.contact("Anna"))
    raw = mail(BCC["ada"], subject="Fwd: Police report", text="---------- Forwarded message ---------\n"
               "From: Anna <anna@client.example>\nDate: Sun, 22 Nov 2026 18:12\nSubject: Police report\n"
               "To: Ada Berg <ada@firm.example>\n\nHere is the number.\n")  # fmt: skip
    assert statuses(postfix, postfix.submit(raw, BCC["ada"])) == ["sent"]
    assert office.all("SELECT standing FROM emails") == [("unassigned",)]
    assert office.all("SELECT reason FROM decisions") == [("no-counted-recipient",)]


def test_an_unknown_address_is_bounced_with_our_sentence(office: Office, postfix: Postfix) -> None:
    # Carl's BCC address as the sender: so the bounce is logged, and can be read here as its reader would.
    queue_id = postfix.submit(mail("x@else.example"), "gone@log.firm.example", sender=BCC["carl"])
    (outcome,) = postfix.done(queue_id)
    assert outcome.status == "bounced"
    assert SENTENCE in outcome.text
    (bounce,) = [line.split()[-1] for line in postfix.log if f"{queue_id}: sender non-delivery notification" in line]
    assert statuses(postfix, bounce) == ["sent"]
    assert office.all("SELECT envelope_sender, user_id, standing FROM deliveries") == [("", office.carl, "held")]
    told = emails.raw_of(office.db, 1).decode()
    assert "Status: 5.1.1" in told
    assert SENTENCE in " ".join(told.split())
    assert office.path not in told
    assert str(office.program) not in told
    assert office.count("emails") == 1


def test_one_mail_for_two_users_and_a_stranger_to_the_firm(office: Office, postfix: Postfix) -> None:
    queue_id = postfix.submit(mail("x@else.example"), BCC["ada"].upper(), BCC["carl"], "gone@log.firm.example")
    assert statuses(postfix, queue_id) == ["bounced", "sent", "sent"]
    assert office.count("emails") == office.count("raw_messages") == 1
    assert sorted(office.all("SELECT user_id, standing FROM deliveries")) == [
        (office.ada, "routed"),
        (office.carl, "held"),
    ]


def test_two_addresses_of_one_user_are_one_delivery(office: Office, postfix: Postfix) -> None:
    office.db.execute("UPDATE bcc_addresses SET retired_at = '2026-01-01T00:00:00Z', expires_at = '2999-01-01T00:00:00Z'"
                      " WHERE user_id = ?", (office.ada,))  # fmt: skip
    office.add(
        "bcc_addresses", user_id=office.ada, address="ada-new@log.firm.example", created_at="2026-01-01T00:00:00Z"
    )
    queue_id = postfix.submit(mail("x@else.example"), BCC["ada"], "ada-new@log.firm.example")
    assert statuses(postfix, queue_id) == ["sent", "sent"]
    assert office.count("emails") == office.count("deliveries") == office.count("decisions") == 1


@pytest.mark.parametrize(
    ("sender", "options", "raw"),
    [
        ("", (), mail("x@else.example")),
        ("jörg@bücher.example", ("SMTPUTF8",), COMPLETE + "Subject: Müller\nTo: 文@例え.example\n\nGrüße\n".encode()),
        ("ada@firm.example", ("BODY=8BITMIME",), COMPLETE + b"Subject: 8bit\nContent-Type: text/plain; charset=latin1\n\nGr\xfc\xdfe \x80\n"),
        ("list-bounces@lists.example", (), mail("list@lists.example", sender="Other <other@else.example>", List_Id="<law.lists.example>",
                                                Precedence="bulk", Auto_Submitted="auto-generated")),
        ("ada@firm.example", (), COMPLETE + b"Subject: dots\n\n.\n..\n...\nFrom the start\n"),
        ('"a b;$(id)`id`"@else.example', (), mail("x@else.example")),
        ("ada@firm.example", (), b"\n"),
        ("ada@firm.example", (), COMPLETE + b"Subject: long\n\n" + b"0123456789" * 500 + b"\n" + b"y" * 70_000 + b"\n"),
    ],
    ids=["null-sender", "smtputf8", "8bitmime", "mailing-list", "dots", "shell", "no-header", "long-lines"],
)  # fmt: skip
def test_whatever_the_envelope_every_byte_is_kept(
    office: Office, postfix: Postfix, sender: str, options: tuple[str, ...], raw: bytes
) -> None:
    with postfix.client() as client:
        # smtplib would encode the address as ASCII; the server takes what is on the wire.
        client.command_encoding = "utf-8"
        queue_id = submit(client, raw, BCC["ada"], sender=sender, options=options)
    assert statuses(postfix, queue_id) == ["sent"]
    assert office.all("SELECT envelope_sender FROM deliveries") == [(sender,)]
    assert emails.raw_of(office.db, 1).endswith(raw)
    assert office.one("SELECT standing FROM emails") in ("held", "unassigned")
    # Nothing was ever answered: the queue saw no other mail.
    assert {line.split(": ")[1] for line in postfix.log if ": removed" in line} == {queue_id}


@pytest.mark.soak
def test_a_mail_larger_than_postfix_takes_by_itself(office: Office, postfix: Postfix) -> None:
    postfix.set("message_size_limit=52428800")
    body = b"".join(b"%069d\n" % number for number in range(volume(200_000, 600_000)))
    raw = COMPLETE + b"To: x@else.example\nSubject: big\n\n" + body
    assert len(raw) > 10_240_000
    assert statuses(postfix, postfix.submit(raw, BCC["ada"])) == ["sent"]
    done = office.run("email", "show", "1", "--raw", text=False)
    assert done.stdout.endswith(raw)


@pytest.mark.parametrize("state", ["missing", "not-executable", "no-interpreter", "no-package", "crashes"])
def test_a_broken_program_defers_and_a_mended_one_delivers(place: Path, program: Path, state: str) -> None:
    own = place / "bin/casefleet"
    own.parent.mkdir()
    shutil.copy(program, own)
    office = Office(place / "office", own, installed.unprivileged_user())
    postfix = Postfix(place / "postfix", *office.lines()).start()
    try:
        sound = own.read_text()
        broken = {
            "no-interpreter": "#!/nowhere/python\n",
            "no-package": sound.replace("casefleet_cli.__main__", "casefleet_gone"),
            "crashes": "#!/bin/sh\nkill -SEGV $$\n",
        }
        if state == "missing":
            own.unlink()
        elif state == "not-executable":
            own.chmod(0o644)
        else:
            own.write_text(broken[state])
        queue_id = postfix.submit(mail("x@else.example"), BCC["ada"])
        outcome = postfix.tried(queue_id)[0]
        assert outcome.status == "deferred", outcome
        assert office.count("raw_messages") == 0
        own.write_text(sound)
        own.chmod(0o755)
        postfix.retry()
        assert set(statuses(postfix, queue_id)) == {"deferred", "sent"}
        assert office.count("emails") == 1
    finally:
        postfix.stop("abort")


def test_paths_with_blanks_and_dollars(place: Path, program: Path) -> None:
    own = place / "Law & Co $HOME/bin/casefleet"
    own.parent.mkdir(parents=True)
    shutil.copy(program, own)
    office = Office(own.parents[1] / "the office; $(id) 100%", own, installed.unprivileged_user())
    postfix = Postfix(place / "postfix", *office.lines()).start()
    try:
        assert statuses(postfix, postfix.submit(mail("x@else.example"), BCC["ada"])) == ["sent"]
        assert office.count("emails") == 1
    finally:
        postfix.stop("abort")


class TestMap:
    """Unknown addresses are refused at SMTP time, by the map of `casefleet postfix --map`."""

    @pytest.fixture
    def map_path(self, place: Path) -> Path:
        folder = place / "map"
        folder.mkdir(mode=0o755)
        return folder / "recipients.sqlite"

    @pytest.fixture
    def postfix(self, place: Path, office: Office, map_path: Path):
        installed.need("postfix", "postconf")
        done = office.run("postfix", "--map", str(map_path))
        assert (done.returncode, done.stderr) == (0, "")
        main, master = printed(done.stdout)
        master, heading, table = master.partition("\n# /etc/postfix/casefleet-recipients.cf")
        assert heading
        server = Postfix(place / "postfix", main.replace("/etc/postfix/", f"{place}/postfix/etc/"), master)
        (server.etc / "casefleet-recipients.cf").write_text(table.partition("\n")[2])
        # The file is read by the unprivileged user of Postfix, outside any chroot.
        yield server.start()
        server.stop("abort")

    def answer(self, postfix: Postfix, address: str) -> tuple[int, bytes]:
        with postfix.client() as client:
            client.mail("ada@firm.example")
            return client.rcpt(address)

    def test_only_known_addresses_are_taken(self, office: Office, postfix: Postfix) -> None:
        assert self.answer(postfix, BCC["ada"])[0] == 250
        assert self.answer(postfix, BCC["ada"].upper())[0] == 250
        for unknown in (
            "gone@log.firm.example",
            "ada@log.firm.example",
            "x'or'1@log.firm.example",
            "%@log.firm.example",
        ):
            code, words = self.answer(postfix, unknown)
            assert code == 550, unknown
            assert words.startswith(b"5.1.1 ")
        assert self.answer(postfix, "x@else.example")[0] == 250
        assert statuses(postfix, postfix.submit(mail("x@else.example"), BCC["ada"])) == ["sent"]
        assert office.count("emails") == 1

    @pytest.mark.parametrize("delimiter", ["", "+"])
    def test_whatever_follows_the_plus_is_taken(self, office: Office, postfix: Postfix, delimiter: str) -> None:
        postfix.set(f"recipient_delimiter={delimiter}")
        office.contact("Anna")
        office.case("Estate")
        local, _, domain = BCC["ada"].partition("@")
        for tag in ("101", "", "no-such-case", "a+b", "o'clock", "x/y"):
            assert self.answer(postfix, f"{local}+{tag}@{domain}")[0] == 250, tag
        assert self.answer(postfix, f'"{local}+12 C 34/26"@{domain}')[0] == 250
        assert self.answer(postfix, f"{local.upper()}+101@{domain}")[0] == 250
        for unknown in (
            f"gone+101@{domain}",
            f"+{local}@{domain}",
            f"{local}-101@{domain}",
            f"{local[:-1]}+a@{domain}",
        ):
            assert self.answer(postfix, unknown)[0] == 550, unknown
        assert statuses(postfix, postfix.submit(mail("anna@client.example"), f"{local}+101@{domain}")) == ["sent"]
        assert office.all("SELECT case_id, linked_by FROM email_cases") == [(1, "person")]

    def test_a_change_of_users_counts_at_once(self, office: Office, postfix: Postfix) -> None:
        with postfix.client() as client:  # one server process all along: it must not remember

            def code(address: str) -> int:
                client.rset()
                client.mail("ada@firm.example")
                return client.rcpt(address)[0]

            assert (
                office.run("user", "add", "Eva Holm", "eva@firm.example", "--token", "2345678923456789a").stderr == ""
            )
            eva = "eva-2345678923456789a@log.firm.example"
            assert office.one("SELECT address FROM bcc_addresses WHERE user_id = 3") == eva
            assert code(eva) == 250
            assert office.run("user", "disable", "Eva Holm").returncode == 0
            assert code(eva) == 550
            assert office.run("user", "enable", "Eva Holm").returncode == 0
            assert code(eva) == 250
            assert office.run("user", "rotate", "Eva Holm", "--grace", "14d").returncode == 0
            assert code(eva) == 250
            assert (
                code(str(office.one("SELECT address FROM bcc_addresses WHERE user_id = 3 AND retired_at IS NULL")))
                == 250
            )
            assert office.run("user", "rotate", "Ada Berg", "--grace", "0d").returncode == 0
            assert code(BCC["ada"]) == 550

    def test_a_grace_ends_by_itself(self, office: Office, postfix: Postfix, map_path: Path) -> None:
        with sqlite3.connect(map_path) as table:
            table.execute("UPDATE recipients SET expires_at = '2026-01-01T00:00:00Z' WHERE address = ?", (BCC["ada"],))
        assert self.answer(postfix, BCC["ada"])[0] == 550

    def test_it_is_for_postfix_alone(self, office: Office, postfix: Postfix, map_path: Path) -> None:
        about = map_path.stat()
        assert about.st_mode & 0o777 == 0o640
        assert (about.st_uid, about.st_gid) == (office.unix.pw_uid, pwd.getpwnam("postfix").pw_gid)
        assert [path.name for path in map_path.parent.iterdir()] == ["recipients.sqlite"]

    def test_without_its_map_nobody_is_refused_for_good(self, office: Office, postfix: Postfix, map_path: Path) -> None:
        map_path.unlink()
        postfix.set("maximal_backoff_time=1s")
        with pytest.raises(smtplib.SMTPServerDisconnected):  # to a mail server this means: later
            self.answer(postfix, BCC["ada"])
        assert office.run("postfix", "--map", str(map_path)).returncode == 0
        postfix.stop()
        postfix.start()
        assert self.answer(postfix, BCC["ada"])[0] == 250
        assert map_path.stat().st_mode & 0o777 == 0o640

    def test_another_file_is_never_overwritten(self, office: Office, place: Path) -> None:
        notes = place / "notes.txt"
        notes.write_text("my notes\n" * 100)
        for path in (notes, Path(office.path)):
            done = office.run("postfix", "--map", str(path))
            assert (done.returncode, done.stdout) == (78, "")
        assert notes.read_text() == "my notes\n" * 100
        assert office.count("users") == 2
        assert office.one("PRAGMA integrity_check") == "ok"

    def test_what_cannot_be_written_is_told_and_the_user_is_added_all_the_same(
        self, office: Office, map_path: Path
    ) -> None:
        assert office.run("postfix", "--map", str(map_path)).returncode == 0
        shutil.rmtree(map_path.parent)
        done = office.run("user", "add", "Eva Holm", "eva@firm.example")
        assert done.returncode == 0
        assert "Postfix does not know of this yet" in done.stderr
        assert office.count("users") == 3


OURS = "Authentication-Results: mx.firm.example; spf=pass smtp.mailfrom=ada@firm.example\n"
FOREIGN = "Received: from evil.example by mx.else.example with ESMTP id 1; Mon, 2 Nov 2026 09:29:00 +0100\n"
AT_A_PLACE = {
    "by our server, on top": (OURS, "linked"),
    "by our server, above a foreign server": (OURS + FOREIGN, "linked"),
    "below a foreign server": (FOREIGN + OURS, "held"),
    "by a foreign server": (OURS.replace("mx.firm", "mx.else"), "held"),
    "our server says no": (OURS.replace("pass", "fail") + OURS, "held"),
    "for another domain": (OURS.replace("ada@firm", "ada@else"), "held"),
    "signed in at our server": ("Authentication-Results: mx.firm.example; auth=pass smtp.auth=ada\n", "linked"),
    "nothing": ("", "held"),
}


def test_own_mail_needs_the_word_of_our_server_where_that_is_set(office: Office, postfix: Postfix) -> None:
    settings.put(office.db, settings.AUTHSERV_ID, "mx.firm.example")
    office.case("Nguyen Trust", office.contact("Anna"))
    wanted = {}
    for place, (fields, standing) in AT_A_PLACE.items():
        raw = fields.encode() + mail("anna@client.example", subject=place, msgid=place.replace(" ", "-"))
        assert statuses(postfix, postfix.submit(raw, BCC["ada"])) == ["sent"]
        wanted[place] = standing
    assert dict(office.all("SELECT subject, standing FROM emails")) == wanted
    reasons = office.all("SELECT DISTINCT reason FROM decisions WHERE outcome = 'held'")
    assert reasons == [("sender-not-verified",)]
