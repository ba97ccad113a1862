"""`casefleet doctor` finds what is wrong with an installation, and nothing where all is right."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from casefleet_cli import clock
from casefleet_cli.cli.app import run
from casefleet_cli.store import database, emails
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, printed
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e
Spoil = Callable[["Clinic"], object]


class Clinic(Office):
    """An installation with its Postfix configuration (which need not run), its map, a copy and a proof: all is right."""

    def __init__(self, place: Path, program: Path) -> None:
        own = place / "bin/casefleet"
        own.parent.mkdir()
        shutil.copy(program, own)
        super().__init__(place / "office", own, installed.unprivileged_user())
        self.place = place
        self.copies = place / "copies"
        self.copies.mkdir()
        self.map = place / "recipients.sqlite"
        done = self.run("postfix", "--map", str(self.map))
        main, master = printed(done.stdout)
        master, _, table = master.partition("\n# /etc/postfix/casefleet-recipients.cf")
        etc = place / "postfix/etc"
        self.postfix = Postfix(place / "postfix", main.replace("/etc/postfix/", f"{etc}/"), master)
        self.table = etc / "casefleet-recipients.cf"
        self.table.write_text(table.partition("\n")[2])

    def command(self, *words: str) -> int:
        """A command in this process, as the program of this place; what it prints is the test's to read."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [str(self.program)])
            return run(["--db", self.path, *words])

    def findings(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, str]]]:
        """The exit code, and what was found by check."""
        capsys.readouterr()
        self.postfix.settle()
        code = self.command("doctor", "--postfix-config", str(self.postfix.etc), "--json")
        told = capsys.readouterr()
        assert told.err == ""
        found = json.loads(told.out)
        assert all(set(finding) == {"check", "state", "sentence", "advice"} for finding in found)
        assert all(finding["advice"] for finding in found if finding["state"] != "ok")
        assert not any("\n" in text for finding in found for text in finding.values())
        assert "user=root" not in told.out
        return code, {finding["check"]: finding for finding in found}

    def main(self, *settings: str) -> None:
        self.postfix.set(*settings)

    def master(self, old: str, new: str) -> None:
        path = self.postfix.etc / "master.cf"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def note(self, kind: str, **changed: object) -> None:
        """Change what is noted of the last copy or proof."""
        path = Path(f"{self.path}.last-{kind}")
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


@pytest.fixture(scope="module")
def model(program: Path) -> Iterator[Clinic]:
    """One for all tests, that puts itself in order after each."""
    installed.need("postfix", "postconf", "postmap", "mount")
    place = Path(tempfile.mkdtemp(prefix="casefleet-test-"))
    place.chmod(0o755)
    sound = Path(f"{place}.sound")
    clinic = Clinic(place, program)
    assert clinic.command("backup", "--keep", "2", str(clinic.copies)) == clinic.command("verify") == 0
    clinic.db.close()
    subprocess.run(["cp", "-a", place, sound], check=True)
    yield clinic
    for folder in (place, sound):
        shutil.rmtree(folder)


@pytest.fixture
def clinic(model: Clinic) -> Iterator[Clinic]:
    model.reopen()
    yield model
    model.db.close()
    model.postfix.stop("abort")
    subprocess.run(["umount", "--lazy", "--quiet", model.folder])
    for path in model.place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    subprocess.run(["cp", "-a", f"{model.place}.sound/.", model.place], check=True)


CHECKS = {
    "program", "database", "mode", "owner", "access", "disk", "journal", "domain", "transport", "guard", "time-limit",
    "recipients", "map", "trust", "backup", "verify", "queue", "size",
}  # fmt: skip


def test_on_a_sound_machine_nothing_is_red(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.db.close()
    code, found = clinic.findings(capsys)
    assert {check: finding["state"] for check, finding in found.items()} == dict.fromkeys(CHECKS, "ok"), found
    assert code == 0
    done = clinic.run("doctor", env={**os.environ, "MAIL_CONFIG": str(clinic.postfix.etc)})
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * len(CHECKS)
    assert done.returncode == 0
    # Looking left nothing behind that the owner of the database stumbles over, and nothing beside the copies.
    assert {path.stat().st_uid for path in clinic.folder.iterdir()} == {clinic.unix.pw_uid}
    assert [path.suffix for path in clinic.copies.iterdir()] == [".db"]


def gone(clinic: Clinic) -> None:
    clinic.db.close()
    Path(clinic.path).unlink()


def foreign(clinic: Clinic) -> None:
    clinic.db.close()
    Path(clinic.path).write_text("not a database " * 100)


def other_journal(clinic: Clinic) -> None:
    clinic.db.execute("PRAGMA journal_mode = delete")


def given_to(user: int, *, whole: bool = False) -> Spoil:
    """Give the database away, with its folder or without."""

    def spoil(clinic: Clinic) -> None:
        for path in (clinic.folder, *clinic.folder.iterdir()) if whole else (Path(clinic.path),):
            os.chown(path, user, user)

    return spoil


def closed_by_mode(clinic: Clinic) -> None:
    """Of mode 0400, with what a reader left beside it."""
    for path in clinic.folder.glob("casefleet.db*"):
        path.chmod(0o400)


def mounted_read_only(clinic: Clinic) -> None:
    clinic.db.close()
    subprocess.run(["mount", "--bind", clinic.folder, clinic.folder], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", clinic.folder], check=True)


def twice(clinic: Clinic) -> None:
    path = clinic.postfix.etc / "master.cf"
    text = path.read_text()
    path.write_text(text + text[text.index("casefleet unix") :])


def neighbour(clinic: Clinic) -> None:
    clinic.main(
        "relay_domains=log.firm.example other.example",
        "transport_maps=inline:{log.firm.example=casefleet: other.example=casefleet:}",
    )


def deferred(clinic: Clinic, *, hold: bool = False) -> None:
    """A mail came while the database was of an older schema; what kept it out is mended, and it still waits."""
    clinic.main("minimal_backoff_time=1h", "maximal_backoff_time=1h", "queue_run_delay=1h")
    clinic.db.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION - 1}")
    clinic.postfix.start()
    clinic.postfix.tried(clinic.postfix.submit(mail("x@else.example"), BCC["ada"]))
    clinic.db.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
    if hold:
        subprocess.run(["postsuper", "-c", clinic.postfix.etc, "-h", "ALL"], check=True, capture_output=True)


def deferred_and_down(clinic: Clinic) -> None:
    deferred(clinic)
    clinic.postfix.stop()


def never_copied(clinic: Clinic) -> None:
    Path(f"{clinic.path}.last-backup").unlink()
    clinic.add("activities", id=1, at="2026-01-01T00:00:00Z", verb="reparsed", hash="0" * 64)


def no_more(clinic: Clinic) -> None:
    for path in clinic.copies.iterdir():
        path.unlink()


def cut_off(clinic: Clinic) -> None:
    (copy,) = clinic.copies.iterdir()
    os.truncate(copy, copy.stat().st_size - 4096)


def replaced(clinic: Clinic) -> None:
    """A file of the same size stands where the copy was."""
    (copy,) = clinic.copies.iterdir()
    copy.write_bytes(b"x" * copy.stat().st_size)


def faulty(clinic: Clinic) -> None:
    clinic.add("raw_messages", sha256="0" * 64, size=1, content=b"x")
    assert clinic.command("verify") == 1


def without_sqlite(clinic: Clinic) -> None:
    """As without the package postfix-sqlite."""
    (clinic.postfix.etc / "meta").mkdir()
    clinic.main(f"meta_directory={clinic.postfix.etc}/meta")


def ago(**age: float) -> str:
    return clock.stamp(clock.now() - timedelta(**age))


class Breakage(NamedTuple):
    """Something that is wrong with an installation, and what is said of it."""

    check: str
    spoil: Spoil
    sentence: str
    """A part of what is found."""
    step: str
    """A part of what is to be done."""
    code: int = 78
    follows: tuple[str, ...] = ()
    """What else cannot be right then."""


OWNER = installed.USER
BREAKAGES: dict[str, Breakage] = {
    "no-database": Breakage("database", gone, "There is no database", "casefleet init"),
    "foreign": Breakage("database", foreign, "is not a casefleet database", "check --db"),
    "older-schema": Breakage(
        "database", lambda c: c.db.execute("PRAGMA user_version = 0"), "has an older schema (0)", "casefleet migrate"
    ),
    "splits-at-hyphens": Breakage(
        "delimiter", lambda c: c.main("recipient_delimiter=-"), "splits addresses at -, not at the plus",
        "recipient_delimiter = +", 0
    ),
    "not-wal": Breakage("journal", other_journal, "is in delete mode", "PRAGMA journal_mode = wal"),
    "readable-by-all": Breakage("mode", lambda c: Path(c.path).chmod(0o644), "may read", "chmod o= /"),
    "root-owns-it": Breakage(
        "owner", given_to(0), "belongs to root", f"chown {OWNER}: /", follows=("transport",)
    ),
    "root-owns-all": Breakage(
        "owner", given_to(0, whole=True), "belongs to root", f"chown {OWNER}: /", follows=("transport",)
    ),
    "owner-without-a-name": Breakage(
        "owner", given_to(4711, whole=True), "user 4711, who has no name here", f"chown {OWNER}: /", follows=("transport",)
    ),
    "file-of-mode-0400": Breakage("access", closed_by_mode, "cannot write", "chmod u+rw /"),
    "folder-of-mode-0500": Breakage("access", lambda c: c.folder.chmod(0o500), "in the folder", "chmod u+wx /"),
    "folder-of-root": Breakage(
        "access", lambda c: (os.chown(c.folder, 0, 0), c.folder.chmod(0o755)), "in the folder", f"chown {OWNER}: /"
    ),
    "closed-above": Breakage("access", lambda c: c.place.chmod(0o700), "cannot enter", "Move the database"),
    "read-only-mount": Breakage("access", mounted_read_only, "is mounted read-only", "mount -o remount,rw /"),
    "closed-program": Breakage("access", lambda c: c.program.parent.chmod(0o700), "cannot run", "below /opt"),
    "no-domain": Breakage("domain", lambda c: c.main("relay_domains="), "does not take mail", "Add it to relay_domains"),
    "procmail": Breakage(
        "domain", lambda c: c.main("relay_domains=", "mydestination=log.firm.example"), "of its own", "procmail", 0
    ),
    "no-transport-map": Breakage(
        "transport", lambda c: c.main("transport_maps="), "goes to relay, not to casefleet", "Add it to transport_maps"
    ),
    "no-transport": Breakage(
        "transport", lambda c: c.main("transport_maps=inline:{log.firm.example=cf:}"), "not in master.cf",
        "casefleet postfix"
    ),
    "two-transports": Breakage("entries", twice, "2 entries named casefleet", "Take the others out", 0),
    "neighbour": Breakage("neighbours", neighbour, "Mail for other.example", "a transport of its own", 78, ("map",)),
    "other-database": Breakage(
        "transport", lambda c: c.master("casefleet.db", "casefleet.db.old"), "another database", "the right --db"
    ),
    "other-program": Breakage(
        "transport", lambda c: c.master("bin/casefleet ", "bin/cf "), "another program", "See casefleet postfix", 0
    ),
    "other-user": Breakage(
        "transport", lambda c: c.master(f"user={OWNER}", "user=nobody"), "runs as nobody", f"user={OWNER} in master.cf"
    ),
    "user-who-does-not-exist": Breakage(
        "transport", lambda c: c.master(f"user={OWNER}", "user=ghost"), "ghost, who does not exist", f"user={OWNER}"
    ),
    "pipe-as-root": Breakage(
        "transport", lambda c: c.master(f"user={OWNER}", "user=root"), "runs as root", f"user={OWNER} in master.cf"
    ),
    "no-guard": Breakage("guard", lambda c: c.master("code=75", "true"), "Postfix bounces mail", "Take the argv="),
    "no-timeout": Breakage("guard", lambda c: c.master("timeout -s KILL 270", "env"), "hangs", "Take the argv="),
    "short-limit": Breakage(
        "time-limit", lambda c: c.main("casefleet_time_limit=2m"), "bounces a delivery", "casefleet_time_limit = 300s"
    ),
    "many-recipients": Breakage(
        "recipients", lambda c: c.main("casefleet_destination_recipient_limit=50"), "in one call", "= 1 in main.cf"
    ),
    "small-mail-only": Breakage(
        "size", lambda c: c.main("message_size_limit=1000000"), "more than 1.0 MB", "postconf -e message_size_limit="
    ),
    "small-mail-in-the-pipe": Breakage(
        "size", lambda c: c.master("flags=Rq", "flags=Rq size=500000"), "more than 0.5 MB", "Take size= out"
    ),
    "mail-waits": Breakage("queue", deferred, "older schema", "postqueue -f"),
    "mail-waits-for-postfix": Breakage("queue", deferred_and_down, "it is not running", "postfix start"),
    "mail-on-hold": Breakage("queue", lambda c: deferred(c, hold=True), "put on hold", "postsuper -r ALL hold"),
    "never-copied": Breakage("backup", never_copied, "No copy of this database", "casefleet backup --keep 14 /var/backups"),
    "copied-last-week": Breakage("backup", lambda c: c.note("backup", at=ago(days=9)), "9 days old", "casefleet backup"),
    "copied-three-days-ago": Breakage(
        "backup", lambda c: c.note("backup", at=ago(days=3)), "3 days old", "casefleet-backup.timer", 0
    ),
    "copy-gone": Breakage("backup", no_more, "not there any more", "casefleet backup --keep 14 /", 0),
    "copy-cut-off": Breakage("backup", cut_off, "not what was written", "make another: casefleet backup"),
    "copy-replaced": Breakage("backup", replaced, "not what was written", "make another: casefleet backup"),
    "verified-long-ago": Breakage("verify", lambda c: c.note("verify", at=ago(days=40)), "40 days ago", "casefleet verify"),
    "not-sound": Breakage("verify", faulty, "1 thing was not as it should be", "restore a copy from before"),
    "map-lacks-one": Breakage(
        "map", lambda c: c.user("Eva", "eva@firm.example", "eva-x@log.firm.example"), "lacks 1", "casefleet postfix --map /"
    ),
    "map-has-one-too-many": Breakage(
        "map", lambda c: c.db.execute("UPDATE users SET disabled_at = created_at WHERE id = 1"), "1 too many",
        "casefleet postfix --map /"
    ),
    "map-gone": Breakage("map", lambda c: c.map.unlink(), "There is no map", "casefleet postfix --map /"),
    "map-that-postfix-may-not-read": Breakage("map", lambda c: c.map.chmod(0o600), "postfix cannot read", "chgrp postfix /"),
    "map-of-another-domain": Breakage(
        "map", lambda c: c.table.write_text(c.table.read_text().replace("log.firm", "x.firm")), "does not find",
        "casefleet postfix --map /"
    ),
    "map-of-others-alone": Breakage(
        "map", lambda c: (c.main("relay_recipient_maps=inline:{x@y.example=1}"),
                          c.db.execute("DELETE FROM settings WHERE name LIKE 'recipient_map%'")),
        "refuses all mail to BCC addresses", "casefleet postfix --map FILE"
    ),
    "no-sqlite": Breakage("map", without_sqlite, "cannot read a map of SQLite", "apt-get install postfix-sqlite"),
    "others-refused": Breakage(
        "map", lambda c: c.main("relay_domains=log.firm.example other.example"), "the other relay_domains",
        "Add their recipients", 0
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKAGES)
def test_each_breakage_is_found(clinic: Clinic, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    breakage = BREAKAGES[name]
    breakage.spoil(clinic)
    code, found = clinic.findings(capsys)
    finding = found[breakage.check]
    assert finding["state"] == ("failure" if breakage.code else "warning"), found
    assert breakage.sentence in finding["sentence"]
    assert breakage.step in f"{finding['sentence'] if breakage.check == 'database' else ''} {finding['advice']}"
    assert code == breakage.code
    # Nothing else is blamed, but for what cannot be so without it.
    assert {check for check, other in found.items() if other["state"] != "ok"} - {breakage.check} <= set(
        breakage.follows
    ), found


def test_a_map_that_is_not_used_is_not_demanded(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.main("relay_recipient_maps=")
    clinic.map.unlink()
    code, found = clinic.findings(capsys)
    assert (code, found["map"]["state"]) == (0, "ok")
    assert "uses no map" in found["map"]["sentence"]


def test_what_waits_is_told_without_addresses(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    """Only mail for us counts, and what Postfix says of it is told without the secret that it names."""
    answer = f"echo 4.3.0 no {BCC['ada'].upper()} today; exit 75"
    clinic.master("timeout -s KILL 270", f"{answer}; timeout -s KILL 270")
    clinic.main("minimal_backoff_time=1h", "maximal_backoff_time=1h", "default_transport=smtp:[127.0.0.1]:1")
    clinic.postfix.start()
    for recipient in (BCC["ada"], BCC["carl"], "x@else.example"):
        clinic.postfix.tried(clinic.postfix.submit(mail("x@else.example"), recipient))
    _, found = clinic.findings(capsys)
    assert found["queue"]["sentence"] == (
        "2 mails wait in Postfix's queue, for 0 min; Postfix says: no ***@log.firm.example today"
    )


@pytest.mark.parametrize("delimiter", ["", "+", "-+"])
def test_a_delimiter_that_a_case_tag_can_follow_is_nothing_to_tell(
    clinic: Clinic, delimiter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.main(f"recipient_delimiter={delimiter}")
    assert "delimiter" not in clinic.findings(capsys)[1]


def test_secrets_are_not_told(clinic: Clinic) -> None:
    clinic.user("Eva", "eva@firm.example", "eva-secret@log.firm.example")
    done = subprocess.run([clinic.program, "--db", clinic.path, "doctor", "--postfix-config", clinic.postfix.etc],
                          capture_output=True, text=True)  # fmt: skip
    for (address,) in clinic.all("SELECT address FROM bcc_addresses"):
        assert address.partition("@")[0] not in done.stdout + done.stderr


def test_nothing_runs_as_root(clinic: Clinic) -> None:
    """The pages of another's database are not served, and no pipe is printed for root's; both say what to do."""
    done = clinic.run("serve", "--port", "0", timeout=60)
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == (
        f"casefleet: {clinic.path} belongs to {OWNER}, and the pages run as its owner: systemctl start casefleet-web (its"
        f" unit, in a sandbox), or runuser -u {OWNER} -- casefleet --db {clinic.path} serve.\n"
    )
    given_to(0)(clinic)
    for words in ([], ["--map", str(clinic.map)], ["--lmtp", "unix:/run/casefleet/lmtp"]):
        done = clinic.run("postfix", *words)
        assert (done.returncode, done.stdout) == (78, "")
        assert (
            f"belongs to root, and no mail is taken in as root: chown {OWNER}: {clinic.folder} {clinic.path}"
            in done.stderr
        )
    assert clinic.run("postfix", "--user", OWNER).returncode == 0
    done = clinic.run("postfix", "--user", "ghost")
    assert (done.returncode, done.stderr) == (
        0, "casefleet: There is no unix user ghost here; until there is, Postfix keeps the mail in its queue.\n"
    )  # fmt: skip


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
        assert {check: state for check, (state, _) in told.items() if state != "ok"} == {}
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


def test_it_says_whether_the_word_of_a_server_is_needed(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = clinic.findings(capsys)
    assert "casefleet settings authserv-id NAME" in found["trust"]["advice"]
    assert clinic.command("settings", "authserv-id", "mx.firm.example") == 0
    code, found = clinic.findings(capsys)
    assert "Own mail needs the word of mx.firm.example" in found["trust"]["sentence"]
    assert (code, found["trust"]["state"]) == (0, "ok")
