"""What goes wrong around a delivery, for real: in the end every mail is there once, whole, and nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e import installed
from tests.e2e.conftest import Office, only
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, submit
from tests.firm import BCC, mail
from tests.volume import volume

pytestmark = pytest.mark.e2e


def numbered(number: int, size: int = 0) -> bytes:
    """A mail of its own; with `size`, with so many bytes that cannot be packed."""
    noise = random.Random(number).randbytes(size // 2).hex()
    return mail("anna@client.example", text=f"number {number}\n{noise}", msgid=f"{number}@fault.example")


def everything_once(office: Office, count: int) -> None:
    """Every table of mail has so many rows, each mail is filed once, and all is sound."""
    for table in ("emails", "raw_messages", "deliveries", "decisions", "email_cases"):
        assert office.count(table) == count, table
    assert office.one("SELECT count(*) FROM activities WHERE verb = 'filed'") == count
    assert office.one("SELECT count(DISTINCT msgid) FROM emails WHERE standing = 'linked'") == count
    assert office.one("SELECT count(*) FROM email_search WHERE email_search MATCH 'number'") == count
    assert office.one("PRAGMA integrity_check") == "ok"
    assert office.all("PRAGMA foreign_key_check") == []


def with_a_case(office: Office) -> Office:
    office.case("Nguyen Trust", office.contact("Anna"))
    return office


class Door:
    """The installed program as the unprivileged user, without a mail server in front."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def open(self, *wrapper: str, **environment: str) -> subprocess.Popen[bytes]:
        office = self.office
        argv = [
            *wrapper,
            office.program,
            "--db",
            office.path,
            "deliver",
            "--recipient",
            BCC["ada"],
            "--queue-id",
            "4F1X",
        ]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
                                env={"PATH": "/usr/bin:/bin", **environment}, process_group=0, **self.as_user(wrapper))  # fmt: skip

    def as_user(self, wrapper: tuple[str, ...]) -> dict[str, object]:
        unix = self.office.unix
        return {} if wrapper else {"user": unix.pw_uid, "group": unix.pw_gid, "extra_groups": []}

    def deliver(self, raw: bytes, *wrapper: str, **environment: str) -> tuple[int, str]:
        process = self.open(*wrapper, **environment)
        output, _ = process.communicate(raw, timeout=60)
        return process.returncode, output.decode()


@pytest.fixture
def door(office: Office) -> Door:
    return Door(with_a_case(office))


def submit_all(postfix: Postfix, raws: list[bytes], clients: int = 10) -> list[str]:
    """Hand all in, over several connections at once; the queue ids."""

    def share(number: int) -> list[str]:
        with postfix.client() as client:
            return [submit(client, raw, BCC["ada"], sender="ada@firm.example") for raw in raws[number::clients]]

    with ThreadPoolExecutor(clients) as pool:
        return [queue_id for ids in pool.map(share, range(clients)) for queue_id in ids]


def finished(postfix: Postfix, ids: list[str], seconds: float = 120) -> None:
    """Wait until all of them have left the queue, and see that each was sent in the end."""
    # Not by the log: a Postfix that is aborted may take its last lines along.
    wanted = set(ids)
    postfix.wait(lambda lines: wanted.isdisjoint(path.name for path in postfix.queue()), seconds)
    assert not [line for line in postfix.log if "status=bounced" in line]


# The moment does not matter.


@pytest.mark.soak
def test_killed_at_any_moment_and_delivered_again(door: Door) -> None:
    count = volume(30, 200)
    raws = [numbered(n) for n in range(count)]
    chance = random.Random(3)
    codes = []
    usual = 0.0
    for number, raw in enumerate(raws):
        process = door.open()
        is_timed = number % 10 == 0  # how long it takes by now
        started = time.perf_counter()
        try:
            process.communicate(raw, timeout=60 if is_timed else chance.uniform(0, 1.4 * usual))
            usual = time.perf_counter() - started if is_timed else usual
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # as Postfix and timeout(1) do
            process.communicate()
        codes.append(process.returncode)
    assert set(codes) == {0, -signal.SIGKILL}
    assert codes.count(0) <= door.office.one("SELECT count(*) FROM emails")
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(door.deliver, raws)) == {(0, "")}
    everything_once(door.office, count)


@pytest.mark.soak
def test_postfix_stopped_and_started_in_a_burst(office: Office, postfix: Postfix) -> None:
    with_a_case(office)
    office.db.execute("BEGIN IMMEDIATE")  # nothing is committed while this lasts
    count = volume(30, 60)
    ids = submit_all(postfix, [numbered(n) for n in range(count)])
    postfix.wait(lambda _: any(path.parent.name == "active" for path in postfix.queue()))
    postfix.stop("abort")
    office.db.execute("ROLLBACK")
    assert len(postfix.queue()) == count
    postfix.start()
    postfix.wait(lambda lines: sum("status=sent" in line for line in lines) >= count // 3)
    postfix.stop("abort")
    postfix.start()
    finished(postfix, ids)
    everything_once(office, count)


@pytest.mark.soak
def test_many_mails_20_at_once(office: Office, postfix: Postfix) -> None:
    with_a_case(office)
    count = volume(60, 500)
    ids = submit_all(postfix, [numbered(n) for n in range(count)], clients=20)
    finished(postfix, ids)
    assert not [line for line in postfix.log if "status=deferred" in line]
    everything_once(office, count)


@pytest.mark.soak
@only("lmtp")
def test_the_server_killed_and_started_in_a_burst(office: Office, postfix: Postfix, server: Lmtp) -> None:
    with_a_case(office)
    count = volume(60, 200)
    ids = submit_all(postfix, [numbered(n) for n in range(count)])
    for sent in (5, 30):
        postfix.wait(lambda lines, sent=sent: sum("status=sent" in line for line in lines) >= sent)
        server.kill()
        assert len(postfix.queue()) > 0
        server.start()
    finished(postfix, ids)
    everything_once(office, count)


def test_the_same_queue_file_twice(place: Path, program: Path) -> None:
    # The program logs the mail, but Postfix hears 75: a machine that went down before it could note the success.
    own = place / "bin/casefleet"
    own.parent.mkdir()
    shutil.copy(program, own)
    office = with_a_case(Office(place / "office", own, installed.unprivileged_user()))
    lines = office.lines()
    own.write_text(
        f'#!/bin/sh\n{program} "$@" || exit $?\ntest -e {office.folder}/heard || {{ touch {office.folder}/heard; exit 75; }}\n'
    )
    postfix = Postfix(place / "postfix", *lines).start()
    try:
        queue_id = postfix.submit(numbered(1), BCC["ada"])
        postfix.tried(queue_id)
        postfix.retry()
        assert [outcome.status for outcome in postfix.done(queue_id)] == ["deferred", "sent"]
        everything_once(office, 1)
    finally:
        postfix.stop("abort")


# The database.


def test_a_database_that_is_locked_for_too_long(
    office: Office, instance: Postfix, way: str, request: pytest.FixtureRequest
) -> None:
    with_a_case(office)
    if way == "lmtp":
        request.getfixturevalue("server").start(CASEFLEET_BUSY_SECONDS="0.3")
    instance.set("export_environment=TZ MAIL_CONFIG LANG CASEFLEET_BUSY_SECONDS=0.3")
    postfix = instance.start()
    office.db.execute("BEGIN IMMEDIATE")
    ids = submit_all(postfix, [numbered(n) for n in range(5)], clients=5)
    for queue_id in ids:
        first = postfix.tried(queue_id)[0]
        assert first.status == "deferred"
        assert {"pipe": "locked by another program", "lmtp": "cannot be logged now"}[way] in first.text
    office.db.execute("ROLLBACK")
    postfix.retry()
    finished(postfix, ids)
    everything_once(office, 5)


def test_a_database_that_cannot_be_used_yet(office: Office, postfix: Postfix, way: str) -> None:
    with_a_case(office)
    path, kept = Path(office.path), Path(office.path + ".kept")
    unix = office.unix

    def away() -> None:
        office.db.close()  # and with it the files beside the database, which belong to its name
        path.rename(kept)

    def foreign() -> None:
        away()
        path.write_bytes(b"not a database " * 1000)
        os.chown(path, unix.pw_uid, unix.pw_gid)

    def back() -> None:
        kept.rename(path)
        office.reopen()

    def older(version: int) -> None:
        office.db.execute(f"PRAGMA user_version = {version}")

    (version,) = office.db.execute("PRAGMA user_version").fetchone()
    faults = {
        "read-only": (lambda: path.chmod(0o400), lambda: path.chmod(0o600)),
        "There is no database": (away, back),
        "not a casefleet database": (foreign, back),
        "casefleet migrate": (lambda: older(version - 1), lambda: older(version)),
        "newer casefleet": (lambda: older(version + 1), lambda: older(version)),
        "There is no database at": (lambda: office.folder.chmod(0o000), lambda: office.folder.chmod(0o700)),
    }
    if way == "lmtp":
        del faults["read-only"]  # a file that is open stays writable
    for number, (words, (spoil, mend)) in enumerate(faults.items()):
        spoil()
        queue_id = postfix.submit(numbered(number), BCC["ada"])
        first = postfix.tried(queue_id)[0]
        assert first.status == "deferred"
        assert (words if way == "pipe" else "cannot be logged now") in first.text
        assert office.path not in first.text
        mend()
        postfix.retry()
        assert postfix.done(queue_id)[-1].status == "sent"
    everything_once(office, len(faults))


@pytest.mark.parametrize("room", [0, 300_000, 900_000])
def test_a_full_disk_and_room_again(place: Path, program: Path, small_disk: Path, room: int) -> None:
    installed.need("postfix", "postconf")
    office = with_a_case(Office(small_disk / "office", program, installed.unprivileged_user()))
    postfix = Postfix(place / "postfix", *office.lines()).start()
    try:
        office.db.close()  # nobody has it open: the first delivery must make the files beside it
        free = os.statvfs(small_disk)
        filler = small_disk / "filler"
        filler.write_bytes(b"\0" * (free.f_bavail * free.f_bsize - room))
        ids = submit_all(postfix, [numbered(n, size=200_000) for n in range(6)], clients=6)
        for queue_id in ids:
            postfix.tried(queue_id)
        deferred = [line for line in postfix.log if "status=deferred" in line]
        assert deferred
        assert all("4.3.0" in line for line in deferred)
        filler.unlink()
        postfix.retry()
        finished(postfix, ids)
        office.reopen()
        everything_once(office, 6)
    finally:
        postfix.stop("abort")


def test_a_bug_while_deriving_keeps_the_bytes_and_is_mended(office: Office, postfix: Postfix) -> None:
    with_a_case(office)
    office.db.execute("CREATE TRIGGER bug BEFORE INSERT ON email_recipients BEGIN SELECT RAISE(ABORT, 'a bug'); END")
    assert [outcome.status for outcome in postfix.done(postfix.submit(numbered(1), BCC["ada"]))] == ["sent"]
    assert office.all("SELECT subject, standing FROM emails") == [(None, "unassigned")]
    assert "1" in office.run("unassigned").stdout
    assert office.run("reparse", "--broken").returncode == 1
    office.db.execute("DROP TRIGGER bug")
    done = office.run("reparse", "--broken")
    assert (done.returncode, done.stdout) == (0, "Reparsed: 1 mended.\n")
    assert office.all("SELECT subject, standing FROM emails") == [("Hearing", "unassigned")]
    assert office.count("raw_messages") == office.count("deliveries") == office.count("decisions") == 1


def children(process: subprocess.Popen[bytes]) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


@pytest.mark.soak
@pytest.mark.parametrize("whom", ["the one that waits", "the one that works"])
def test_one_of_its_two_processes_killed_at_any_moment(door: Door, whom: str) -> None:
    count = volume(12, 100)
    chance = random.Random(4)
    codes = []
    for number in range(count):
        process = door.open()
        process.stdin.write(numbered(number))
        process.stdin.close()
        while not (working := children(process)) and process.poll() is None:
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.05))
        if whom == "the one that waits":
            process.kill()
        for pid in working if whom == "the one that works" else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.stdout.read()  # until both have ended
        codes.append(process.wait())
    if whom == "the one that works":
        assert set(codes) == {0}
        assert door.office.one("SELECT count(*) FROM emails WHERE defects LIKE '%not-understood%'") > 0
    else:
        assert set(codes) <= {0, -signal.SIGKILL}
        assert -signal.SIGKILL in codes
    assert door.office.one("SELECT count(DISTINCT content) FROM raw_messages") == count
    assert door.office.one("SELECT count(*) FROM emails") == count
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(door.deliver, map(numbered, range(count)))) == {(0, "")}
    assert door.office.one("SELECT count(*) FROM deliveries") == count


# What hangs.


def test_a_message_that_never_ends(door: Door) -> None:
    process = door.open(CASEFLEET_TIME_LIMIT_SECONDS="0.5")
    process.stdin.write(numbered(1))
    process.stdin.flush()
    assert process.wait(60) == 75
    assert process.stdout.read() == b"4.3.0 This delivery took too long; the mail stays in the queue.\n"
    process.stdin.close()
    assert door.deliver(numbered(1)) == (0, "")
    everything_once(door.office, 1)


def test_a_writer_that_never_lets_go(door: Door) -> None:
    door.office.db.execute("BEGIN IMMEDIATE")
    code, output = door.deliver(numbered(1), CASEFLEET_TIME_LIMIT_SECONDS="0.5", CASEFLEET_BUSY_SECONDS="1000")
    door.office.db.execute("ROLLBACK")
    assert code == 75
    assert output.startswith("4.3.0 ")
    assert door.deliver(numbered(1)) == (0, "")
    everything_once(door.office, 1)


def test_a_delivery_that_is_stopped(place: Path, program: Path) -> None:
    own = place / "bin/casefleet"
    own.parent.mkdir()
    shutil.copy(program, own)
    office = with_a_case(Office(place / "office", own, installed.unprivileged_user()))
    main, master = office.lines()
    sound = own.read_bytes()
    own.write_text("#!/bin/sh\nkill -STOP $$\n")
    assert master.count("timeout -s KILL 270 ") == 1
    postfix = Postfix(place / "postfix", main, master.replace("timeout -s KILL 270 ", "timeout -s KILL 1 ")).start()
    try:
        queue_id = postfix.submit(numbered(1), BCC["ada"])
        assert postfix.tried(queue_id)[0].status == "deferred"
        own.write_bytes(sound)
        postfix.retry()
        assert postfix.done(queue_id)[-1].status == "sent"
        everything_once(office, 1)
    finally:
        postfix.stop("abort")


# The system log.


class Devices:
    """A /dev of our own with a system log of our own, for whoever runs behind `wrapper`."""

    def __init__(self, folder: Path, user: str) -> None:
        folder.mkdir(mode=0o755)
        for name in ("null", "zero", "random", "urandom"):
            subprocess.run(["cp", "-a", f"/dev/{name}", folder], check=True)
        (folder / "fd").symlink_to("/proc/self/fd")
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            (folder / name).symlink_to(f"/proc/self/fd/{number}")
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind(str(folder / "log"))
        (folder / "log").chmod(0o666)
        self.log.settimeout(30)
        self.wrapper = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /dev && exec "$@"', str(folder))
        self.wrapper_as_user = self.as_user(user, user)
        if subprocess.run([*self.wrapper, "true"]).returncode:
            installed.missing("the right to mount a /dev of our own")

    def as_user(self, user: str, group: str) -> tuple[str, ...]:
        """The wrapper for a command of this user and group."""
        return (*self.wrapper, "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")

    def line(self) -> str:
        """The next line of the log."""
        return self.log.recv(4096).decode()

    def silent(self) -> bool:
        self.log.setblocking(False)
        try:
            return not self.log.recv(4096)
        except BlockingIOError:
            return True


@pytest.fixture
def devices(place: Path) -> Iterator[Devices]:
    installed.need("unshare", "mount", "setpriv")
    made = Devices(place / "dev", installed.unprivileged_user().pw_name)
    yield made
    made.log.close()


def test_one_line_of_log_for_a_delivery_and_nothing_secret_in_it(
    office: Office, instance: Postfix, devices: Devices, way: str, request: pytest.FixtureRequest
) -> None:
    with_a_case(office)
    if way == "lmtp":
        request.getfixturevalue("server").start(*devices.as_user(office.unix.pw_name, "postfix"))
    postfix = instance.start(*devices.wrapper)
    filed, held, gone = (
        postfix.submit(numbered(1), BCC["ada"]),
        postfix.submit(mail("x@else.example", sender="stranger@else.example"), BCC["carl"], sender="s@else.example"),
        postfix.submit(numbered(3), "gone-secret@log.firm.example"),
    )
    lines = [devices.line() for _ in range(3)]
    for queue_id in (filed, held, gone):
        postfix.done(queue_id)
    assert devices.silent()
    told = {line.partition("]: ")[2].partition(" ms=")[0] for line in lines}
    ids = dict(office.all("SELECT d.queue_id, d.email_id FROM deliveries AS d"))
    assert told == {
        f"{filed}: outcome=filed email={ids[filed]}",
        f"{held}: outcome=held email={ids[held]}",
        f"{gone}: outcome=unknown-address email=-",
    }
    for line in lines:
        assert "casefleet[" in line
        assert line.rpartition(" ms=")[2].isdigit()
        for secret in ("@", "Hearing", "anna", "ada", "carl", "gone-", office.path):
            assert secret not in line


def test_a_deferred_mail_has_its_line_too(door: Door, devices: Devices) -> None:
    door.office.db.execute("PRAGMA user_version = 0")
    assert door.deliver(numbered(1), *devices.wrapper_as_user)[0] == 75
    assert "4F1X: outcome=deferred email=- ms=" in devices.line()


def test_a_system_log_that_hangs_changes_no_answer(door: Door, devices: Devices) -> None:
    full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    full.setblocking(False)
    with pytest.raises(BlockingIOError):
        for _ in range(100_000):
            full.sendto(b"x", devices.log.getsockname())
    assert door.deliver(numbered(1), *devices.wrapper_as_user) == (0, "")
    everything_once(door.office, 1)
