"""What people write on an email: labels to find it by, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.desk import entries
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, labels
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3


class NoLabelError(UsageError):
    """No person gave the email this label."""


def put(connection: sqlite3.Connection, email_id: int, label: str, *, acting: int | None = None) -> bool:
    """Give an email a label; False when it has it already."""
    kept = entries.name(label, "label")
    with transaction(connection):
        new = labels.add(connection, email_id, kept)
        if new:
            activities.add(connection, "labelled", user_id=acting, email_id=email_id, detail=kept)
    return new


def take(connection: sqlite3.Connection, email_id: int, label: str, *, acting: int | None = None) -> None:
    """Take a label away that a person gave; raises NoLabelError."""
    kept = entries.name(label, "label")
    with transaction(connection):
        if not labels.remove(connection, email_id, kept):
            raise NoLabelError(f"Nobody gave e-mail {email_id} the label {kept}; those of an archive stay.")
        activities.add(connection, "unlabelled", user_id=acting, email_id=email_id, detail=kept)


def note(connection: sqlite3.Connection, email_id: int, text: str, *, acting: int | None = None) -> None:
    """Write a note on an email: words of the journal, seen by whoever sees the email."""
    kept = entries.note(text)
    if not kept.strip():
        raise entries.BadEntryError("The note is empty; write one.")
    with transaction(connection):
        activities.add(connection, "noted", user_id=acting, email_id=email_id, detail=kept)
