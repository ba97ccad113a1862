"""Where a run finds its database: what is asked before what, and what is never passed over."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from casefleet_cli import config
from tests.firm import BCC, Firm, mail

ROOT = Path(__file__).parents[2]


class Machine:
    """An empty folder to be in, a home folder, and the place of the file for all users."""

    def __init__(self, folder: Path) -> None:
        self.here, self.home, self.file = folder / "here", folder / "home", folder / "casefleet.conf"
        self.own = self.home / ".config/casefleet/config"
        self.here.mkdir()
        self.own.parent.mkdir(parents=True)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.chdir(made.here)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.delenv("CASEFLEET_DB", raising=False)
    monkeypatch.setattr(config, "MACHINE_FILE", str(made.file))
    return made


def test_what_is_asked_before_what(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.database() == ("casefleet.db", "default")
    machine.file.write_text("database = /srv/all.db\n")
    assert config.database() == ("/srv/all.db", str(machine.file))
    machine.own.write_text("database = /srv/own.db\n")
    assert config.database() == ("/srv/own.db", str(machine.own))
    Path("casefleet.db").touch()
    assert config.database() == ("casefleet.db", "here")
    monkeypatch.setenv("CASEFLEET_DB", "/srv/environment.db")
    assert config.database() == ("/srv/environment.db", "$CASEFLEET_DB")
    assert config.database("option.db") == ("option.db", "--db")
    # A new database is made nowhere but here, or where the option says.
    assert (config.new_database(), config.new_database("/srv/new.db")) == ("casefleet.db", "/srv/new.db")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"database = /srv/casefleet.db", "/srv/casefleet.db"),
        (b"# ours\r\n\r\n  database=/srv/the mail.db \r\n", "/srv/the mail.db"),
        (b"database = /srv/a=b#c.db\n", "/srv/a=b#c.db"),
        (b"database = /srv/caf\xe9.db\n", "/srv/caf\udce9.db"),
        (b"", None),
        (b"# database = /srv/casefleet.db\n", None),
    ],
)
def test_what_a_file_may_say(content: bytes, named: str | None, machine: Machine) -> None:
    machine.file.write_bytes(content)
    assert config.named_in(str(machine.file)) == named


def test_a_file_that_names_none_asks_the_next(machine: Machine) -> None:
    machine.own.write_text("# nothing yet\n")
    machine.file.write_text("database = /srv/all.db\n")
    assert config.database().value == "/srv/all.db"


def test_a_broken_file_is_never_passed_over_for_the_next(machine: Machine) -> None:
    machine.own.write_text("database: /srv/own.db\n")
    machine.file.write_text("database = /srv/all.db\n")
    with pytest.raises(config.BadConfigError, match="line 1, is not understood"):
        config.database()
    # What was named before it needs no file.
    assert config.database("option.db").value == "option.db"


def test_the_home_is_that_of_the_acting_user(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.own.write_text("database = /srv/callers.db\n")
    acting = machine.here / "acting"
    (acting / ".config/casefleet").mkdir(parents=True)
    (acting / config.USER_FILE).write_text("database = /srv/acting.db\n")
    other = 54321
    account = pwd.struct_passwd(("casefleet", "x", other, other, "", str(acting), "/bin/sh"))
    monkeypatch.setattr(os, "geteuid", lambda: other)
    monkeypatch.setattr(pwd, "getpwuid", {other: account}.__getitem__)
    assert config.database().value == "/srv/acting.db"  # as sudo and runuser leave $HOME
    monkeypatch.setenv("HOME", str(machine.home / "gone"))
    assert config.database().value == "/srv/acting.db"
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    assert config.database() == ("casefleet.db", "default")


@pytest.mark.parametrize(
    ("value", "busy", "limit"),
    [
        (None, ("20", "default"), ("240", "default")),
        ("1.5", ("1.5", "$CASEFLEET_BUSY_SECONDS"), ("1.5", "$CASEFLEET_TIME_LIMIT_SECONDS")),
        ("0", ("0", "$CASEFLEET_BUSY_SECONDS"), ("240", "default")),
        ("soon", ("20", "default"), ("240", "default")),
        ("-3", ("20", "default"), ("240", "default")),
    ],
)
def test_the_limits_and_where_they_are_from(
    value: str | None, busy: tuple[str, str], limit: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CASEFLEET_BUSY_SECONDS", "CASEFLEET_TIME_LIMIT_SECONDS"):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert config.limits() == {"CASEFLEET_BUSY_SECONDS": busy, "CASEFLEET_TIME_LIMIT_SECONDS": limit}


def called(machine: Machine, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program with the file for all users at its place in the test."""
    program = (
        f"from casefleet_cli import __main__, config; config.MACHINE_FILE = {str(machine.file)!r}; __main__.main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *words], input=mail("x@else.example").decode(), capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def test_a_delivery_finds_it_and_waits_where_a_file_is_broken(machine: Machine, tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    machine.file.write_text(f"database = {firm.path}\n")
    done = called(machine, "deliver", "--recipient", BCC["ada"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert firm.all("SELECT count(*) FROM emails") == [(1,)]
    machine.file.write_text("databse = /srv/secret-name.db\n")
    done = called(machine, "deliver", "--recipient", BCC["ada"])
    told = "4.3.0 The configuration does not tell the database; casefleet doctor says why.\n"
    assert (done.returncode, done.stdout, done.stderr) == (75, told, "")
    assert firm.all("SELECT count(*) FROM emails") == [(1,)]


def test_every_command_finds_it_and_says_where(machine: Machine, tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    machine.file.write_text(f"database = {firm.path}\n")
    done = called(machine, "settings", "database", "--csv")
    assert done.stdout.splitlines()[1] == f"database,{firm.path},{machine.file},where everything is kept"
    assert f"--db {firm.path} deliver" in called(machine, "postfix", "--user", "x").stdout
    machine.file.write_text("databse = /srv/x.db\n")
    for words in (["settings"], ["user", "list"], ["doctor"], ["verify"], ["serve"], ["lmtp"]):
        done = called(machine, *words)
        assert (done.returncode, done.stdout) == (78, "")
        assert done.stderr == f"casefleet: {machine.file}, line 1, is not understood; write database = /PATH.\n"
    # What needs no database does not ask.
    assert called(machine, "deliver", "--help").returncode == 0
    assert called(machine, "user", "--help").returncode == 0


def test_init_makes_it_here_whatever_is_configured_and_says_how_it_is_called(machine: Machine, tmp_path: Path) -> None:
    configured = tmp_path / "configured.db"
    machine.file.write_text(f"database = {configured}\n")
    made = called(machine, "init", "--domain", "log.firm.example", CASEFLEET_DB=str(configured))
    assert made.stdout == (
        f"Made {machine.here}/casefleet.db for log.firm.example."
        f" Next: casefleet --db {machine.here}/casefleet.db user add NAME ADDRESS\n"
    )
    assert not configured.exists()
    made = called(machine, "--db", str(configured), "init", "--domain", "log.firm.example", CASEFLEET_DB="")
    assert made.stdout.endswith(f" Next: casefleet --db {configured} user add NAME ADDRESS\n")  # one is here, too
    (machine.here / "casefleet.db").unlink()
    configured.unlink()
    made = called(machine, "--db", str(configured), "init", "--domain", "log.firm.example", CASEFLEET_DB="")
    assert made.stdout.endswith(" Next: casefleet user add NAME ADDRESS\n")
    assert called(machine, "user", "list", CASEFLEET_DB="").returncode == 0


def test_who_acts_is_a_setting_with_its_source(machine: Machine, tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    firm.db.execute("UPDATE users SET role = 'admin'")

    def told(*words: str, **environment: str) -> tuple[str | None, str]:
        done = called(machine, "--db", firm.path, *words, "settings", "acting-user", "--json", **environment)
        (row,) = json.loads(done.stdout)
        return row["value"], row["source"]

    assert told(CASEFLEET_USER="") == (None, "default")
    assert told(CASEFLEET_USER="Ada Berg") == ("Ada Berg", "$CASEFLEET_USER")
    assert told("--as", "Carl Diaz", CASEFLEET_USER="Ada Berg") == ("Carl Diaz", "--as")
