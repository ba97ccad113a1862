"""The LMTP server as Postfix meets it: a process, a socket, an answer for each recipient."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from casefleet_cli.store import database
from tests.firm import BCC, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


class Server:
    """A `casefleet lmtp` process on a unix socket."""

    def __init__(self, firm: Firm, **environment: str) -> None:
        # A unix socket's path must be short, and smtplib wants it absolute.
        self.socket = tempfile.mkdtemp(prefix="cf-") + "/lmtp"
        argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "lmtp", "--listen", f"unix:{self.socket}"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, env={**os.environ, **environment})
        assert b"Listening" in self.process.stdout.readline()

    def client(self) -> smtplib.LMTP:
        return smtplib.LMTP(self.socket)

    def send(self, raw: bytes, *recipients: str) -> dict[str, tuple[int, bytes]]:
        """Refused recipients with their answers."""
        with self.client() as client:
            try:
                return client.sendmail("ada@firm.example", recipients or [BCC["ada"]], raw.replace(b"\n", b"\r\n"))
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def server(firm: Firm) -> Iterator[Server]:
    started = Server(firm, CASEFLEET_BUSY_SECONDS="0.3")
    yield started
    started.process.kill()
    started.process.wait()


def test_a_mail_is_on_the_disk_when_it_is_answered(firm: Firm, server: Server) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    assert server.send(mail("anna@client.example")) == {}
    assert firm.all("SELECT source, envelope_sender, user_id FROM deliveries") == [
        ("lmtp", "ada@firm.example", firm.ada)
    ]
    assert firm.one("SELECT standing FROM emails") == "linked"


def test_each_recipient_has_its_own_answer(firm: Firm, server: Server) -> None:
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("<>")
        answers = [client.rcpt(who) for who in (BCC["ada"], "nobody@log.firm.example", BCC["carl"])]
        assert [code for code, _ in answers] == [250, 550, 250]
        assert answers[1][1].startswith(b"5.1.1")
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(mail("x@else.example").replace(b"\n", b"\r\n") + b".\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [250, 250]
    assert firm.count("emails") == 1
    assert sorted(firm.all("SELECT user_id FROM deliveries")) == [(firm.ada,), (firm.carl,)]


def test_whatever_follows_the_plus_is_taken_and_each_tag_is_heeded(firm: Firm, server: Server) -> None:
    firm.contact("Anna")
    one, other = firm.case("Trust"), firm.case("Estate")
    local, _, domain = BCC["ada"].partition("@")
    recipients = [f"{local}+{tag}@{domain}" for tag in ("101", "2026-102", "what", "")] + [f'"{local}+a b"@{domain}']
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("ada@firm.example")
        assert [client.rcpt(who)[0] for who in recipients] == [250] * 5
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(mail("anna@client.example").replace(b"\n", b"\r\n") + b".\r\n")
        assert [client.getreply()[0] for _ in recipients] == [250] * 5
    assert firm.all("SELECT case_id, linked_by FROM email_cases") == [(one, "person"), (other, "person")]
    assert firm.count("emails") == firm.count("deliveries") == 1
    refused = server.send(mail("anna@client.example"), "nobody+101@log.firm.example")
    assert refused["nobody+101@log.firm.example"][0] == 550


def test_the_same_again_changes_nothing(firm: Firm, server: Server) -> None:
    for _ in range(2):
        assert server.send(mail("x@else.example")) == {}
    assert firm.count("emails") == firm.count("deliveries") == 1


@pytest.mark.parametrize(
    "raw",
    [
        b".\n..\n...dots\n",
        b"",
        b"Subject: long\n\n" + b"x" * 300_000 + b"\n",
        b"Subject: \xff\xfe8bit\n\n\x00\xff\n",
        b"Subject: big\n\n" + b"0123456789abcde\n" * 500_000,
    ],
    ids=["dots", "empty", "long-line", "8bit", "8-mb"],
)
def test_the_bytes_are_those_of_the_pipe(firm: Firm, server: Server, raw: bytes) -> None:
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("<>")
        client.rcpt(BCC["ada"])
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in raw.splitlines(keepends=True))
        client.send(stuffed.replace(b"\n", b"\r\n") + b".\r\n")
        assert client.getreply()[0] == 250
    assert firm.one("SELECT content FROM raw_messages") == raw


def test_only_crlf_dot_crlf_ends_a_mail(firm: Firm, server: Server) -> None:
    smuggled = b"Subject: a\r\n\r\nx\n.\nMAIL FROM:<>\r\n.\nRCPT TO:<y>\n.\r\nDATA\r\n.\r\n"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(server.socket)
        stream = client.makefile("rwb")
        recipient = BCC["ada"].encode()
        stream.write(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n" % recipient + smuggled + b"QUIT\r\n")
        stream.flush()
        codes = [line[:3] for line in stream if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
    assert firm.count("emails") == 1


def test_a_locked_database_is_451_and_later_250(firm: Firm, server: Server) -> None:
    firm.db.execute("BEGIN IMMEDIATE")
    with server.client() as client:
        with pytest.raises(smtplib.SMTPDataError) as answer:
            client.sendmail("a@b", [BCC["ada"]], mail("x@else.example"))
        assert answer.value.smtp_code == 451
        firm.db.execute("ROLLBACK")
        assert client.sendmail("a@b", [BCC["ada"]], mail("x@else.example")) == {}
    assert firm.count("emails") == 1


def test_an_older_schema_is_451_until_it_is_migrated(firm: Firm, server: Server) -> None:
    assert server.send(mail("x@else.example")) == {}
    firm.db.execute("PRAGMA user_version = 0")
    assert next(iter(server.send(mail("y@else.example")).values()))[0] == 451
    firm.db.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
    assert server.send(mail("y@else.example")) == {}
    assert firm.count("emails") == 2


def test_many_at_once_are_committed_together_and_none_is_lost(firm: Firm, server: Server) -> None:
    raws = [mail("x@else.example", text=f"number {n}") for n in range(200)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(server.send, raws)) == [{}] * 200
    assert firm.count("emails") == firm.count("deliveries") == 200


def test_a_mail_that_cannot_be_logged_keeps_no_other_waiting(firm: Firm, server: Server) -> None:
    firm.db.execute("CREATE TRIGGER poison BEFORE INSERT ON deliveries WHEN new.envelope_sender = 'poison@else.example'"
                    " BEGIN SELECT RAISE(ABORT, 'a bug'); END")  # fmt: skip
    firm.db.execute("BEGIN IMMEDIATE")  # so that they wait for one commit

    def send(number: int) -> int:
        sender = "poison@else.example" if number == 3 else "ada@firm.example"
        with server.client() as client:
            try:
                client.sendmail(sender, [BCC["ada"]], mail("x@else.example", text=f"number {number}"))
            except smtplib.SMTPDataError as answer:
                return answer.smtp_code
            return 250

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(send, number) for number in range(8)]
        firm.db.execute("ROLLBACK")
        assert [answer.result() for answer in answers] == [250, 250, 250, 451, 250, 250, 250, 250]
    assert firm.count("emails") == firm.count("raw_messages") == 7
    firm.db.execute("DROP TRIGGER poison")
    assert send(3) == 250


def test_too_big_a_mail_is_not_bounced(firm: Firm, server: Server) -> None:
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        client.mail("<>")
        client.rcpt(BCC["ada"])
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        line = b"x" * 1_048_574 + b"\r\n"
        for _ in range(201):
            client.send(line)
        client.send(b".\r\n")
        assert client.getreply()[0] == 452
        assert client.noop()[0] == 250
    assert firm.count("raw_messages") == 0


@pytest.mark.parametrize(
    ("attributes", "queue_id"),
    [("IDENT=4F1Xabc", "4F1Xabc"), ("NAME=x ident=4F1X PORT=25", "4F1X"), ("IDENT=", None), ("IDENT=a+2Bb", None)],
)
def test_the_queue_id_of_the_mail_server_is_kept(
    firm: Firm, server: Server, attributes: str, queue_id: str | None
) -> None:
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        assert client.docmd("XFORWARD", attributes)[0] == 250
        assert client.sendmail("a@b", [BCC["ada"]], mail("x@else.example")) == {}
        assert client.sendmail("a@b", [BCC["ada"]], mail("y@else.example")) == {}
    assert firm.all("SELECT queue_id FROM deliveries ORDER BY id") == [(queue_id,), (None,)]


def test_systemd_is_told_when_it_listens_and_when_it_ends(firm: Firm, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        server = Server(firm, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"
        assert server.stop() == 0
        assert manager.recv(100) == b"STOPPING=1"


def test_it_stops_gracefully_and_finishes_what_it_took(firm: Firm, server: Server) -> None:
    idle = server.client()
    assert server.send(mail("x@else.example")) == {}
    assert server.stop() == 0
    assert firm.count("emails") == 1
    idle.close()


def test_kill_9_under_load_loses_nothing_that_was_answered(firm: Firm, server: Server) -> None:
    raws = [mail("x@else.example", text=f"number {n}") for n in range(300)]

    def attempt(number: int) -> int | None:
        if number == 150:
            server.process.kill()
        try:
            return number if server.send(raws[number]) == {} else None
        except (OSError, smtplib.SMTPException):
            return None

    with ThreadPoolExecutor(10) as pool:
        answered = [number for number in pool.map(attempt, range(300)) if number is not None]
    assert 0 < len(answered) < 300
    kept = {bytes(raw) for (raw,) in firm.all("SELECT content FROM raw_messages")}
    assert {raws[number] for number in answered} <= kept
    again = Server(firm)
    try:
        assert [again.send(raw) for raw in raws] == [{}] * 300
    finally:
        again.process.kill()
        again.process.wait()
    assert firm.count("emails") == firm.count("deliveries") == 300


@pytest.mark.parametrize(
    ("listen", "code"), [("0.0.0.0:2424", 78), ("nonsense", 78), ("unix:/nowhere/at/all", 75)], ids=str
)
def test_a_wrong_address_is_one_sentence(firm: Firm, listen: str, code: int) -> None:
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "lmtp", "--listen", listen]
    done = subprocess.run(argv, capture_output=True, timeout=20)
    assert done.returncode == code
    assert done.stderr.decode().startswith("casefleet: ")
    assert done.stderr.count(b"\n") == 1


def test_a_new_user_is_known_at_once_and_the_processes_of_before_end(firm: Firm, server: Server) -> None:
    def children() -> set[int]:
        tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
        return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}

    assert server.send(mail("x@else.example")) == {}
    before = children()
    assert before
    new = "eve-2345678abcdefghjk@log.firm.example"
    firm.user("Eve", "eve@firm.example", new)
    assert server.send(mail("x@else.example", text=f"see {new}, he said"), new) == {}
    assert children() & before == set()
    assert "eve-" not in str(firm.all("SELECT text FROM emails"))


def test_a_second_server_on_a_live_socket_is_refused(firm: Firm, server: Server) -> None:
    """The first one goes on taking mail under its name; once it is dead, the next one takes the name over."""
    first = server
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "lmtp", "--listen", f"unix:{first.socket}"]
    second = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert (second.returncode, second.stdout) == (75, "")
    assert second.stderr == (
        f"casefleet: A server listens on unix:{first.socket} already; stop that one first (systemctl stop casefleet-lmtp),"
        " or choose another place.\n"
    )
    assert first.send(mail("x@else.example"), BCC["ada"]) == {}
    first.process.kill()
    first.process.wait()
    assert Path(first.socket).is_socket()
    third = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert b"Listening" in third.stdout.readline()
    assert first.send(mail("y@else.example"), BCC["ada"]) == {}
    third.terminate()
    assert third.wait(30) == 0
    assert firm.count("emails") == 2
