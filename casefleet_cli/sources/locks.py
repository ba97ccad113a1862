"""The locks that programs take on an mbox while they write to it: fcntl's and the dot-lock beside it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import time
from typing import TYPE_CHECKING, Self

from casefleet_cli import clock

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 5.0
"""Seconds to wait for a program that has the lock."""
_PAUSE = 0.1
STALE = 300
"""Seconds after which a dot-lock that nobody renews is that of a program that died; Dovecot breaks it after 120."""
_RENEWED = 30
"""Seconds after which ours is renewed."""


class LockedError(OSError):
    """Another program keeps its lock on the mbox."""

    def __init__(self) -> None:
        super().__init__(errno.EAGAIN, "another program has locked it: import it again when that has ended")


class Lock:
    """Both locks on one mbox, as a context: what cannot be had, in a folder where nobody may write, is done without.

    Raises LockedError when another program keeps one of them. `is_writing`: nobody else may read meanwhile; the
    descriptor is open for writing. Closing any other descriptor of the file gives the lock of fcntl up.
    """

    def __init__(self, path: Path, descriptor: int, *, is_writing: bool = False) -> None:
        self._dot = f"{path}.lock"
        self._descriptor = descriptor
        self._kind = fcntl.LOCK_EX if is_writing else fcntl.LOCK_SH
        self._is_ours = False
        self._renewed = clock.ticks()

    def __enter__(self) -> Self:
        until = clock.ticks() + PATIENCE
        while not (self._dot_lock() and self._fcntl_lock()):
            self._unlink()
            if clock.ticks() >= until:
                raise LockedError
            time.sleep(_PAUSE)
        return self

    def __exit__(self, *error: object) -> None:
        self._unlink()  # the lock of fcntl goes with the descriptor

    def renew(self) -> None:
        """Say that the dot-lock is still in use; cheap to call often."""
        if self._is_ours and clock.ticks() - self._renewed > _RENEWED:
            self._renewed = clock.ticks()
            with contextlib.suppress(OSError):
                os.utime(self._dot)

    def _dot_lock(self) -> bool:
        """Whether the dot-lock is ours or cannot be had by anybody; False where another has it."""
        try:
            made = os.open(self._dot, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            return self._is_stale()
        except OSError:
            return True
        with contextlib.suppress(OSError):
            os.write(made, b"%d casefleet\n" % os.getpid())
        os.close(made)
        self._is_ours = True
        return True

    def _is_stale(self) -> bool:
        """Whether the lock that is there is that of a program that died; only one of our own is taken away."""
        try:
            with open(self._dot, "rb") as file:  # noqa: PTH123 - it is a name, not a path
                status, content = os.fstat(file.fileno()), file.read(100)
        except FileNotFoundError:
            return False  # it has just gone: try again
        except OSError:
            return True
        left = re.fullmatch(rb"(\d{1,9}) casefleet\n", content)
        if left and not _runs(int(left[1])):
            self._is_ours = True
            self._unlink()
            return False
        return clock.now().timestamp() - status.st_mtime > STALE

    def _fcntl_lock(self) -> bool:
        try:
            fcntl.lockf(self._descriptor, self._kind | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EAGAIN, errno.EACCES)  # a file system may know no locks
        return True

    def _unlink(self) -> None:
        if self._is_ours:
            self._is_ours = False
            with contextlib.suppress(OSError):
                os.unlink(self._dot)  # noqa: PTH108 - it is a name, not a path


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
