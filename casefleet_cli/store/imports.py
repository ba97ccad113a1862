"""Runs of the import command: when, of what, for whom, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


def start(connection: sqlite3.Connection, paths: Sequence[str], user_id: int | None) -> int:
    """Note that an import begins and give its number."""
    cursor = connection.execute(
        "INSERT INTO imports (started_at, user_id, paths) VALUES (?, ?, ?)", (clock.stamp(), user_id, json.dumps(paths))
    )
    return int(cursor.lastrowid or 0)


def note(
    connection: sqlite3.Connection,
    import_id: int,
    counts: Mapping[str, int],
    skipped: Sequence[tuple[str, int, str]],
    *,
    ended: bool = False,
) -> None:
    """Keep how far an import has come: counts by outcome, and each skipped item with its position and reason."""
    connection.execute(
        "UPDATE imports SET counts = ?, skipped = ?, ended_at = ? WHERE id = ?",
        (
            json.dumps(counts),
            json.dumps([{"origin": origin, "position": at, "reason": why} for origin, at, why in skipped]),
            clock.stamp() if ended else None,
            import_id,
        ),
    )
