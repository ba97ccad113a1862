"""A person's command waits for a locked database, says so after two seconds and for whom, and goes on or gives up."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.install import holders
from casefleet_cli.store import database
from casefleet_cli.store.patience import Patience
from tests.firm import Firm

COMMAND = ("user", "add", "Eve Holm", "eve@firm.example")
LOCKER = """import sqlite3, sys
db = sqlite3.connect(sys.argv[2], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def started(firm: Firm, *words: str, seconds: str = "") -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CASEFLEET")}
    if seconds:
        clean["CASEFLEET_BUSY_SECONDS"] = seconds
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean)


@contextlib.contextmanager
def locked_by(firm: Firm, name: str, *words: str) -> Iterator[int]:
    """A process that has the database locked for a block: a program of this name, called so."""
    program = Path(firm.path).with_name(name)
    program.write_text(LOCKER)
    process = subprocess.Popen(
        [sys.executable, program, "--db", firm.path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "locked\n"
    yield process.pid
    process.communicate()


def test_it_says_for_whom_it_waits_and_goes_on(firm: Firm) -> None:
    with locked_by(firm, "casefleet", "import", "--user", "a-secret") as pid:
        waiting = started(firm, *COMMAND)
        assert waiting.stderr
        said = waiting.stderr.readline()
        assert waiting.poll() is None
    out, err = waiting.communicate()
    by = f"casefleet import (process {pid})"
    assert said == f"casefleet: {firm.path} is locked by {by}; waiting for up to 30 seconds.\n"
    assert (waiting.returncode, err) == (0, "")
    assert out.startswith("Added user 3 Eve Holm.")


def test_it_gives_up_and_changes_nothing(firm: Firm) -> None:
    with locked_by(firm, "notes", "import") as pid:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        out, err = (waiting := started(firm, *COMMAND, seconds="2.5")).communicate()
    assert waiting.returncode == 75
    assert (out, err.splitlines()) == (
        "",
        [
            f"casefleet: {firm.path} is locked by {name} (process {pid}); waiting for up to 2.5 seconds.",
            f"casefleet: {firm.path} is locked by another program; try again.",
        ],
    )
    assert firm.count("users") == 2


def test_who_only_reads_waits_for_nobody(firm: Firm) -> None:
    with locked_by(firm, "notes"):
        assert started(firm, "user", "list").communicate()[1] == ""


def test_who_reads_waits_for_whoever_has_it_alone(firm: Firm) -> None:
    firm.db.execute("PRAGMA journal_mode = delete")
    firm.db.execute("BEGIN EXCLUSIVE")
    waiting = started(firm, "user", "list")
    assert waiting.stderr
    said = waiting.stderr.readline()
    firm.db.execute("ROLLBACK")
    out, err = waiting.communicate()
    assert f"(process {os.getpid()}); waiting" in said
    assert (waiting.returncode, err) == (0, "")
    assert "Ada Berg" in out


def test_it_is_told_once_and_only_when_it_waits(firm: Firm) -> None:
    told: list[int] = []
    patience = Patience(0.05, 0.01, lambda: told.append(1))
    with contextlib.closing(database.open_database(firm.path, patience=patience)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
        assert told == []
        firm.db.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                db.execute("BEGIN IMMEDIATE")
            assert told == [1]
            assert db.execute("PRAGMA busy_timeout").fetchone() == (40,)
        firm.db.execute("ROLLBACK")
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
    assert told == [1]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:20 120 120", [71]),
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:20 120 EOF", [71]),
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:20 0 119", []),
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:20 121 127", []),
        ("1: POSIX  ADVISORY  READ  71 fe:00:20 120 120", []),
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:10 1073741824 1073742335", [71]),
        ("1: POSIX  ADVISORY  READ  71 fe:00:10 1073741826 1073742335", []),
        ("1: POSIX  ADVISORY  WRITE 71 fe:00:30 120 120", []),
        ("1: OFDLCK ADVISORY  WRITE -1 fe:00:20 120 120", []),
        ("1: POSIX  ADVISORY  WRITE 0 fe:00:20 120 120", []),
        ("1: -> POSIX  ADVISORY  WRITE 71 fe:00:20 120 120", []),
        ("something else", []),
        ("", []),
    ],
)
def test_linux_says_who_writes(line: str, found: list[int]) -> None:
    assert list(holders.writers(f"{line}\n", 10, 20)) == found


def test_nobody_is_named_where_nobody_can_be(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert holders.of_database(firm.path, ()) == ""
    monkeypatch.setattr(holders, "_LOCKS", tmp_path / "none")
    firm.db.execute("BEGIN IMMEDIATE")
    assert holders.of_database(firm.path, ()) == ""
