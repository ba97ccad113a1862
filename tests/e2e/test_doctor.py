"""`casefleet doctor` finds what is wrong with an installation, and nothing where all is right."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from casefleet_cli.store import emails
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, printed
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e


class Clinic(Office):
    """An installation with its Postfix configuration (which need not run) and its map."""

    def __init__(self, place: Path, program: Path) -> None:
        own = place / "bin/casefleet"
        own.parent.mkdir()
        shutil.copy(program, own)
        super().__init__(place / "office", own, installed.unprivileged_user())
        self.map = place / "recipients.sqlite"
        done = self.run("postfix", "--map", str(self.map))
        main, master = printed(done.stdout)
        master, _, table = master.partition("\n# /etc/postfix/casefleet-recipients.cf")
        etc = place / "postfix/etc"
        self.postfix = Postfix(place / "postfix", main.replace("/etc/postfix/", f"{etc}/"), master)
        self.table = etc / "casefleet-recipients.cf"
        self.table.write_text(table.partition("\n")[2])

    def findings(self) -> tuple[int, dict[str, str], dict[str, str]]:
        """The exit code; the state by check; what is said by check."""
        done = self.run("doctor", "--postfix-config", str(self.postfix.etc), "--json")
        found = json.loads(done.stdout)
        assert all(set(finding) == {"check", "state", "sentence", "advice"} for finding in found)
        assert all(finding["advice"] for finding in found if finding["state"] != "ok")
        return (done.returncode, {finding["check"]: finding["state"] for finding in found},
                {finding["check"]: f"{finding['sentence']} {finding['advice']}" for finding in found})  # fmt: skip

    def main(self, *settings: str) -> None:
        self.postfix.set(*settings)

    def master(self, old: str, new: str) -> None:
        path = self.postfix.etc / "master.cf"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def clinic(place: Path, program: Path) -> Clinic:
    installed.need("postfix", "postconf", "postmap")
    return Clinic(place, program)


CHECKS = {
    "program", "database", "mode", "owner", "access", "disk", "journal", "domain", "transport", "guard", "time-limit",
    "recipients", "map", "trust",
}  # fmt: skip


def test_what_casefleet_postfix_prints_is_right(clinic: Clinic) -> None:
    clinic.db.close()
    code, states, words = clinic.findings()
    assert states == dict.fromkeys(CHECKS, "ok"), words
    assert code == 0
    done = clinic.run("doctor", env={**os.environ, "MAIL_CONFIG": str(clinic.postfix.etc)})
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * len(CHECKS)
    assert done.returncode == 0
    # Looking left nothing behind that the owner of the database stumbles over.
    assert {path.stat().st_uid for path in clinic.folder.iterdir()} == {clinic.unix.pw_uid}


def gone(clinic: Clinic) -> None:
    clinic.db.close()
    Path(clinic.path).unlink()


def foreign(clinic: Clinic) -> None:
    clinic.db.close()
    Path(clinic.path).write_text("not a database " * 100)


def other_journal(clinic: Clinic) -> None:
    clinic.db.execute("PRAGMA journal_mode = delete")


def as_roots(clinic: Clinic) -> None:
    os.chown(clinic.path, 0, 0)


FAULTS: dict[str, tuple[str, str, Callable[[Clinic], object], str]] = {
    "no-database": ("database", "failure", gone, "casefleet init"),
    "foreign": ("database", "failure", foreign, "not a casefleet database"),
    "older-schema": ("database", "failure", lambda c: c.db.execute("PRAGMA user_version = 0"), "casefleet migrate"),
    "not-wal": ("journal", "failure", other_journal, "delete mode"),
    "readable-by-all": ("mode", "failure", lambda c: Path(c.path).chmod(0o644), "chmod o="),
    "root-owns-it": ("owner", "failure", as_roots, "chown -R casefleet:"),
    "closed-folder": ("access", "failure", lambda c: os.chown(c.folder, 0, 0), "cannot write"),
    "closed-program": ("access", "failure", lambda c: c.program.parent.chmod(0o700), "cannot run"),
    "no-domain": ("domain", "failure", lambda c: c.main("relay_domains="), "relay_domains"),
    "procmail": (
        "domain", "warning", lambda c: c.main("relay_domains=", "mydestination=log.firm.example"), "procmail"
    ),
    "splits-at-hyphens": (
        "delimiter", "warning", lambda c: c.main("recipient_delimiter=-"), "splits addresses at -, not at the plus"
    ),
    "no-transport-map": ("transport", "failure", lambda c: c.main("transport_maps="), "not to casefleet"),
    "no-transport": (
        "transport", "failure", lambda c: c.main("transport_maps=inline:{log.firm.example=cf:}"), "not in master.cf"
    ),
    "other-database": ("transport", "failure", lambda c: c.master("casefleet.db", "other.db"), "another database"),
    "other-program": ("transport", "warning", lambda c: c.master("bin/casefleet ", "bin/cf "), "another program"),
    "other-user": ("transport", "failure", lambda c: c.master(f"user={installed.USER}", "user=nobody"), "nobody"),
    "no-guard": ("guard", "failure", lambda c: c.master("code=75", "true"), "argv="),
    "no-timeout": ("guard", "failure", lambda c: c.master("timeout -s KILL 270", "env"), "argv="),
    "short-limit": ("time-limit", "failure", lambda c: c.main("casefleet_time_limit=2m"), "300s"),
    "many-recipients": (
        "recipients", "failure", lambda c: c.main("casefleet_destination_recipient_limit=50"), "= 1 in main.cf"
    ),
    "map-lacks-one": ("map", "failure", lambda c: c.user("Eva", "eva@firm.example", "eva-x@log.firm.example"), "lacks 1"),
    "map-has-one-too-many": (
        "map", "failure", lambda c: c.db.execute("UPDATE users SET disabled_at = created_at WHERE id = 1"), "1 too many"
    ),
    "map-gone": ("map", "failure", lambda c: c.map.unlink(), "casefleet postfix --map"),
    "map-not-used": ("map", "warning", lambda c: c.main("relay_recipient_maps="), "does not use"),
    "map-of-another-domain": (
        "map", "failure", lambda c: c.table.write_text(c.table.read_text().replace("log.firm", "x.firm")), "does not find"
    ),
    "others-refused": ("map", "warning", lambda c: c.main("relay_domains=log.firm.example other.example"), "other"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(clinic: Clinic, fault: str) -> None:
    check, state, spoil, words = FAULTS[fault]
    spoil(clinic)
    code, states, told = clinic.findings()
    assert states[check] == state, told
    assert words in told[check]
    assert code == (78 if state == "failure" else 0)
    # Nothing else is blamed, but for what cannot be so without it.
    follows = {"transport"} if fault == "root-owns-it" else set()
    assert {name for name, found in states.items() if found != "ok"} - {check} <= follows, told


@pytest.mark.parametrize("delimiter", ["", "+", "-+"])
def test_a_delimiter_that_a_case_tag_can_follow_is_nothing_to_tell(clinic: Clinic, delimiter: str) -> None:
    clinic.main(f"recipient_delimiter={delimiter}")
    assert "delimiter" not in clinic.findings()[1]


def test_secrets_are_not_told(clinic: Clinic) -> None:
    clinic.user("Eva", "eva@firm.example", "eva-secret@log.firm.example")
    done = subprocess.run([clinic.program, "--db", clinic.path, "doctor", "--postfix-config", clinic.postfix.etc],
                          capture_output=True, text=True)  # fmt: skip
    for (address,) in clinic.all("SELECT address FROM bcc_addresses"):
        assert address.partition("@")[0] not in done.stdout + done.stderr


class TestLmtp:
    """An installation whose mail comes by LMTP."""

    @pytest.fixture
    def office(self, place: Path, program: Path) -> Office:
        installed.need("postfix", "postconf", "postmap")
        return Office(place / "office", program, installed.unprivileged_user())

    @pytest.fixture
    def postfix(self, place: Path, office: Office, server: Lmtp) -> Postfix:
        return Postfix(place / "postfix", *office.lines("--lmtp", server.where))

    def told(self, office: Office, postfix: Postfix) -> dict[str, tuple[str, str]]:
        done = office.run("doctor", "--postfix-config", str(postfix.etc), "--json")
        return {found["check"]: (found["state"], found["sentence"]) for found in json.loads(done.stdout)}

    def test_what_casefleet_postfix_prints_is_right(self, office: Office, postfix: Postfix, server: Lmtp) -> None:
        server.start()
        told = self.told(office, postfix)
        assert {check: state for check, (state, _) in told.items() if state != "ok"} == {"map": "warning"}
        assert {"server", "lines"} <= set(told)

    def test_a_server_that_is_not_there(self, office: Office, postfix: Postfix) -> None:
        assert self.told(office, postfix)["server"][0] == "failure"

    def test_another_server(self, office: Office, postfix: Postfix, server: Lmtp) -> None:
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(server.where.removeprefix("unix:"))
            other.listen()
            with ThreadPoolExecutor(1) as pool:
                told = pool.submit(self.told, office, postfix)
                client, _ = other.accept()
                client.sendall(b"220 mx Dovecot ready\r\n")
                assert told.result()["server"] == ("failure", f"Another server answers at {server.where}.")
                client.close()

    def test_lines_that_postfix_would_break(self, office: Office, postfix: Postfix, server: Lmtp) -> None:
        master = postfix.etc / "master.cf"
        master.write_text(master.read_text().replace("-o lmtp_line_length_limit=0 ", ""))
        assert self.told(office, postfix)["lines"][0] == "failure"
        # And it does.
        server.start()
        postfix.start()
        line = b"x" * 5000 + b"\n"
        postfix.done(postfix.submit(mail("x@else.example") + line, BCC["ada"]))
        assert not emails.raw_of(office.db, 1).endswith(line)
        postfix.stop("abort")


@pytest.mark.parametrize("where", ["unix:/run/casefleet/lmtp", "unix:/var/lib/other place/lmtp", "127.0.0.1:2424"])
def test_the_unit_is_one_that_systemd_takes(place: Path, program: Path, where: str) -> None:
    installed.need("systemd-analyze")
    office = Office(place / "the office 100%", program, installed.unprivileged_user())
    done = office.run("postfix", "--lmtp", where)
    if " " in where:
        assert done.returncode == 78  # Postfix has no way to say it
        return
    assert (done.returncode, done.stderr) == (0, "")
    unit = place / "casefleet-lmtp.service"
    unit.write_text(done.stdout.partition("# /etc/systemd/system/casefleet-lmtp.service")[2].partition("\n")[2])
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    # 10 is a service that may do anything; 2.0 is called safe.
    rated = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", unit],
                           capture_output=True, text=True)  # fmt: skip
    assert rated.returncode == 0, rated.stdout


def test_it_says_whether_the_word_of_a_server_is_needed(clinic: Clinic) -> None:
    _, _, words = clinic.findings()
    assert "casefleet settings authserv-id NAME" in str(words)
    assert clinic.run("settings", "authserv-id", "mx.firm.example").returncode == 0
    code, states, words = clinic.findings()
    assert "Own mail needs the word of mx.firm.example" in str(words)
    assert (code, states["trust"]) == (0, "ok")
