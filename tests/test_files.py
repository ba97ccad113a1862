"""Files and folders written whole: nothing under the final name before its time, and nothing left of the dead."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from casefleet_cli import files
from casefleet_cli.errors import CannotCreateError, CasefleetError, TryAgainError

DEAD = ".a.casefleet-2345678923"


def new_file(to: Path) -> AbstractContextManager[Path]:
    return files.new_file(to)


@contextmanager
def new_folder(to: Path) -> Iterator[Path]:
    with files.new_folder(to) as draft:
        (draft / "deeper").mkdir()
        yield draft / "deeper" / "file"


both = pytest.mark.parametrize("new", [new_file, new_folder])
New = Callable[[Path], AbstractContextManager[Path]]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@both
@pytest.mark.parametrize("name", ["a", "a.zip", ".a", "ä b", "x" * 255, "\udcff", "new\nline"])
def test_it_is_there_when_the_block_ends_and_alone(new: New, name: str, tmp_path: Path) -> None:
    to = tmp_path / name
    with new(to) as draft:
        draft.write_bytes(b"all of it")
        assert not to.exists()
        (workshop,) = tmp_path.iterdir()
        assert workshop.stat().st_mode & 0o777 == 0o700
        assert workshop.name.startswith(".")
    assert names(tmp_path) == {name}
    assert (to / "deeper/file" if to.is_dir() else to).read_bytes() == b"all of it"
    assert to.stat().st_mode & 0o777 == (0o700 if to.is_dir() else 0o600)
    assert to.is_dir() or to.stat().st_nlink == 1


@both
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, BrokenPipeError])
def test_nothing_is_there_after_an_exception(new: New, error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error), new(tmp_path / "a") as draft:
        draft.write_bytes(b"half")
        raise error
    assert names(tmp_path) == set()


@both
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_what_is_there_is_refused_at_once(new: New, make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    with pytest.raises(files.ThereAlreadyError, match=r"a is there already; name another f.*\.$"), new(tmp_path / "a"):
        pytest.fail("the block is not entered")
    assert (tmp_path / "a").lstat() == before
    assert names(tmp_path) == {"a"}


@both
def test_what_came_meanwhile_is_refused_too(new: New, tmp_path: Path) -> None:
    to = tmp_path / "a"
    with pytest.raises(files.ThereAlreadyError), new(to) as draft:
        draft.write_bytes(b"ours")
        to.write_bytes(b"theirs")
    assert to.read_bytes() == b"theirs"
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_without_hard_links_it_is_renamed_and_never_over_another(code: int, tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    for name in ("a", "b"):
        with files.new_file(tmp_path / name) as draft:
            draft.write_bytes(b"ours")
    with pytest.raises(files.ThereAlreadyError), files.new_file(tmp_path / "c") as draft:
        draft.write_bytes(b"ours")
        (tmp_path / "c").write_bytes(b"theirs")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": b"ours", "b": b"ours", "c": b"theirs",
    }  # fmt: skip


def test_replaced_only_at_the_end(tmp_path: Path) -> None:
    to = tmp_path / "a"
    to.write_bytes(b"old")
    with pytest.raises(RuntimeError), files.new_file(to, replace=True) as draft:
        draft.write_bytes(b"new")
        raise RuntimeError
    assert to.read_bytes() == b"old"
    with files.new_file(to, replace=True, mode=0o640) as draft:
        draft.write_bytes(b"new")
        assert to.read_bytes() == b"old"
    assert to.read_bytes() == b"new"
    assert to.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == {"a"}


def test_the_owner_is_given_where_we_may(tmp_path: Path) -> None:
    ours = tmp_path.stat()
    with files.new_file(tmp_path / "a", owner=files.Owner(7, 8)) as draft:
        draft.touch()
    with files.new_file(tmp_path / "b", owner=files.Owner()) as draft:
        draft.touch()
    about = (tmp_path / "a").stat()
    assert (about.st_uid, about.st_gid) == ((7, 8) if os.geteuid() == 0 else (ours.st_uid, ours.st_gid))
    assert (tmp_path / "b").stat().st_uid == ours.st_uid


@both
@pytest.mark.parametrize(
    ("code", "kind", "exit_code", "words"),
    [
        (errno.ENOSPC, TryAgainError, 75, "No room is left on the disk of {}; free some and try again."),
        (errno.EDQUOT, TryAgainError, 75, "No room is left on the disk of {}; free some and try again."),
        (errno.EACCES, CannotCreateError, 73, "{} cannot be created: Permission denied."),
        (errno.EIO, CannotCreateError, 73, "{} cannot be created: Input/output error."),
    ],
)
@pytest.mark.parametrize("where", ["block", "fsync"])
def test_what_the_system_refuses_is_one_sentence(
    new: New, code: int, kind: type[CasefleetError], exit_code: int, words: str, where: str, tmp_path: Path, monkeypatch
) -> None:
    def refuse(_: object) -> None:
        raise OSError(code, os.strerror(code))

    if where == "fsync":
        monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind) as refused, new(tmp_path / "a") as draft:
        draft.touch()
        if where == "block":
            refuse(draft)
    assert str(refused.value) == words.format(tmp_path / "a")
    assert refused.value.exit_code == exit_code
    assert names(tmp_path) == set()


@both
def test_a_folder_that_cannot_be_synced_takes_the_name_back(new: New, tmp_path: Path, monkeypatch) -> None:
    fsync = os.fsync
    ours = tmp_path.stat()

    def refuse(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), ours):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CannotCreateError), new(tmp_path / "a") as draft:
        draft.touch()
    assert names(tmp_path) == set()


def test_a_folder_that_does_not_sync_is_no_fault(tmp_path: Path, monkeypatch) -> None:
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    for new in (new_file, new_folder):
        with new(tmp_path / new.__name__) as draft:
            draft.touch()
    assert names(tmp_path) == {"new_file", "new_folder"}


@both
@pytest.mark.parametrize("name", ["gone/a", "file/a", "x" * 256, "."])
def test_a_place_that_is_none(new: New, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotCreateError), new(tmp_path / name) as draft:
        draft.touch()
    assert names(tmp_path) == {"file"}


def test_everything_is_synced_before_it_has_its_name(tmp_path: Path, monkeypatch) -> None:
    synced: list[tuple[int, bool]] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append((os.fstat(descriptor).st_ino, to.exists())))
    to = tmp_path / "a"
    with new_folder(to) as draft:
        draft.touch()
    inside = {path.stat().st_ino for path in (to, to / "deeper", to / "deeper/file")}
    assert {number for number, named in synced if not named} == inside
    assert synced[-1] == (tmp_path.stat().st_ino, True)
    synced.clear()
    to = tmp_path / "b"
    with files.new_file(to) as draft:
        draft.touch()
    assert synced == [(to.stat().st_ino, False), (tmp_path.stat().st_ino, True)]


# The dead.


@both
def test_what_a_dead_run_left_is_removed_and_nothing_else(new: New, tmp_path: Path) -> None:
    (tmp_path / DEAD / "a").mkdir(parents=True)
    (tmp_path / DEAD / "a/half").write_bytes(b"half")
    (tmp_path / ".other\n.casefleet-2345678923").mkdir()
    stay = {"a.casefleet-2345678923", ".a.casefleet-1111111111", ".a.casefleet-234567892", ".casefleet-2345678923x"}
    for name in stay:
        (tmp_path / name).mkdir()
    (tmp_path / ".file.casefleet-2345678923").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".link.casefleet-2345678923").symlink_to("elsewhere")
    with new(tmp_path / "a") as draft:
        draft.touch()
    others = {".file.casefleet-2345678923", "elsewhere", ".link.casefleet-2345678923", "a"}
    assert names(tmp_path) == stay | others


@both
def test_what_is_written_now_is_left_alone(new: New, tmp_path: Path) -> None:
    program = f"""import sys
from pathlib import Path
from casefleet_cli import files
with files.new_file(Path({str(tmp_path / "a")!r})) as draft:
    draft.write_bytes(b"theirs")
    print("begun", flush=True)
    sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout and other.stdin
    assert other.stdout.readline() == b"begun\n"
    (theirs,) = names(tmp_path)
    with new(tmp_path / "b") as draft:
        draft.touch()
        assert names(tmp_path) >= {theirs}
    assert names(tmp_path) == {theirs, "b"}
    other.kill()
    other.wait()
    assert names(tmp_path) == {theirs, "b"}
    with new(tmp_path / "a") as draft:
        draft.touch()
    assert names(tmp_path) == {"a", "b"}


def test_the_dead_of_others_are_left_alone(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / DEAD).mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    files.remove_dead(tmp_path)
    assert names(tmp_path) == {DEAD}
    monkeypatch.undo()
    files.remove_dead(tmp_path)
    assert names(tmp_path) == set()


def test_where_nothing_can_be_locked_the_dead_stay_and_block_nobody(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    (tmp_path / DEAD).mkdir()
    with files.new_file(tmp_path / "a") as draft:
        draft.touch()
    assert names(tmp_path) == {DEAD, "a"}
