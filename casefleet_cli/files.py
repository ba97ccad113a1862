"""Files and folders written whole: made beside their final name, synced to the disk, and then there all at once.

A draft grows in a folder of its own, `.NAME.casefleet-TOKEN` beside the target, which nobody else may enter and which
its run keeps locked (flock). A run that is killed leaves that folder and nothing else. Its lock ends with it: so the
next run there knows the folder for dead and removes it, and never touches one that somebody still writes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
from pathlib import Path

from casefleet_cli import clock
from casefleet_cli.errors import CannotCreateError, TryAgainError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = 10
_WORKSHOP = re.compile(rf"\..*\.casefleet-[{clock.TOKEN_ALPHABET}]{{{_TOKEN}}}", re.DOTALL)
_LONGEST = 200
"""Bytes of the target's name that the name of its folder repeats; a name has at most 255."""
_SYNCS_AT_ONCE = 16
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)
"""What file systems without hard links answer."""
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)
"""What file systems answer that do not sync folders."""


class ThereAlreadyError(CannotCreateError):
    """The final name is taken, and what has it is not to be replaced."""


class Owner(NamedTuple):
    """Whom a file is given to, as far as we may: numbers of a user and a group; -1 leaves it as it is."""

    user: int = -1
    group: int = -1


@contextlib.contextmanager
def new_file(
    to: Path,
    *,
    otherwise: str = "name another file",
    mode: int = 0o600,
    owner: Owner | None = None,
    replace: bool = False,
) -> Iterator[Path]:
    """A path to make a file at; when the block ends it is under its final name, whole, synced, with mode and owner.

    On any exception nothing is under the final name, or what was there before. Raises ThereAlreadyError (the sentence
    ends with `otherwise`: what to do) unless it may be replaced, TryAgainError when the disk is full, and
    CannotCreateError for all else that the system refuses, in the block too.
    """
    with _draft(to, otherwise, replace=replace) as draft:
        yield draft
        for user, group in ((-1, owner.group), (owner.user, -1)) if owner else ():
            with contextlib.suppress(PermissionError):
                os.chown(draft, user, group)
        draft.chmod(mode)
        sync(draft)
        if replace:
            draft.replace(to)
            _sync_folder(to.parent)
        else:
            second_name(draft, to)


@contextlib.contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """A path at which to make a file for the block alone; what a killed run leaves, the next one there removes.

    Errors as new_file.
    """
    with _draft(beside, "", replace=True) as draft:
        yield draft


@contextlib.contextmanager
def new_folder(to: Path, *, otherwise: str = "name another folder") -> Iterator[Path]:
    """A new, empty folder (mode 0700) to be filled, under its final name when the block ends; errors as new_file."""
    with _draft(to, otherwise) as draft:
        draft.mkdir(mode=0o700)
        yield draft
        _sync_all(draft)
        # A folder is not put over what is there: at most over an empty folder that was made this very moment.
        _refuse_taken(to)
        draft.rename(to)
        try:
            _sync_folder(to.parent)
        except OSError:
            to.rename(draft)
            raise


def second_name(path: Path, other: Path) -> None:
    """Give a file a second name, never over another file; on file systems without links, that name only.

    Raises OSError, FileExistsError when the name is taken; then the file has it not.
    """
    try:
        os.link(path, other, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _refuse_taken(other)
        path.rename(other)
    try:
        _sync_folder(other.parent)
    except OSError:
        other.replace(path)
        other.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """See a file's bytes to the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    """See the names in a folder to the disk, where the file system does that."""
    try:
        sync(path)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync_all(top: Path) -> None:
    """See a folder and all that is in it to the disk, many files at once: a disk commits them together."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a folder is rare

    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        for folder, _, names in os.walk(top, topdown=False):
            for _ in pool.map(sync, (Path(folder, name) for name in names)):
                pass
            _sync_folder(Path(folder))


def remove_dead(folder: Path) -> None:
    """Remove the drafts in a folder whose runs are dead; those we may not remove, or cannot be sure of, stay."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _WORKSHOP.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                _remove_if_dead(Path(entry.path))


@contextlib.contextmanager
def _draft(to: Path, otherwise: str, *, replace: bool = False) -> Iterator[Path]:
    """A path in a workshop of our own; whatever becomes of the block, the workshop is gone afterwards."""
    try:
        remove_dead(to.parent)
        if not replace:
            _refuse_taken(to)
        workshop, lock = _workshop(to)
        try:
            yield workshop / to.name
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
            os.close(lock)
    except BrokenPipeError:
        raise
    except FileExistsError:
        raise ThereAlreadyError(f"{to} is there already; {otherwise}.") from None
    except OSError as error:
        if error.errno in _FULL:
            raise TryAgainError(f"No room is left on the disk of {to}; free some and try again.") from None
        raise CannotCreateError(f"{to} cannot be created: {error.strerror or error}.") from None


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _workshop(to: Path) -> tuple[Path, int]:
    """A new folder beside the target, and the descriptor that keeps it locked."""
    stem = os.fsdecode(os.fsencode(to.name)[:_LONGEST])
    while True:
        folder = to.with_name(f".{stem}.casefleet-{clock.token(_TOKEN)}")
        folder.mkdir(mode=0o700)
        # Until it is locked, another run may take it for dead.
        with contextlib.ExitStack() as stack, contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            stack.callback(os.close, lock)
            if _lock(lock) is not False and os.path.samestat(os.fstat(lock), folder.stat()):
                stack.pop_all()
                return folder, lock


def _lock(descriptor: int) -> bool | None:
    """Lock a folder until its descriptor is closed: False when another run has it, None when none can here."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_if_dead(workshop: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(workshop, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.geteuid() in (0, os.fstat(descriptor).st_uid) and _lock(descriptor):
                shutil.rmtree(workshop, ignore_errors=True)
        finally:
            os.close(descriptor)
