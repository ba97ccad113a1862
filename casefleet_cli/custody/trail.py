"""When a database was last copied and last proved, in two small files beside it.

Not in the database: a copy or a proof changes nothing there, and works where nothing can be written. Each note names
the head of the journal that it is about: a note of another database, or of one that was replaced, counts for nothing.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock, files
from casefleet_cli.store import activities, copies, proof

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

BACKUP, VERIFY = "backup", "verify"
_MOST_BYTES = 65_536


class Note(NamedTuple):
    """What was done last."""

    at: str
    """When, as `clock.stamp` writes it."""
    head: str
    """The head of the journal then: "number:hash"."""
    copy: str = ""
    """The path of the copy."""
    size: int = 0
    """Bytes of the copy."""
    faults: int = 0
    """How many things were not as they were."""


def path_of(database: Path, kind: str) -> Path:
    """Where the note of a BACKUP or VERIFY is kept."""
    return database.with_name(f"{database.name}.last-{kind}")


def head_in_words(head: activities.Head) -> str:
    """A head as verify prints it."""
    return f"{head.id}:{head.hash}"


def keep(database: Path, kind: str, note: Note) -> None:
    """Keep a note beside a database, with its owner; nothing where this user can write nothing there.

    Raises CannotCreateError or TryAgainError when it cannot be written all the same.
    """
    database = database.resolve()
    if not os.access(database.parent, os.W_OK):
        return
    about = database.stat()
    with files.new_file(path_of(database, kind), owner=files.Owner(about.st_uid, about.st_gid), replace=True) as draft:
        draft.write_text(json.dumps(note._asdict()) + "\n", encoding="utf-8")


def keep_copy(database: Path, copy: Path, at: str) -> None:
    """Keep the note of a verified copy that was made of a database at a moment; errors as `keep`."""
    head = copies.head_of(copy)
    if head is not None:
        keep(database, BACKUP, Note(at, head_in_words(head), str(copy.absolute()), copy.stat().st_size))


def last(connection: sqlite3.Connection, database: Path, kind: str) -> Note | None:
    """The note of what was last done with a database; None where there is none, or it is not about this one."""
    try:
        with path_of(database.resolve(), kind).open("rb") as file:
            kept = json.loads(file.read(_MOST_BYTES))
        note = Note(*(type(default)(kept[name]) for name, default in _FORM._asdict().items()))
        clock.parsed(note.at)
        number, _, digest = note.head.partition(":")
        is_ours = int(number) == 0 or proof.is_noted(connection, int(number), digest)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return note if is_ours else None


_FORM = Note("", "")
