"""A program on a terminal of its own, as somebody sits before it: what it shows is waited for, keys are typed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

PATIENCE = 60.0


class Terminal:
    """The end of a pseudo-terminal where a person would be."""

    def __init__(self, descriptor: int, child: int) -> None:
        self._descriptor = descriptor
        self._child = child
        self._seen = ""
        self._from = 0

    def until(self, words: str) -> str:
        """What the program shows from where it was last waited for, up to and with these words."""
        deadline = time.monotonic() + PATIENCE
        while (at := self._seen.find(words, self._from)) < 0:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"{words!r} did not come; after {self._seen[self._from :]!r}")
        shown, self._from = self._seen[self._from : at + len(words)], at + len(words)
        return shown

    def type(self, keys: str) -> None:
        """Press some keys."""
        os.write(self._descriptor, keys.encode())

    def ended(self) -> tuple[str, int]:
        """All that is still shown, and the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline - time.monotonic()):
            pass
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return self._seen[self._from :], os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """Hang up."""
        os.close(self._descriptor)
        if self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            octets = os.read(self._descriptor, 1 << 16)
        except OSError:  # the program is gone
            return False
        self._seen += octets.decode(errors="replace").replace("\r\n", "\n")
        return bool(octets)


@contextmanager
def running(argv: Sequence[str], *, columns: int = 80, **environment: str) -> Iterator[Terminal]:
    """A program on a terminal so wide."""
    child, descriptor = pty.fork()
    if not child:  # pragma: no cover - another process
        os.environ.update(environment)
        os.environ.pop("COLUMNS", None)
        os.execv(argv[0], list(argv))
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    terminal = Terminal(descriptor, child)
    try:
        yield terminal
    finally:
        terminal.close()
