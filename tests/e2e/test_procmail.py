"""Delivery by procmail and by maildrop, with the recipes that `casefleet postfix` prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from casefleet_cli.store import database
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e

TRANSPORTS = {
    "procmail": ("--procmail", lambda rc: ["procmail", "-m", str(rc)], lambda rc: f"/usr/bin/procmail -m {rc}"),
    "maildrop": ("--maildrop", lambda rc: ["maildrop", str(rc)], lambda rc: f"/usr/bin/maildrop {rc}"),
}


class Agent:
    """A local delivery agent with the printed recipe, run as the unprivileged user."""

    def __init__(self, name: str, place: Path, office: Office) -> None:
        installed.need(name)
        option, argv, self.command = TRANSPORTS[name]
        self.office = office
        self.home = place / "home"
        self.home.mkdir()
        self.rc = self.home / "rc"
        printed = office.run("postfix", option)
        assert (printed.returncode, printed.stderr) == (0, "")
        self.rc.write_text("\n".join([f'HOME="{self.home}"', printed.stdout]))
        self.rc.chmod(0o600)
        subprocess.run(["chown", "-R", f"{office.unix.pw_uid}:{office.unix.pw_gid}", self.home], check=True)
        self.argv = argv(self.rc)
        self.later = self.home / "casefleet-later"

    def deliver(self, raw: bytes) -> int:
        unix = self.office.unix
        return subprocess.run(
            self.argv, input=raw, capture_output=True, user=unix.pw_uid, group=unix.pw_gid, extra_groups=[], cwd=self.home,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin"},
        ).returncode  # fmt: skip


@pytest.fixture(params=list(TRANSPORTS))
def agent(request: pytest.FixtureRequest, place: Path, office: Office) -> Agent:
    office.case("Nguyen Trust", office.contact("Anna"))
    return Agent(request.param, place, office)


def addressed(raw: bytes, to: str = BCC["ada"]) -> bytes:
    """As a mail server hands it to a delivery agent."""
    return f"Delivered-To: {to}\n".encode() + raw


def test_a_mail_is_logged_and_nothing_waits(office: Office, agent: Agent) -> None:
    raw = addressed(mail("anna@client.example", text="From the start\n.\n"))
    assert agent.deliver(raw) == 0
    assert office.all("SELECT subject, standing FROM emails") == [("Hearing", "linked")]
    assert bytes(office.one("SELECT content FROM raw_messages")).endswith(raw)
    assert not agent.later.exists()


def test_delivered_twice_is_logged_once(office: Office, agent: Agent) -> None:
    for _ in range(2):
        assert agent.deliver(addressed(mail("anna@client.example"))) == 0
    assert office.count("emails") == office.count("email_cases") == 1
    assert office.one("SELECT count(*) FROM activities WHERE verb = 'filed'") == 1


def test_an_unknown_address_is_refused_and_never_waits(office: Office, agent: Agent) -> None:
    assert agent.deliver(addressed(mail("anna@client.example"), "gone@log.firm.example")) == 67
    assert office.count("raw_messages") == 0
    assert not agent.later.exists()


@pytest.mark.parametrize("fault", ["locked", "missing-program", "failing-program"])
def test_what_cannot_be_logged_waits_in_the_mailbox_and_is_redelivered(
    office: Office, agent: Agent, tmp_path: Path, fault: str
) -> None:
    raw = addressed(mail("anna@client.example"))
    if fault == "locked":
        office.db.execute("PRAGMA user_version = 0")
    if fault == "missing-program":
        agent.rc.write_text(agent.rc.read_text().replace("bin/casefleet", "bin/gone"))
    if fault == "failing-program":
        agent.rc.write_text(re.sub(r"[^\s`]*/bin/casefleet .*?deliver", "false", agent.rc.read_text()))
    assert agent.deliver(raw) == 0
    assert agent.deliver(raw.replace(b"Hearing", b"Second hearing")) == 0
    assert office.count("raw_messages") == 0
    kept = sorted(path.read_bytes() for path in (agent.later / "new").iterdir())
    assert [one.endswith(raw) for one in kept] == [True, False]
    assert len(kept) == 2
    office.db.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
    done = office.run("redeliver", str(agent.later))
    assert (done.returncode, done.stdout) == (0, "2 logged, 0 known, 0 stay.\n"), done.stderr
    assert list((agent.later / "new").iterdir()) == []
    wanted = [("Hearing", "linked"), ("Second hearing", "linked")]
    assert sorted(office.all("SELECT subject, standing FROM emails")) == wanted


def test_behind_postfix_the_recipient_is_found_in_the_headers(place: Path, office: Office, agent: Agent) -> None:
    installed.need("postfix")
    user = office.unix.pw_name
    main = f"""\
mydestination = localhost
virtual_alias_domains = log.firm.example
virtual_alias_maps = inline:{{ {{ {BCC["ada"]} = {user}@localhost }}, {{ {BCC["carl"]} = {user}@localhost }}, \
    {{ gone@log.firm.example = {user}@localhost }} }}
mailbox_command = {agent.command(agent.rc)}
"""
    postfix = Postfix(place / "postfix", main, "local unix - n n - - local\n")
    postfix.set("local_transport=local:localhost")
    postfix.start()
    try:
        for who in ("ada", "carl"):
            raw = mail("anna@client.example", sender=f"{who}@firm.example", subject=f"Hearing of {who}")
            (outcome,) = postfix.done(postfix.submit(raw, BCC[who]))
            assert outcome.status == "sent"
        (outcome,) = postfix.done(postfix.submit(mail("anna@client.example"), "gone@log.firm.example"))
        assert outcome.status == "bounced"
        assert any("dsn=5.1.1, status=bounced" in line for line in postfix.log)
        assert not agent.later.exists()
        assert sorted(
            office.all("SELECT subject, emails.standing, user_id FROM emails JOIN deliveries ON email_id = emails.id")
        ) == [
            ("Hearing of ada", "linked", office.ada),
            ("Hearing of carl", "linked", office.carl),
        ]
    finally:
        postfix.stop("abort")


@pytest.mark.parametrize("name", list(TRANSPORTS))
@pytest.mark.parametrize("folder", ["an office", "it's $HOME", 'Law & Co `id` "x"', "a\\b"])
def test_paths_with_what_shells_obey(place: Path, program: Path, name: str, folder: str) -> None:
    office = Office(place / folder, program, installed.unprivileged_user())
    if name == "maildrop" and "'" in folder:
        assert office.run("postfix", "--maildrop").returncode == 78
        return
    agent = Agent(name, place, office)
    assert agent.deliver(addressed(mail("anna@client.example"))) == 0
    assert office.count("emails") == 1
    assert not agent.later.exists()
