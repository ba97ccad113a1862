"""A server as the README has it: its lines as they stand there, from the installation to the end of a year."""

from __future__ import annotations

import re
import shlex
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from tests.e2e import installed
from tests.e2e.machine import Machine, machine
from tests.e2e.postfix import Postfix, printed
from tests.firm import mail
from tests.readme import README
from tests.volume import SOAK

pytestmark = pytest.mark.e2e

TEXT = README.read_text()
DATABASE = "/var/lib/casefleet/casefleet.db"
COPIES = "/var/backups/casefleet"
UNITS = "/usr/local/lib/systemd/system"
SERVICES = {f"casefleet-{name}.service" for name in ("lmtp", "web", "backup", "verify")}
TIMERS = {f"casefleet-{name}.timer" for name in ("backup", "verify")}


def section(heading: str) -> str:
    """The text below a heading, to the next one of its depth."""
    depth = heading.partition(" ")[0]
    found = TEXT[TEXT.index(f"\n{heading}\n") + len(heading) :]
    return found[: re.search(rf"\n#{{2,{len(depth)}}} ", found[1:]).start()]  # type: ignore[union-attr]


def blocks(text: str, kind: str = "sh") -> list[list[str]]:
    """The lines of each block of a kind."""
    return [block.splitlines() for block in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def year() -> dict[str, list[str]]:
    """The lines to type for each row of the year."""
    rows = re.findall(r"^\| ([^|]*) \| (.*) \|$", section("## An admin's year"), re.MULTILINE)
    return {when: re.findall("`([^`]*)`", what) for when, what in rows[1:]}


INSTALL, WHEEL, FIRM, MAP, GREEN = blocks(section("### On a server"))
NIGHTLY, OTHERS = blocks(section("## An admin's year"))
(CRON,) = blocks(section("## An admin's year"), "crontab")


@pytest.mark.timeout(600)
def test_a_year_by_the_readme(place: Path, program: Path) -> None:
    installed.need("useradd", "userdel", "postfix", "postconf", "postmap", "systemctl", "systemd-analyze", "man")
    with machine(place) as server:
        by_wheel(server, program)
        if not (SOAK or installed.E2E):
            lend_libraries(server)
        say(server, INSTALL)
        say(server, FIRM)
        postfix = mail_server(server)
        try:
            assert all(line.startswith("ok ") for line in "".join(say(server, GREEN)).splitlines())
            filed(server, postfix, "2026-104")
            units(server)
            nights(server)
            rows(server, postfix)
        finally:
            postfix.stop("abort")
        uninstalled(server)


def say(server: Machine, lines: list[str]) -> list[str]:
    """Type lines, one after the other."""
    return [server.run(line) for line in lines]


def by_wheel(server: Machine, program: Path) -> None:
    """The other way to install, and back; the libraries come from the tests' own environment."""
    if server.run("python3 -c 'import sys; print(sys.version_info[:2])'").strip() != str(sys.version_info[:2]):
        installed.missing("a Python of the tests' version in /usr/bin")
    before = server.run("find /etc /opt /usr/local /var -xdev").splitlines()
    (wheel,) = program.parents[2].glob("dist/*.whl")
    (server.clone / wheel.name).write_bytes(wheel.read_bytes())
    server.environment["PIP_NO_DEPS"] = "1"
    *to_pip, install = WHEEL
    say(server, to_pip)
    lend_libraries(server)
    told = server.run(install)
    assert "Made the unix user casefleet.\n" in told
    assert server.run("stat -c '%U %a' /var/lib/casefleet /var/backups/casefleet") == "casefleet 700\n" * 2
    assert server.run("cat /etc/casefleet.conf") == f"database = {DATABASE}\n"
    assert server.run("runuser -u casefleet -- casefleet --version").startswith("casefleet ")
    server.run("make uninstall")
    after = set(server.run("find /etc /opt /usr/local /var -xdev").splitlines()) - set(before)
    assert {path for path in after if "casefleet" in path} == {
        "/etc/casefleet.conf", "/var/lib/casefleet", "/var/backups/casefleet"
    }  # fmt: skip
    server.run("userdel casefleet && rm -r /etc/casefleet.conf /var/lib/casefleet /var/backups/casefleet")
    del server.environment["PIP_NO_DEPS"]


def lend_libraries(server: Machine) -> None:
    """The libraries of the tests' own environment are there, of the versions that pip is to fetch: it need not."""
    packages = f"/opt/casefleet/lib/python3.{sys.version_info[1]}/site-packages"
    server.run(f"mkdir -p {packages} && echo {sysconfig.get_path('purelib')} > {packages}/x.pth")


def mail_server(server: Machine) -> Postfix:
    """A Postfix configured in /etc/postfix, with what was printed put in its places."""
    postfix = Postfix(server.folder / "postfix", "", "")
    for name in ("main.cf", "master.cf"):
        server.run(f"mount --bind {postfix.etc}/{name} /etc/postfix/{name}")
    postfix.start(*server.inside)
    put_lines(server, postfix)
    return postfix


def put_lines(server: Machine, postfix: Postfix) -> None:
    _, lines = say(server, MAP)
    main, rest = printed(lines)
    master, _, table = rest.partition("\n# /etc/postfix/casefleet-recipients.cf")
    assert f"--db {DATABASE} deliver" in master
    for name, text in (("main.cf", main), ("master.cf", master)):
        with (postfix.etc / name).open("a") as file:
            file.write(text)
    server.start(["tee", "/etc/postfix/casefleet-recipients.cf"], stdin=None, input=table.partition("\n")[2])
    postfix.settle()


def filed(server: Machine, postfix: Postfix, case: str) -> None:
    """The first mail of a user to a client is on the feed of the case."""
    (bcc,) = re.findall(r"\S+@log\.firm\.example", server.run('casefleet user show "Ada Berg"'))
    queue_id = postfix.submit(mail("minh@nguyen.example"), bcc)
    assert [outcome.status for outcome in postfix.done(queue_id)] == ["sent"], postfix.outcomes(queue_id)
    assert "filed for Ada Berg" in server.run(f"casefleet feed --case {case}")


def units(server: Machine) -> None:
    """systemd takes every unit, and calls each service safe; each that is to be enabled can be."""
    names = set(server.run(f"ls {UNITS}").split())
    assert names == SERVICES | TIMERS
    paths = " ".join(f"{UNITS}/{name}" for name in sorted(names))
    assert server.run(f"systemd-analyze verify {paths}") == ""
    for name in sorted(SERVICES):
        server.run(f"systemd-analyze security --offline=true --threshold=20 {UNITS}/{name}")
    # No systemd runs in there that could start them: `now` is all that is left out.
    say(server, [line.replace(" --now", "") for line in (*NIGHTLY, *OTHERS)])
    enabled = server.run("ls /etc/systemd/system/timers.target.wants /etc/systemd/system/multi-user.target.wants")
    assert TIMERS | {"casefleet-lmtp.service", "casefleet-web.service"} <= set(enabled.split())


def nights(server: Machine) -> None:
    """What the timers start, and what cron starts, copies, proves and clears away."""

    def keep_older() -> str:
        """Fourteen older copies, of which each new one pushes one out, and a file that is not ours to remove."""
        server.run("casefleet backup /root/one.db")
        for day in range(1, 15):
            server.run(
                f"install -o casefleet -m 600 /root/one.db {COPIES}/log.firm.example-2020-01-{day:02}T021500Z.db"
            )
        server.run(f"rm /root/one.db && touch {COPIES}/mine.db && chown casefleet: {COPIES}/*")
        return server.run(f"ls {COPIES}")

    def copied(before: str) -> list[str]:
        """What is new in the folder, when the oldest copy is gone for it."""
        now = server.run(f"ls {COPIES}").split()
        assert set(before.split()) - set(now) == {"log.firm.example-2020-01-01T021500Z.db"}
        new = sorted(set(now) - set(before.split()))
        assert re.fullmatch(time.strftime(r"log\.firm\.example-%FT\d{6}Z\.db", time.gmtime()), new[0])
        return new[1:]

    older = keep_older()
    for name in ("backup", "verify"):
        for words in started(server.run(f"cat {UNITS}/casefleet-{name}.service")):
            done = server.start(["/usr/sbin/runuser", "-u", "casefleet", "--", *words], env={})
            assert (done.returncode, done.stderr) == (0, "")
        assert ("Head of the journal" in done.stdout) == (name == "verify")
    assert copied(older) == []
    server.run(f"rm {COPIES}/*")
    older = keep_older()
    for user, line, environment in jobs(CRON):
        home = server.run(f"getent passwd {user} | cut -d: -f6").strip()
        done = server.start(["/usr/sbin/runuser", "-u", user, "--", "/bin/sh", "-c", line],
                            env={"HOME": home, "LOGNAME": user, "SHELL": "/bin/sh", **environment})  # fmt: skip
        assert done.stdout + done.stderr == "", line  # cron would mail it
    assert copied(older) == [time.strftime("verify-%F.txt", time.gmtime())]
    assert "Head of the journal" in server.run(f"tail -n 1 {COPIES}/verify-*.txt")


def started(unit: str) -> list[list[str]]:
    """What a unit starts, each as words (systemd.service(5), COMMAND LINES)."""
    lines = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
    assert lines
    return [shlex.split(line.replace("%%", "%").replace("$$", "$")) for line in lines]


def jobs(lines: list[str]) -> list[tuple[str, str, dict[str, str]]]:
    """User, command and environment of each job of /etc/cron.d (crontab(5))."""
    environment: dict[str, str] = {}
    found = []
    for line in lines:
        if match := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            environment[match[1]] = match[2]
        elif not line.startswith("#"):
            *when, user, command = line.split(None, 6)
            assert all(re.fullmatch(r"\*|\d+", word) for word in when)
            # The first % that no backslash stands before ends the command; the rest would be its standard input.
            found.append((user, re.split(r"(?<!\\)%", command)[0].replace(r"\%", "%"), dict(environment)))
    assert len(found) == len([line for line in lines if "* *" in line])
    return found


def rows(server: Machine, postfix: Postfix) -> None:
    """Every row of the year, line by line."""
    told = year()
    nothing_typed, weekly, joins, seen, leaves, upgrade, elsewhere, lost = told.values()
    assert nothing_typed == []
    assert say(server, weekly)[1] != ""
    assert "BEGIN:VCARD" in say(server, joins)[1]
    (secret,) = re.findall(r"eva-\S+@log\.firm\.example", server.run('casefleet user show "Eva Roth"'))
    assert "The old one works until" in say(server, seen)[0]
    assert [outcome.status for outcome in postfix.done(postfix.submit(mail("x@else.example"), secret))] == ["sent"]
    say(server, leaves)
    with pytest.raises(Exception, match=r"5\.1\.1"):
        postfix.submit(mail("x@else.example"), secret)
    before = server.run("casefleet email list --csv")
    server.run("sed -i 's/^__version__ = .*/__version__ = \"0.1.999\"/' casefleet_cli/__init__.py")  # the new clone
    assert all(line.startswith("ok ") for line in say(server, upgrade)[-1].splitlines())
    assert server.run("casefleet --version") == "casefleet 0.1.999\n"
    stop, copy, *there = elsewhere
    say(server, [stop, copy])
    server.run(
        "rm -r /var/lib/casefleet /var/lib/casefleet-map /etc/casefleet.conf && cp -a /var/backups/casefleet /root/copies"
    )
    *there, doctor = there
    say(server, there)
    say(server, MAP)
    assert all(line.startswith("ok ") for line in server.run(doctor).splitlines())
    assert server.run("casefleet email list --csv") == before
    server.run("rm -r /var/lib/casefleet")
    assert all(line.startswith("ok ") for line in say(server, lost)[-1].splitlines())
    filed(server, postfix, "2026-104")
    assert server.run("stat -c %U /var/lib/casefleet/casefleet.db") == "casefleet\n"


def uninstalled(server: Machine) -> None:
    """The program is gone, and no mail."""
    held = server.run(f"sha256sum {DATABASE}")
    told = server.run("make uninstall")
    assert f"Left as they are: {DATABASE}, {COPIES}, /etc/casefleet.conf; nothing of the mail is removed.\n" in told
    assert server.run(f"sha256sum {DATABASE}") == held
    assert "casefleet" not in server.run(f"ls /opt /usr/local/bin {UNITS} /usr/local/share/man/man1")


def test_a_percent_sign_ends_a_job_of_cron() -> None:
    for line, command in ((r"0 1 * * * me date +\%F", "date +%F"), ("0 1 * * * me date +%F", "date +")):
        assert jobs([line]) == [("me", command, {})]


def test_the_rows_of_the_year_are_lines_to_type() -> None:
    assert all(line.split()[0] in ("casefleet", "make", "systemctl") for lines in year().values() for line in lines)
