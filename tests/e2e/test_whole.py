"""Every command that writes a file or folder, killed at each of its moments and on a full disk: all of it or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from casefleet_cli.custody import copies
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests import schemas
from tests.firm import BCC, DOMAIN, Firm, mail
from tests.mortal import Ended, Runner, runner
from tests.volume import SOAK

pytestmark = pytest.mark.e2e


def sound(path: Path) -> int:
    """The number of e-mails in a database that is sound and has nothing beside it that says anything."""
    assert not Path(f"{path}-journal").exists()
    wal = Path(f"{path}-wal")
    assert not wal.exists() or not wal.stat().st_size
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(db.execute("SELECT count(*) FROM emails").fetchone()[0])


def founded(path: Path) -> None:
    assert sound(path) == 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT value FROM settings WHERE name = 'logging_domain'").fetchall() == [("log.x.example",)]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    private(path)


def copied(path: Path) -> None:
    assert sound(path) == 2
    private(path)


def folder_of_files(path: Path) -> None:
    sums_are_right({str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()})
    assert path.stat().st_mode & 0o777 == 0o700


def zip_of_files(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        sums_are_right({name: archive.read(name) for name in archive.namelist()})
    private(path)


def sums_are_right(files: dict[str, bytes]) -> None:
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert len([name for name in sums if name.startswith("messages/")]) == 2


def mapped(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as table:
        assert table.execute("SELECT address FROM recipients ORDER BY 1").fetchall() == [(BCC["ada"],), (BCC["carl"],)]
    assert path.stat().st_mode & 0o777 == 0o640


def published(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM mail").fetchone() == (2,)
    private(path)
    private(path.with_name("metadata.yaml"))


def private(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def nothing(desk: Desk) -> None:
    """Nothing is there."""


def an_old_database(desk: Desk) -> None:
    """A database with one e-mail, half of it in the -wal of a writer that was killed."""
    shutil.copy(desk.old, desk.out / "new.db")
    child = os.fork()
    if not child:
        db = sqlite3.connect(desk.out / "new.db", isolation_level=None)
        db.execute("INSERT INTO settings VALUES ('in', 'the -wal')")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (desk.out / "new.db-wal").stat().st_size


def a_wal_alone(desk: Desk) -> None:
    an_old_database(desk)
    (desk.out / "new.db").unlink()


def no_database(desk: Desk) -> None:
    (desk.out / "new.db").write_bytes(b"no database " * 1000)


def an_empty_file(desk: Desk) -> None:
    (desk.out / "map").touch(0o644)


class Desk:
    """A firm, a copy of it, an old database; and an empty folder to write to."""

    def __init__(self, folder: Path) -> None:
        for name in ("firm", "before"):
            (folder / name).mkdir()
        self.db, self.old, self.copy = folder / "firm/casefleet.db", folder / "before/casefleet.db", folder / "copy.db"
        firm = Firm(folder / "firm")
        firm.case("Nguyen Trust", firm.contact("Anna"))
        message = EmailMessage()
        message["From"], message["To"] = "ada@firm.example", "Anna <anna@client.example>"
        message.add_attachment(random.Random(1).randbytes(200_000), maintype="image", subtype="png", filename="a.png")
        for raw in (message.as_bytes(), mail("anna@client.example")):
            receive(firm.db, raw, Arrival(firm.ada, "pipe"))
        copies.backup(firm.db, self.copy)
        firm.db.close()
        old = Firm(folder / "before")
        receive(old.db, mail("anna@client.example"), Arrival(old.ada, "pipe"))
        old.db.close()
        self.out = folder / "out"


class Writer(NamedTuple):
    """A command that writes something whole."""

    words: str
    """With the database, the copy and the folder to write to put in."""
    target: str
    whole: Callable[[Path], None]
    before: Callable[[Desk], None] = nothing
    room: int = 100_000
    """Bytes of a disk that are too few for it."""

    def run(self, run: Runner, desk: Desk, killed_at: int = 0) -> Ended:
        words = (word.format(db=desk.db, copy=desk.copy, out=desk.out) for word in self.words.split())
        return run(*words, killed_at=killed_at)

    @property
    def may_be_there(self) -> bool:
        return self.replaces or self.whole is mapped

    @property
    def replaces(self) -> bool:
        return "--replace" in self.words or self.before is an_empty_file


WRITERS = {
    "init": Writer("--db {out}/new.db init --domain log.x.example", "new.db", founded),
    "backup": Writer("--db {db} backup {out}/copy.db", "copy.db", copied),
    "restore": Writer("--db {out}/new.db restore {copy}", "new.db", copied),
    "restore beside a -wal": Writer("--db {out}/new.db restore {copy}", "new.db", copied, a_wal_alone),
    "restore over a database": Writer("--db {out}/new.db restore {copy} --replace", "new.db", copied, an_old_database),
    "restore over no database": Writer("--db {out}/new.db restore {copy} --replace", "new.db", copied, no_database),
    "export to a folder": Writer("--db {db} export --case 2026-101 --to {out}/a", "a", folder_of_files),
    "export to a zip": Writer("--db {db} export --case 2026-101 --to {out}/a.zip", "a.zip", zip_of_files),
    "publish": Writer("--db {db} publish {out}/a.db", "a.db", published, room=150_000),
    "map": Writer("--db {db} postfix --map {out}/map --user nobody", "map", mapped, room=4096),
    "map over an empty file": Writer(
        "--db {db} postfix --map {out}/map --user nobody", "map", mapped, an_empty_file, 4096
    ),
}
each_writer = pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with runner(tmp_path_factory.mktemp("said")) as made:
        yield made


def test_copies_that_are_rotated_are_never_fewer_than_are_kept(desk: Desk, run: Runner) -> None:
    """Killed at every moment: so many sound ones are there, the new one whole or not at all."""
    words = ("--db", desk.db, "backup", desk.out, "--keep", 2)

    def copies_there() -> list[Path]:
        return sorted(path for path in desk.out.iterdir() if path.suffix == ".db" and path.is_file())

    def older() -> list[Path]:
        shutil.rmtree(desk.out, ignore_errors=True)
        desk.out.mkdir()
        named = [desk.out / f"{DOMAIN}-2026-01-0{day}T020000Z.db" for day in range(1, 4)]
        for path in named:
            shutil.copy(desk.copy, path)
        return named

    older()
    ended = run(*words)
    assert ended.code == 0, ended.stderr
    for moment in range(1, ended.calls + 1):
        before = older()
        assert run(*words, killed_at=moment).code == -signal.SIGKILL
        there = copies_there()
        for path in there:
            copied(path)
        assert len(there) >= 2
        assert set(before) <= set(there) or len(set(there) - set(before)) == 1
        for path in set(there) - set(before):  # so that the next one's name is free
            path.rename(desk.out / f"{DOMAIN}-2026-01-04T020000Z.db")
        again = run(*words)
        assert again.code == 0, again.stderr
        assert [path.name for path in copies_there()] == sorted(path.name for path in desk.out.iterdir())
        assert len(copies_there()) == 2


def test_a_migration_that_is_killed_has_kept_the_database_as_it_was(desk: Desk, run: Runner, tmp_path: Path) -> None:
    """Whenever the schema is no more the one before, the whole copy of it is there under its name."""
    path = Path(schemas.later(tmp_path, "8a"))
    first = path.read_bytes()

    def kept() -> list[Path]:
        return sorted(path.parent.glob("casefleet.db.schema-8-*"))

    def anew() -> None:
        for other in path.parent.iterdir():
            shutil.rmtree(other) if other.is_dir() else other.unlink()
        path.write_bytes(first)

    ended = run("--db", path, "migrate")
    assert ended.code == 0, ended.stderr
    for moment in range(1, ended.calls + 1):
        anew()
        assert run("--db", path, "migrate", killed_at=moment).code == -signal.SIGKILL
        with contextlib.closing(sqlite3.connect(path)) as db:
            has_begun = db.execute("PRAGMA user_version").fetchone() != (8,)
        for copy in kept():
            assert sound(copy) == 4
        assert kept() or not has_begun
        again = run("--db", path, "migrate")
        assert again.code == 0, again.stderr
        assert kept()
        assert sound(path) == 4
        assert {each.name for each in path.parent.iterdir()} <= {path.name, *(each.name for each in kept())}


def test_a_migration_without_room_for_the_copy_changes_nothing(run: Runner, small_disk: Path) -> None:
    path = Path(schemas.later(small_disk, "8a"))
    free = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"\0" * (free.f_bavail * free.f_bsize - 100_000))
    refused = run("--db", path, "migrate")
    assert refused.code == 75
    assert refused.stderr.startswith(f"casefleet: No room is left on the disk of {path}.schema-8-")
    assert sorted(each.name for each in small_disk.iterdir()) == ["casefleet.db", "filler"]
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (8,)
    (small_disk / "filler").unlink()
    assert run("--db", path, "migrate").code == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.soak
@each_writer
def test_killed_at_every_moment_and_run_again(writer: Writer, desk: Desk, run: Runner) -> None:
    made_ready(writer, desk)
    ended = writer.run(run, desk)
    assert ended.code == 0, ended.stderr
    assert ended.calls > 5
    for moment in moments(ended.calls):
        before = made_ready(writer, desk)
        target = desk.out / writer.target
        killed = writer.run(run, desk, killed_at=moment)
        assert killed.code == -signal.SIGKILL, killed.stderr
        was_there = target.exists()
        if was_there and not (writer.replaces and is_as_it_was(target, before)):
            writer.whole(target)
        assert was_there or not writer.replaces or writer.before is no_database
        again = writer.run(run, desk)
        assert again.code == (73 if was_there and not writer.may_be_there else 0), again.stderr
        writer.whole(target)
        others = {path.name for path in desk.out.iterdir()} - {writer.target, f"{writer.target}.last-backup"}
        if writer.whole is published:
            others -= {"metadata.yaml"}
        assert all(".replaced-" in name for name in others), others
        assert target.is_dir() or target.stat().st_nlink == 1
        nothing_is_lost(writer, desk.out, before, others)


def made_ready(writer: Writer, desk: Desk) -> dict[str, bytes]:
    """The folder to write to as it is before the command."""
    shutil.rmtree(desk.out, ignore_errors=True)
    desk.out.mkdir()
    writer.before(desk)
    return contents(desk.out)


def moments(calls: int) -> list[int]:
    """All of them; of many calls those at both ends, and some between them, where file after file is synced.

    Outside of a soak every second one: all writers write in the same way, and which of them are tried is not.
    """
    every = list(range(1, calls + 1))
    chosen = every if calls <= 20 else sorted({*every[:6], *every[6:-8:6], *every[-8:]})
    return chosen if SOAK else chosen[calls % 2 :: 2]


def is_as_it_was(target: Path, before: dict[str, bytes]) -> bool:
    """Whether the old one is under the final name: the same bytes, or the same e-mail."""
    if target.read_bytes() == before[target.name]:
        return True
    with contextlib.closing(sqlite3.connect(target)) as db:
        return target.name == "new.db" and db.execute("SELECT count(*) FROM emails").fetchone() == (1,)


def nothing_is_lost(writer: Writer, out: Path, before: dict[str, bytes], others: set[str]) -> None:
    """What a restore found in its place is there under other names."""
    if writer.before is an_old_database:
        kept = {name: sound(out / name) for name in others}
        assert list(kept.values()).count(1) == 1, kept
        (name,) = (name for name, count in kept.items() if count == 1)
        with contextlib.closing(sqlite3.connect(out / name)) as db:
            assert db.execute("SELECT value FROM settings WHERE name = 'in'").fetchall() == [("the -wal",)]
    elif writer.before in (a_wal_alone, no_database):
        kept_bytes = [(out / name).read_bytes() for name in others]
        assert all(content in kept_bytes for name, content in before.items() if not name.endswith("-shm"))
    else:
        assert not others


@each_writer
@pytest.mark.parametrize("is_some", [False, True], ids=["none", "some"])
def test_a_full_disk_and_room_again(writer: Writer, desk: Desk, run: Runner, small_disk: Path, is_some: bool) -> None:
    shutil.rmtree(desk.out, ignore_errors=True)
    desk.out.unlink(missing_ok=True)
    (small_disk / "out").mkdir()
    desk.out.symlink_to(small_disk / "out")
    try:
        writer.before(desk)
        before = contents(small_disk / "out")
        filler = small_disk / "filler"
        free = os.statvfs(small_disk)
        filler.write_bytes(b"\0" * (free.f_bavail * free.f_bsize - (writer.room if is_some else 0)))
        refused = writer.run(run, desk)
        assert refused.code == 75
        where = desk.out / writer.target
        assert refused.stderr == f"casefleet: No room is left on the disk of {where}; free some and try again.\n"
        assert contents(small_disk / "out") == before
        assert {path.name for path in desk.out.iterdir()} == set(before)
        filler.unlink()
        assert writer.run(run, desk).code == 0
        writer.whole(desk.out / writer.target)
    finally:
        desk.out.unlink()


def test_a_database_on_a_full_disk_says_so(desk: Desk, run: Runner, small_disk: Path) -> None:
    path = small_disk / "casefleet.db"
    copies.restore(desk.copy, path, replace=False)
    free = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"\0" * (free.f_bavail * free.f_bsize))
    said = f"casefleet: No room is left on the disk of {path}; free some and try again.\n"
    assert run("--db", path, "case", "list")[:2] == (75, said)
    (small_disk / "filler").unlink()
    assert run("--db", path, "case", "list")[:2] == (0, "")
