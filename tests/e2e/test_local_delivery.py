"""How the logging domain gets to an alias with a pipe, to procmail and to maildrop, by the lines that are printed."""

from __future__ import annotations

import json
import pwd
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix
from tests.firm import BCC, mail
from tests.volume import volume

pytestmark = pytest.mark.e2e

KINDS = {"aliases": "postfix", "procmail": "procmail", "maildrop": "maildrop"}
CLIENT = "anna@client.example"


@pytest.fixture
def service_user(place: Path) -> Iterator[pwd.struct_passwd]:
    """A user as `casefleet install` makes it: without a shell, at home where the database is."""
    installed.need("useradd", "userdel", "pkill")
    name, home = f"cf{token_hex(4)}", place / "home"
    home.mkdir()
    subprocess.run(["useradd", "--system", "--user-group", "--home-dir", home, "--no-create-home", "--shell",
                    "/usr/sbin/nologin", name], check=True)  # fmt: skip
    shutil.chown(home, name, name)
    yield pwd.getpwnam(name)
    while subprocess.run(["pkill", "-KILL", "-U", name]).returncode == 0:  # what is tried again every second
        pass
    subprocess.run(["userdel", name], check=True)


class Route:
    """A Postfix with what `casefleet postfix --KIND` prints in its place; not yet started."""

    is_mapped = False
    """Whether it knows the BCC addresses."""

    def __init__(self, place: Path, office: Office, kind: str, *words: str) -> None:
        installed.need("postfix", "postconf", KINDS[kind])
        self.later = place / "home/casefleet-later"
        self.postfix = Postfix(place / "postfix", "", "local unix - n n - - local\n")
        etc = self.postfix.etc
        done = office.run("postfix", f"--{kind}", *words)
        assert (done.returncode, done.stderr) == (0, "")
        self.printed = done.stdout.replace("/etc/postfix/", f"{etc}/")
        head = self.printed.partition("# This file is ")[0]
        sections = {
            section.partition(" ")[0]: [line.removeprefix("#   ") for line in section.splitlines()[1:]]
            for section in head.removeprefix("# ").split("\n# /")
        }
        (main,) = [lines for name, lines in sections.items() if name.endswith("/main.cf")]
        for name, lines in sections.items():
            if not name.endswith("/main.cf"):
                (etc / Path(name).name).write_text("".join(f"{line}\n" for line in lines))
        path, _, commands = self.printed.partition("# This file is ")[2].partition("\n")[0].partition(" ")
        self.file = Path(path.rstrip(".:"))
        self.file.write_text(self.printed)
        commands = commands[commands.index("chown") :]
        subprocess.run(["sh", "-ec", commands], check=True)
        self.postfix.set("mydestination=localhost", "local_transport=local:localhost", *main)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(place: Path, program: Path, service_user: pwd.struct_passwd) -> Office:
    made = Office(place / "office", program, service_user)
    made.case("Nguyen Trust", made.contact("Anna"))
    return made


@pytest.fixture(params=[False, True], ids=["catch-all", "map"])
def route(request: pytest.FixtureRequest, place: Path, office: Office, kind: str) -> Iterator[Route]:
    made = Route(place, office, kind, *(["--map", str(place / "recipients.sqlite")] if request.param else []))
    made.is_mapped = request.param
    yield made
    made.postfix.stop("abort")


def logged(office: Office) -> list[tuple[str, int]]:
    return sorted(office.all("SELECT subject, user_id FROM emails JOIN deliveries ON email_id = emails.id"))


WAYS = [(False, ""), (False, "-"), (True, "+"), (True, "-"), (False, "+"), (True, "")]


@pytest.mark.soak
@pytest.mark.parametrize(("route", "delimiter"), WAYS[: volume(4, 6)], indirect=["route"])
def test_mail_for_the_domain_is_logged_for_each_user(office: Office, route: Route, delimiter: str) -> None:
    postfix = route.postfix
    postfix.set(f"recipient_delimiter={delimiter}")
    postfix.start()
    queue_id = postfix.submit(mail(CLIENT), CLIENT, BCC["ada"], BCC["carl"])
    assert {one.status for one in postfix.done(queue_id)} == {"sent"}
    tagged = BCC["ada"].replace("@", "+2026-101@")
    queue_id = postfix.submit(mail(CLIENT, msgid="2", subject="Tagged"), tagged)
    assert [one.status for one in postfix.done(queue_id)] == ["sent"]
    assert logged(office) == [("Hearing", office.ada), ("Hearing", office.carl), ("Tagged", office.ada)]
    assert office.one("SELECT count(*) FROM email_cases WHERE linked_by = 'person'") == 1
    assert not route.later.exists()


def test_an_unknown_address_is_refused(office: Office, route: Route) -> None:
    postfix = route.postfix.start()
    if route.is_mapped:
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            postfix.submit(mail(CLIENT), "gone@log.firm.example")
        assert refused.value.smtp_code == 550
    else:
        (outcome,) = postfix.done(postfix.submit(mail(CLIENT), "gone@log.firm.example"))
        assert outcome.status == "bounced"
        assert any("dsn=5.1.1, status=bounced" in line for line in postfix.log)
    assert office.count("raw_messages") == 0
    assert not route.later.exists()


def test_of_an_alias_in_front_only_the_alias_is_told_so_it_waits(office: Office, route: Route, kind: str) -> None:
    asked = subprocess.run(
        ["postconf", "-c", route.postfix.etc, "-h", "virtual_alias_maps"], capture_output=True, text=True
    )
    route.postfix.set(
        f"virtual_alias_maps={asked.stdout.strip()} inline:{{ {{ log-ada@firm.example = {BCC['ada']} }} }}"
    )
    postfix = route.postfix.start()
    queue_id = postfix.submit(mail(CLIENT), "log-ada@firm.example")
    if kind == "aliases":
        assert postfix.tried(queue_id)[0].status == "deferred"
        assert "No recipient" in postfix.tried(queue_id)[0].text
    else:
        assert [one.status for one in postfix.done(queue_id)] == ["sent"]
        assert len(list((route.later / "new").iterdir())) == 1
    assert office.count("raw_messages") == 0


def test_what_cannot_be_logged_now_waits(office: Office, route: Route, kind: str) -> None:
    postfix = route.postfix
    route.file.write_text(route.file.read_text().replace("/bin/casefleet ", "/bin/gone "))
    postfix.start()
    queue_id = postfix.submit(mail(CLIENT), BCC["ada"])
    if kind == "aliases":
        assert postfix.tried(queue_id)[0].status == "deferred"
    else:
        assert [one.status for one in postfix.done(queue_id)] == ["sent"]
        done = office.run("redeliver", str(route.later))
        assert (done.returncode, done.stdout) == (0, "1 logged, 0 known, 0 stay.\n")
    assert office.count("emails") == (kind != "aliases")


def test_the_secret_is_not_in_the_list_of_processes(office: Office, route: Route) -> None:
    """The program that is called tells with which words."""
    seen = office.folder / "words"
    spy = office.folder / "casefleet"
    spy.write_text(f'#!/bin/sh\ntr "\\0" " " < /proc/$$/cmdline >> {seen}\ntr "\\0" " " < /proc/$PPID/cmdline >> {seen}\n'
                   f'exec {office.program} "$@"\n')  # fmt: skip
    spy.chmod(0o755)
    shutil.chown(spy, office.unix.pw_name)
    route.file.write_text(route.file.read_text().replace(str(office.program), str(spy)))
    postfix = route.postfix.start()
    assert [one.status for one in postfix.done(postfix.submit(mail(CLIENT), BCC["ada"]))] == ["sent"]
    assert office.count("emails") == 1
    assert " deliver" in seen.read_text()
    assert BCC["ada"].partition("@")[0] not in seen.read_text()


def test_doctor_knows_these_ways(office: Office, route: Route) -> None:
    done = office.run("doctor", "--postfix-config", str(route.postfix.etc), "--json")
    told = {one["check"]: (one["state"], one["sentence"]) for one in json.loads(done.stdout)}
    assert {check: state for check, (state, _) in told.items() if state != "ok"} == {"domain": "warning"}
    assert ("uses no map" in told["map"][1]) is not route.is_mapped
    assert done.returncode == 0
    if route.is_mapped:
        route.postfix.set("virtual_alias_maps=inline:{ { @log.firm.example = casefleet@localhost } }")
        done = office.run("doctor", "--postfix-config", str(route.postfix.etc), "--json")
        told = {one["check"]: (one["state"], one["sentence"]) for one in json.loads(done.stdout)}
        assert told["map"] == ("warning", "Postfix does not find 2 BCC addresses in virtual_alias_maps.")
