"""Who has a database locked, as Linux tells it; nobody where it does not."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_LOCKS = Path("/proc/locks")
_WRITER = 120
"""The byte of the -shm that who writes has locked (sqlite.org/walformat.html, "Locks")."""
_PROGRAM = ("casefleet", "casefleet_cli")


def of_database(path: str, commands: Collection[str]) -> str:
    """The program that writes to a database now, in words: "casefleet import (process 7)"; "" when nobody can say.

    `commands`: words that may be told of a command line; of all others, secrets may be among them.
    """
    try:
        text = _LOCKS.read_text()
        index = os.stat(f"{path}-shm").st_ino if os.path.exists(f"{path}-shm") else 0  # noqa: PTH110, PTH116
        main = os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return ""
    numbers = [number for number in writers(text, main, index) if number not in (0, os.getpid())]
    return f"{_called(numbers[0], commands)} (process {numbers[0]})" if numbers else ""


def writers(locks: str, main: int, index: int) -> Iterator[int]:
    """The processes that have a database for writing, by the inodes of its main file and its -shm, in /proc/locks.

    Source: proc_locks(5); the numbers are those of our own PID namespace, 0 or less for processes beyond it.
    """
    for line in locks.splitlines():
        with contextlib.suppress(ValueError):
            _, _, _, kind, number, file, first, last = line.split()
            inode = int(file.rpartition(":")[2])
            covers = int(first) <= _WRITER and (last == "EOF" or int(last) >= _WRITER)
            if kind == "WRITE" and int(number) > 0 and (inode == main or (inode == index and covers)):
                yield int(number)


def _called(number: int, commands: Collection[str]) -> str:
    """What a process is called: with its command where it is ours."""
    process = Path("/proc", str(number))
    with contextlib.suppress(OSError):
        words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
        for at, word in enumerate(words[:4]):
            if word.rpartition("/")[2] in _PROGRAM:
                return " ".join(["casefleet", *[other for other in words[at + 1 :] if other in commands][:1]])
    with contextlib.suppress(OSError):
        return (process / "comm").read_text().strip()
    return "a program"
