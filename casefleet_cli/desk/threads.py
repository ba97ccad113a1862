"""Emails that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.store import emails, suggestions

if TYPE_CHECKING:
    import sqlite3


def with_unassigned(connection: sqlite3.Connection, email_ids: list[int]) -> list[int]:
    """The emails, each once, followed by the unassigned ones of their threads."""
    chosen = dict.fromkeys(email_ids)
    waiting = list(chosen)
    while waiting:
        for other in suggestions.related_emails(connection, waiting.pop()):
            if other not in chosen and emails.standing(connection, other) == "unassigned":
                chosen[other] = None
                waiting.append(other)
    return list(chosen)
