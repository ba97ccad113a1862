"""How old and how sound the last copy of the database is, and the last proof that nothing was changed."""

from __future__ import annotations

import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock
from casefleet_cli.custody import trail
from casefleet_cli.install.finding import FAILURE, OK, WARNING, Finding
from casefleet_cli.install.units import KEEP
from casefleet_cli.store import activities, copies

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_BACKUPS = "/var/backups/casefleet"


class _Patience(NamedTuple):
    """How old something may be."""

    warned: timedelta
    failed: timedelta


_OF_BACKUP = _Patience(timedelta(days=2), timedelta(days=8))
_OF_VERIFY = _Patience(timedelta(days=8), timedelta(days=32))
_NIGHTLY = "systemctl enable --now casefleet-backup.timer casefleet-verify.timer"


def findings(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    """What is known of the last copy and of the last proof, one finding each."""
    yield _backup(connection, path)
    yield _verify(connection, path)


def _backup(connection: sqlite3.Connection, path: Path) -> Finding:
    note = trail.last(connection, path, trail.BACKUP)
    folder = shlex.quote(str(Path(note.copy).parent) if note else _BACKUPS)
    again = f"casefleet backup --keep {KEEP} {folder}; each night: {_NIGHTLY}, or cron"
    if note is None:
        return _never("backup", "No copy of this database was made.", _age_of(connection), _OF_BACKUP, again)
    age = _since(note.at)
    told = f"The last copy is {_words(age)} old: {note.copy}"
    state = _state(age, _OF_BACKUP)
    if state != OK:
        return Finding("backup", state, f"{told}.", again)
    copy = Path(note.copy)
    try:
        size = copy.stat().st_size
    except FileNotFoundError:
        return Finding("backup", WARNING, f"{told}, and it is not there any more.",
                       f"Where it was moved to another machine, all is well; else {again}")  # fmt: skip
    except OSError:
        return Finding("backup", OK, f"{told} (this user cannot look at it).")
    head = copies.head_of(copy)
    if size != note.size or head is None or trail.head_in_words(head) != note.head:
        return Finding("backup", FAILURE, f"{told}, and it is not what was written there.",
                       f"See who changed it, and make another: {again}")  # fmt: skip
    return Finding("backup", OK, f"{told}.")


def _verify(connection: sqlite3.Connection, path: Path) -> Finding:
    note = trail.last(connection, path, trail.VERIFY)
    again = f"casefleet verify; each night: {_NIGHTLY}, or cron"
    if note is None:
        return _never("verify", "Nobody has verified this database.", _age_of(connection), _OF_VERIFY, again)
    age = _since(note.at)
    if note.faults:
        things = "1 thing was" if note.faults == 1 else f"{note.faults} things were"
        return Finding("verify", FAILURE, f"{_words(age)} ago, {things} not as it should be.",
                       "casefleet verify says which; then restore a copy from before, and recover")  # fmt: skip
    return Finding("verify", state := _state(age, _OF_VERIFY), f"{_words(age)} ago, all was as it should be.",
                   "" if state == OK else again)  # fmt: skip


def _never(check: str, sentence: str, age: timedelta, patience: _Patience, again: str) -> Finding:
    """The finding where nothing was ever done, of a database of this age."""
    return Finding(check, _state(age, patience), sentence, again)


def _state(age: timedelta, patience: _Patience) -> str:
    return FAILURE if age > patience.failed else WARNING if age > patience.warned else OK


def _age_of(connection: sqlite3.Connection) -> timedelta:
    """How long something has been in the database; nothing at all is new."""
    first = activities.first_at(connection)
    return _since(first) if first else timedelta(0)


def _since(stamp: str) -> timedelta:
    return max(clock.now() - clock.parsed(stamp), timedelta(0))


def _words(age: timedelta) -> str:
    """An age as people say it: "3 hours", "1 day"."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(age.total_seconds() // seconds)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
