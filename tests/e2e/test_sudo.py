"""Colleagues at the command line through a real sudo: their own eyes and rights, and no way around them."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from casefleet_cli import config
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.firm import BCC, mail

OWNER = f"cf-own-{os.getpid()}"
LOGINS = {name: f"cf-{name}-{os.getpid()}" for name in ("ada", "carl", "eve")}
"""Ada is an admin, Carl a standard user; Eve is no user."""
SUDOERS = Path(f"/etc/sudoers.d/casefleet-{os.getpid()}")
HELD, FILED, WAITS = 1, 2, 3


class Server:
    """An office whose colleagues may use sudo."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.owner = office.unix.pw_name

    def as_(self, who: str, line: str, *, given: bytes = b"", options: tuple[str, ...] = (),
            cwd: Path | str = "/", environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        """What a colleague gets who types `sudo -u OWNER casefleet LINE`."""
        unix = pwd.getpwnam(LOGINS[who])
        command = ["sudo", "-n", *options, "-u", self.owner, str(self.office.program), *shlex.split(line)]
        return subprocess.run(command, user=unix.pw_uid, group=unix.pw_gid, extra_groups=[], cwd=cwd, input=given,
                              env={"PATH": "/usr/bin:/bin", **(environment or {})}, capture_output=True)  # fmt: skip

    def says(self, who: str, line: str, **more: object) -> str:
        done = self.as_(who, line, **more)  # type: ignore[arg-type]
        assert (done.returncode, done.stderr) == (0, b""), done
        return done.stdout.decode()

    def refuses(self, who: str, line: str, **more: object) -> str:
        done = self.as_(who, line, **more)  # type: ignore[arg-type]
        assert (done.returncode, done.stdout) == (2, b""), done
        return done.stderr.decode().removeprefix("casefleet: ")


@pytest.fixture(scope="module")
def owner() -> Iterator[pwd.struct_passwd]:
    """The owner of the database, with a home of its own, beside the unix users of LOGINS."""
    installed.need("sudo", "visudo", "useradd")
    names = [OWNER, *LOGINS.values()]
    for name in names:
        subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", name], check=True)
    unix = pwd.getpwnam(OWNER)
    home = Path(unix.pw_dir)
    assert not home.exists()
    try:
        home.mkdir(mode=0o700)
        yield unix
    finally:
        shutil.rmtree(home)
        for name in names:
            subprocess.run(["userdel", name], check=True, capture_output=True)


@pytest.fixture
def server(place: Path, program: Path, owner: pwd.struct_passwd) -> Iterator[Server]:
    office = Office(place / "office", program, owner)
    office.role(office.ada, "admin")
    for name, user in (("ada", office.ada), ("carl", office.carl)):
        user_desk.edit(office.db, user, login=LOGINS[name])
    anna = office.contact("Anna")
    office.case("Trust", anna)
    held = mail("carl@firm.example", sender="eve@else.example", subject="for ada only")
    receive(office.db, held, Arrival(office.ada, "pipe"))
    receive(office.db, mail("anna@client.example", Received=f"for <{BCC['ada']}>"), Arrival(office.ada, "pipe"))
    receive(office.db, mail("x@else.example", sender="carl@firm.example"), Arrival(office.carl, "pipe"))
    named = Path(owner.pw_dir, config.USER_FILE)
    named.parent.mkdir(parents=True, exist_ok=True)
    named.write_text(f"database = {office.path}\n")
    subprocess.run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", owner.pw_dir], check=True)
    printed = office.run("sudoers", "--no-password")
    assert printed.returncode == 0, printed.stderr
    SUDOERS.write_text(printed.stdout)
    SUDOERS.chmod(0o440)
    subprocess.run(["visudo", "-cqf", SUDOERS], check=True)
    yield Server(office)
    SUDOERS.unlink()


def test_two_colleagues_at_work(server: Server) -> None:
    office = server.office
    assert "for ada only" in server.says("ada", "email show 1")
    assert server.refuses("carl", "email show 1") == "There is no e-mail 1; casefleet email list shows what there is.\n"
    assert "Hearing" in server.says("carl", "email list")
    assert server.says("carl", "link 3 --contact Anna --case 101") == (
        "E-mail 3 is linked to case 2026-101 Trust, contact Anna.\n"
    )
    assert office.activities("user_id", "verb = 'linked' AND case_id = 1") == [(office.carl,)]
    assert server.says("carl", "user show Carl").count(BCC["carl"]) == 1
    assert BCC["ada"] not in server.says("carl", "user show Ada")
    assert server.refuses("carl", "user disable Ada").startswith("casefleet user disable is for admins")
    assert server.says("ada", "user add Zoe zoe@firm.example").startswith("Added user 3 Zoe.")
    assert server.refuses("carl", "email show 2 --raw").startswith("The bytes of e-mail 2 hold the BCC address")


def test_who_acts_as_whom(server: Server) -> None:
    assert server.refuses("carl", "--as Ada email list") == "You are Carl Diaz; --as another user is for admins.\n"
    assert "Hearing" in server.says("carl", "--as Carl email list")
    assert server.refuses("ada", "--as Carl email show 1").startswith("There is no e-mail 1")
    assert (
        "may not run sudo" in server.as_("eve", "email list").stderr.decode()
        or server.as_("eve", "email list").returncode == 1
    )
    server.office.run("user", "disable", "Carl")
    assert server.refuses("carl", "email list").startswith("User 2 Carl Diaz is disabled")


def test_a_login_that_no_user_has(server: Server) -> None:
    server.office.run("user", "edit", "Carl", "--login", "")
    assert server.refuses("carl", "email list") == (
        f"Unix user {LOGINS['carl']} is no user's login; an admin makes it one by casefleet user edit USER --login {LOGINS['carl']}.\n"
    )


# Ways around.


def test_no_other_database(server: Server, place: Path) -> None:
    mine = place / "mine"
    mine.mkdir()
    mine.chmod(0o777)
    owner = server.office.unix
    subprocess.run([server.office.program, "--db", mine / "casefleet.db", "init", "--domain", "log.evil.example"], check=True,
                   user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], env={"PATH": "/usr/bin:/bin"}, capture_output=True)  # fmt: skip
    line = f"--db {mine / 'casefleet.db'} user list"
    assert server.refuses("carl", line) == "--db is not for who comes through sudo; leave it out.\n"
    assert "Ada Berg" in server.says("carl", "user list", cwd=mine)
    done = server.as_("carl", f"--db {mine / 'casefleet.db'} deliver --recipient x@log.evil.example", given=b"x")
    assert (done.returncode, done.stdout[:30]) == (75, b"4.3.0 casefleet deliver is for")


@pytest.mark.parametrize("name", ["CASEFLEET_DB", "CASEFLEET_USER", "PYTHONPATH", "HOME", "SUDO_USER", "SUDO_UID"])
def test_no_variable(server: Server, place: Path, name: str) -> None:
    value = {"CASEFLEET_USER": "Ada", "SUDO_USER": LOGINS["ada"], "SUDO_UID": "0"}.get(name, str(place))
    for options in ((), ("-E",), (f"{name}={value}",), (f"--preserve-env={name}",)):
        done = server.as_("carl", "email show 1", options=options, environment={name: value})
        assert b"for ada only" not in done.stdout
        assert done.returncode in (1, 2)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--debug email list", "--debug is not for who comes through sudo"),
        ("serve --port 0", "casefleet serve is for who runs this machine"),
        ("backup /tmp/copy.db", "casefleet backup is for who runs this machine"),
        ("restore /tmp/copy.db", "casefleet restore is for who runs this machine"),
        ("init --domain log.evil.example", "casefleet init is for who runs this machine"),
        ("migrate", "casefleet migrate is for who runs this machine"),
        ("postfix", "casefleet postfix is for who runs this machine"),
        ("sudoers", "casefleet sudoers is for who runs this machine"),
        ("--install-completion", "Completion is for who runs this machine"),
        ("import /etc/passwd", "Who comes through sudo names no files: give - for /etc/passwd"),
        ("import - /etc/passwd", "Who comes through sudo names no files: give - for /etc/passwd"),
        ("contact import /etc/passwd", "Who comes through sudo names no files"),
        ("inspect /etc/passwd", "Who comes through sudo names no files"),
        ("export --case 101 --to /tmp/out", "Who comes through sudo names no files: give - for /tmp/out"),
    ],
)
def test_nothing_of_the_machine(server: Server, line: str, sentence: str) -> None:
    for who in ("ada", "carl"):
        assert server.refuses(who, line).startswith(sentence)


def test_only_this_program_and_nothing_that_it_could_start(server: Server) -> None:
    unix = pwd.getpwnam(LOGINS["carl"])
    for command in (["/bin/sh", "-c", "id"], ["/usr/bin/python3", "-c", "1"], [f"{server.office.program}x"]):
        done = subprocess.run(["sudo", "-n", "-u", server.owner, *command], user=unix.pw_uid, group=unix.pw_gid,
                              extra_groups=[], env={"PATH": "/usr/bin:/bin"}, capture_output=True)  # fmt: skip
        assert done.returncode == 1
        assert b"password is required" in done.stderr or b"not allowed" in done.stderr
    assert "NOEXEC: " in SUDOERS.read_text()


def test_files_come_and_go_by_standard_input_and_output(server: Server) -> None:
    raw = mail("anna@client.example", sender="carl@firm.example", subject="by hand", msgid="stdin")
    assert "1 filed" in server.says("carl", "import -", given=raw)
    done = server.as_("carl", "import - --user Ada", given=raw)
    assert (done.returncode, b"your own mail only" in done.stderr) == (2, True)
    assert server.says("carl", "contact import -", given=b"name,address\nZed,zed@client.example\n").startswith(
        "1 contacts added"
    )
    assert '"subject": "by hand"' in server.says("carl", "inspect -", given=raw)
    assert "filed by rule" in server.says("carl", "route", given=raw)
    exported = server.as_("carl", "export --case 101 --to -")
    assert exported.returncode == 0, exported.stderr
    with zipfile.ZipFile(BytesIO(exported.stdout)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Dear Anna" in whole
    assert BCC["ada"].encode() not in whole


def test_the_owner_and_root_are_asked_nothing(server: Server) -> None:
    office, owner = server.office, server.office.unix
    assert office.run("email", "show", "1").returncode == 0
    environment = {"PATH": "/usr/bin:/bin", "SUDO_UID": str(owner.pw_uid), "SUDO_USER": owner.pw_name}
    assert office.run("email", "show", "1", env=environment).returncode == 0
    assert office.run("email", "show", "1", env={**environment, "SUDO_UID": "0", "SUDO_USER": "root"}).returncode == 0


def test_root_through_sudo_is_looked_up(server: Server) -> None:
    """A full root through sudo is somebody, too: with a login that user, without one nobody."""
    office, unix = server.office, pwd.getpwnam(LOGINS["carl"])
    environment = {"PATH": "/usr/bin:/bin", "SUDO_UID": str(unix.pw_uid), "SUDO_USER": unix.pw_name}

    def run(**more: str) -> str:
        done = subprocess.run([office.program, "email", "show", "1"], cwd=office.folder, capture_output=True, text=True,
                              env={**environment, **more})  # fmt: skip
        assert done.returncode == 2
        return done.stderr

    assert "There is no e-mail 1" in run()
    assert "SUDO_USER and SUDO_UID do not name the same unix user" in run(SUDO_USER=LOGINS["ada"])
    assert "is no user's login" in run(SUDO_USER=LOGINS["eve"], SUDO_UID=str(pwd.getpwnam(LOGINS["eve"]).pw_uid))


def test_without_logins_sudo_is_as_the_owner(server: Server) -> None:
    for name in ("Ada", "Carl"):
        server.office.run("user", "edit", name, "--login", "")
    assert "for ada only" in server.says("carl", "email show 1")
    assert os.path.exists(server.office.path)  # noqa: PTH110
    link_desk.link(server.office.db, WAITS, contacts=(1,), places=(Place("case", 1),))
