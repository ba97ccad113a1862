"""The delivery door as the mail system meets it: a process, standard input, an exit code, one line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.firm import BCC, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def deliver(raw: bytes, *words: str, db: str | None = None, **environment: str) -> tuple[int, str]:
    """Exit code and everything printed: Postfix quotes standard output and error alike."""
    # Root may write everything; without that one power it is as any other user.
    meek = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    argv = [*meek, sys.executable, "-m", "casefleet_cli", *(["--db", db] if db else []), "deliver", *words]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CASEFLEET_DB", "ORIGINAL"))}
    done = subprocess.run(
        argv, input=raw, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**clean, **environment}
    )
    return done.returncode, done.stdout.decode()


def deferred(answer: tuple[int, str], words: str) -> None:
    code, output = answer
    assert code == 75
    assert output.startswith("4.3.0 ")
    assert words in output
    assert output.count("\n") == 1


def test_a_mail_is_logged_in_silence(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    answer = deliver(
        mail("anna@client.example"), "--recipient", BCC["ada"].upper(), "--sender", "ada@firm.example",
        "--queue-id=4F1", db=firm.path,
    )  # fmt: skip
    assert answer == (0, "")
    assert firm.all("SELECT source, envelope_sender, queue_id, user_id FROM deliveries") == [
        ("pipe", "ada@firm.example", "4F1", firm.ada)
    ]
    assert firm.one("SELECT standing FROM emails") == "linked"


@pytest.mark.parametrize(
    ("headers", "environment"),
    [
        ("", {"ORIGINAL_RECIPIENT": BCC["ada"]}),
        (f"X-Original-To: {BCC['ada']}\n", {}),
        (f"Delivered-To: ada@firm.example\nDelivered-To: <{BCC['ada']}>\n", {}),
        (f"Envelope-To: {BCC['ada']}\n", {}),
        (f"X-Original-To: {BCC['ada']}\nDelivered-To: {BCC['carl']}\n", {}),
    ],
    ids=["environment", "x-original-to", "second-delivered-to", "envelope-to", "order"],
)
def test_the_recipient_is_found_without_being_named(firm: Firm, headers: str, environment: dict[str, str]) -> None:
    raw = headers.encode() + mail("x@else.example")
    assert deliver(raw, db=firm.path, **environment) == (0, "")
    assert firm.all("SELECT user_id FROM deliveries") == [(firm.ada,)]


RECEIVED = "Received: from mx.else.example by pop.isp.example; Mon, 2 Nov 2026 09:30:01 +0100\n"
FETCHED = "Received: from pop.isp.example by office with POP3 (fetchmail-6.4.37); Mon, 2 Nov 2026 09:31:00 +0100\n"
QMAIL = f"mbox-firm-log-firm-example-{BCC['ada']}"
NAMED = {
    "above its Received": (f"X-Envelope-To: {BCC['ada']}\n{RECEIVED}", "X-Envelope-To"),
    "below fetchmail's own Received": (f"{FETCHED}X-Envelope-To: <{BCC['ada']}>\n{RECEIVED}", "x-envelope-to"),
    "with the colon, as fetchmail has it": (f"{FETCHED}X-RCPT-TO: <{BCC['ada'].upper()}>\n", "X-RCPT-To:"),
    "never another header": (f"Delivered-To: {BCC['carl']}\nX-Envelope-To: {BCC['ada']}\n", "X-Envelope-To"),
    "a sender's own below": (f"Envelope-To: {BCC['ada']}\n{RECEIVED}Envelope-To: {BCC['carl']}\n", "Envelope-To"),
    "the same with and without its tag": (
        f"Delivered-To: {BCC['ada'].replace('@', '+101@')}\nDelivered-To: {BCC['ada']}\n", "Delivered-To"
    ),
    "addresses elsewhere do not count": (f"X-Envelope-To: x@else.example, {BCC['ada']}\n", "X-Envelope-To"),
    "folded, in angle brackets": (f"X-Envelope-To:\n <{BCC['ada']}>\n", "X-Envelope-To"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
def test_one_header_alone_tells_the_recipient(firm: Firm, case: str) -> None:
    headers, name = NAMED[case]
    raw = headers.encode() + mail("x@else.example")
    environment = {"ORIGINAL_RECIPIENT": BCC["carl"]}
    assert deliver(raw, "--recipient-header", name, db=firm.path, **environment) == (0, "")
    assert firm.all("SELECT user_id FROM deliveries") == [(firm.ada,)]
    assert bytes(firm.one("SELECT content FROM raw_messages")) == raw


SEVERAL = "4.3.0 The header X-Envelope-To names several addresses at the logging domain, and is to tell one.\n"
NOBODY = "4.3.0 The header X-Envelope-To names no address at the logging domain.\n"
UNNAMED = {
    "absent": (f"Delivered-To: {BCC['ada']}\n",
               "4.3.0 The message has no header X-Envelope-To, which is to tell its recipient.\n"),
    "in the body": (f"Subject: x\n\nX-Envelope-To: {BCC['ada']}\n",
                    "4.3.0 The message has no header X-Envelope-To, which is to tell its recipient.\n"),
    "several in one field": (f"X-Envelope-To: {BCC['ada']}, <{BCC['carl']}>\n", SEVERAL),
    "a field for each": (f"X-Envelope-To: {BCC['ada']}\nX-Envelope-To: {BCC['carl']}\n{RECEIVED}", SEVERAL),
    "known and unknown": (f"X-Envelope-To: {BCC['ada']}, gone@log.firm.example\n", SEVERAL),
    "empty": ("X-Envelope-To:\n", NOBODY),
    "unreadable": ("X-Envelope-To: unknown\n", NOBODY),
    "another domain": (f"X-Envelope-To: {BCC['ada']}.org\n", NOBODY),
    "not below the next Received": (f"X-Envelope-To: x@else.example\n{RECEIVED}X-Envelope-To: {BCC['ada']}\n", NOBODY),
    "qmail's prefix, not told": (f"X-Envelope-To: x-{BCC['ada'].replace('@log', '@x')}\n", NOBODY),
}  # fmt: skip


@pytest.mark.parametrize("case", UNNAMED)
def test_a_header_that_does_not_tell_one_recipient_is_75(firm: Firm, case: str) -> None:
    headers, sentence = UNNAMED[case]
    raw = headers.encode() + mail("x@else.example")
    assert deliver(raw, "--recipient-header=X-Envelope-To", db=firm.path) == (75, sentence)
    assert firm.count("raw_messages") == 0


def test_an_unknown_address_in_the_header_is_67(firm: Firm) -> None:
    raw = b"X-Envelope-To: gone@log.firm.example\n" + mail("x@else.example")
    code, output = deliver(raw, "--recipient-header", "X-Envelope-To", db=firm.path)
    assert (code, output[:6]) == (67, "5.1.1 ")


@pytest.mark.parametrize("prefix", ["mbox-firm-log-firm-example-", "Mbox-Firm-Log-Firm-Example-"])
def test_the_prefix_of_a_virtual_domain_of_qmail_is_taken_off(firm: Firm, prefix: str) -> None:
    """As its server wrote it: the prefix of the domain, then the address, at that domain."""
    raw = f"{FETCHED}Delivered-To: {QMAIL}\n{RECEIVED}".encode() + mail("x@else.example")
    words = ("--recipient-header", "Delivered-To")
    assert deliver(raw, *words, db=firm.path)[0] == 67  # no rule guesses where an address begins
    assert deliver(raw, *words, "--recipient-prefix", prefix, db=firm.path) == (0, "")
    assert deliver(raw, "--recipient", QMAIL, "--recipient-prefix", prefix, db=firm.path) == (0, "")
    plain = f"Delivered-To: {BCC['carl']}\n".encode() + mail("x@else.example", msgid="2")
    assert deliver(plain, *words, "--recipient-prefix", prefix, db=firm.path) == (0, "")
    assert firm.all("SELECT user_id FROM deliveries ORDER BY id") == [(firm.ada,), (firm.carl,)]


def test_two_ways_to_tell_the_recipient_are_75(firm: Firm) -> None:
    words = ("--recipient", BCC["ada"], "--recipient-header", "X-Envelope-To")
    deferred(deliver(mail("x@else.example"), *words, db=firm.path), "give one of them")


@pytest.mark.parametrize("tag", ["", "2026-101", "101", "no such case", "a+b", "é", "x" * 5000])
@pytest.mark.parametrize("way", ["option", "environment", "x-original-to", "delivered-to"])
def test_whatever_follows_the_plus_of_a_known_address_is_taken(firm: Firm, tag: str, way: str) -> None:
    firm.contact("Anna")
    firm.case("Estate")
    local, _, domain = BCC["ada"].partition("@")
    address = f"{local}+{tag}@{domain}"
    header = {"x-original-to": "X-Original-To", "delivered-to": "Delivered-To"}.get(way)
    raw = (f"{header}: {address}\n".encode() if header else b"") + mail("anna@client.example")
    words = ["--recipient", address] if way == "option" else []
    environment = {"ORIGINAL_RECIPIENT": address} if way == "environment" else {}
    assert deliver(raw, *words, db=firm.path, **environment) == (0, "")
    is_named = tag in ("2026-101", "101")
    assert firm.all("SELECT case_id, linked_by, user_id FROM email_cases") == [(1, "person", firm.ada)] * is_named
    assert firm.one("SELECT count(*) FROM notifications WHERE kind = 'unknown-case-tag'") == bool(tag and not is_named)


@pytest.mark.parametrize("address", ["nobody+101@log.firm.example", "+101@log.firm.example"])
def test_a_tag_does_not_make_an_unknown_address_known(firm: Firm, address: str) -> None:
    assert deliver(mail("x@else.example"), "--recipient", address, db=firm.path)[0] == 67
    assert firm.count("emails") == 0


@pytest.mark.parametrize("recipient", ["eva@other.example", "ada-7k3mq9x2vt4hc8wnp@log.firm.example.org", "ada", ""])
def test_a_recipient_of_another_domain_waits_for_its_own_door(firm: Firm, recipient: str) -> None:
    code, output = deliver(mail("x@else.example"), "--recipient", recipient, db=firm.path)
    assert (code, output) == (
        75,
        "4.3.0 The recipient is not at the logging domain of this database; see casefleet doctor.\n",
    )
    assert firm.count("raw_messages") == 0


@pytest.mark.parametrize("state", ["unknown", "retired", "disabled", "header"])
def test_an_unknown_address_is_67_and_echoes_no_secret(firm: Firm, state: str) -> None:
    recipient = "nobody-x@log.firm.example" if state == "unknown" else BCC["ada"]
    if state == "retired":
        firm.db.execute("UPDATE bcc_addresses SET retired_at = ?, expires_at = ?", ("2026-01-01T00:00:00Z",) * 2)
    if state == "disabled":
        firm.db.execute("UPDATE users SET disabled_at = '2026-01-01T00:00:00Z'")
    words = ["--recipient", recipient]
    raw = mail("x@else.example")
    if state == "header":
        words, raw = [], b"Delivered-To: gone@log.firm.example\n" + raw
    code, output = deliver(raw, *words, db=firm.path)
    assert code == 67
    assert output.startswith("5.1.1 ")
    assert recipient.partition("@")[0] not in output
    assert firm.count("raw_messages") == 0


def test_a_retired_address_works_within_its_grace(firm: Firm) -> None:
    firm.db.execute(
        "UPDATE bcc_addresses SET retired_at = ?, expires_at = ?", ("2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z")
    )
    assert deliver(mail("x@else.example"), "--recipient", BCC["ada"], db=firm.path)[0] == 0


def test_everything_else_is_75(firm: Firm, tmp_path: Path) -> None:
    raw = mail("x@else.example")
    to_ada = ("--recipient", BCC["ada"])
    deferred(deliver(raw, db=firm.path), "No recipient")
    deferred(deliver(raw, "--recipent", BCC["ada"], db=firm.path), "does not know")
    deferred(deliver(raw, *to_ada, "surplus", db=firm.path), "does not know")
    deferred(deliver(raw, *to_ada, db=str(tmp_path / "none.db")), "no database")
    (tmp_path / "text.db").write_text("not a database at all " * 100)
    deferred(deliver(raw, *to_ada, db=str(tmp_path / "text.db")), "not a casefleet database")
    (tmp_path / "empty.db").touch()
    deferred(deliver(raw, *to_ada, db=str(tmp_path / "empty.db")), "not a casefleet database")
    sqlite3.connect(tmp_path / "foreign.db").execute("CREATE TABLE t (x)")
    deferred(deliver(raw, *to_ada, db=str(tmp_path / "foreign.db")), "not a casefleet database")
    firm.db.execute("PRAGMA user_version = 0")
    deferred(deliver(raw, *to_ada, db=firm.path), "casefleet migrate")
    firm.db.execute("PRAGMA user_version = 99")
    deferred(deliver(raw, *to_ada, db=firm.path), "newer")
    assert firm.count("raw_messages") == 0


def test_several_recipients_in_one_call_are_75(firm: Firm) -> None:
    words = ("--recipient", BCC["ada"], f"--recipient={BCC['carl']}")
    deferred(deliver(mail("x@else.example"), *words, db=firm.path), "recipient limit of 1")
    assert firm.count("raw_messages") == 0


def test_an_envelope_that_is_not_utf_8(firm: Firm) -> None:
    sender, unknown = os.fsdecode(b"j\xf6rg@firm.example"), os.fsdecode(b"\xff@log.firm.example")
    assert deliver(mail("x@else.example"), "--recipient", BCC["ada"], "--sender", sender, db=firm.path) == (0, "")
    assert firm.all("SELECT envelope_sender FROM deliveries") == [("j\ufffdrg@firm.example",)]
    assert deliver(mail("x@else.example"), "--recipient", unknown, db=firm.path)[0] == 67


def test_a_locked_database_is_75_and_later_0(firm: Firm) -> None:
    raw, to_ada = mail("x@else.example"), ("--recipient", BCC["ada"])
    firm.db.execute("BEGIN IMMEDIATE")
    deferred(deliver(raw, *to_ada, db=firm.path, CASEFLEET_BUSY_SECONDS="0.2"), "locked")
    firm.db.execute("ROLLBACK")
    assert deliver(raw, *to_ada, db=firm.path) == (0, "")


def test_a_read_only_database_is_75(firm: Firm) -> None:
    Path(firm.path).chmod(0o400)
    deferred(deliver(mail("x@else.example"), "--recipient", BCC["ada"], db=firm.path), "read-only")


def test_a_closed_standard_output_does_not_lose_the_mail(firm: Firm) -> None:
    command = f'"{sys.executable}" -m casefleet_cli --db "{firm.path}" deliver --recipient {BCC["ada"]} >&-'
    assert subprocess.run(["sh", "-c", command], input=mail("x@else.example")).returncode == 0
    assert firm.count("emails") == 1
    assert firm.one("PRAGMA integrity_check") == "ok"


def test_a_closed_standard_input_is_75(firm: Firm) -> None:
    command = f'"{sys.executable}" -m casefleet_cli --db "{firm.path}" deliver --recipient {BCC["ada"]} <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True)
    deferred((done.returncode, (done.stdout + done.stderr).decode()), "closed")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        os.urandom(100_000),
        b"From: ada@firm.example\nTo: " + b",\n ".join(b"p%d@else.example" % n for n in range(5000)) + b"\n\nhi\n",
        b"From: ada@firm.example\nSubject: \x1b]0;owned\x07\x1b[31m\xed\xa0\x80\0\nTo: x@else.example\n\n\0\x1b[2J",
        b"From: ada@firm.example\nTo: x@else.example\nSubject: big\n\n" + b"0123456789abcdef" * 64 * 1024 * 60,
    ],
    ids=["empty", "binary", "5000-recipients", "escapes-nuls-surrogates", "60-mb"],
)
def test_whatever_comes_is_kept_byte_for_byte(firm: Firm, raw: bytes) -> None:
    assert deliver(raw, "--recipient", BCC["ada"], db=firm.path) == (0, "")
    assert firm.one("SELECT content FROM raw_messages") == raw
    assert firm.one("SELECT standing FROM emails") in ("held", "unassigned")
