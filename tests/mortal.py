"""Commands that are killed (SIGKILL) at a chosen moment: before the n-th call that changes names, syncs or opens a database.

One process has everything imported and forks a real process for each command.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from casefleet_cli.cli import app, custody, export, mailserver, redeliver, setup  # noqa: F401 - imported once for all commands

ROOT = Path(__file__).parents[1]
CALLS = ("fsync", "ftruncate", "link", "mkdir", "pwrite", "rename", "replace", "rmdir", "unlink")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    """Of exit, or minus the signal that killed it."""
    stderr: str
    calls: int
    """How many it made, when it came to its end."""


class Runner:
    """Runs commands of the program, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *words: object, killed_at: int = 0, statements: bool = False) -> Ended:
        """Run a command; with `killed_at`, kill it before that call, counted from 1.

        `statements`: those of SQL count, too.
        """
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([killed_at, statements, *map(str, words)]) + "\n")
        self._process.stdin.flush()
        return Ended(*json.loads(self._process.stdout.readline()))


@contextmanager
def runner(folder: Path) -> Iterator[Runner]:
    """A runner whose commands keep what they say in a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CASEFLEET_")}
    argv = [sys.executable, "-m", "tests.mortal", str(folder)]
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean
    ) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()


def _serve(folder: Path) -> None:
    for line in sys.stdin:
        killed_at, statements, *words = json.loads(line)
        said, calls = folder / "stderr", folder / "calls"
        calls.write_text("0")
        child = os.fork()
        if not child:
            _become(words, killed_at, said, calls, statements=statements)
        _, status = os.waitpid(child, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), said.read_text(), int(calls.read_text())]), flush=True)


def _become(words: Sequence[str], killed_at: int, said: Path, calls: Path, *, statements: bool) -> None:
    for stream, path in ((sys.stdout, Path(os.devnull)), (sys.stderr, said)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    numbers = count(1)

    def count_one(_: object = None) -> None:
        if next(numbers) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*values: object, **options: object) -> Any:
            count_one()
            made = call(*values, **options)
            if statements and isinstance(made, sqlite3.Connection):
                made.set_trace_callback(count_one)
            return made

        return counted

    for name in CALLS:
        setattr(os, name, mortal(getattr(os, name)))
    sqlite3.connect = mortal(sqlite3.connect)
    code = 70
    try:
        code = app.run(list(words))
    finally:
        calls.write_text(str(next(numbers) - 1))
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
