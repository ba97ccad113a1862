"""The firm itself: its database, and which addresses are its own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from casefleet_cli import files
from casefleet_cli.desk import entries
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.store import database, settings, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def found(path: str, domain: str, decided: Mapping[str, str] | None = None) -> str:
    """Make the database of a firm that logs mail at a domain, and give the domain in normal form.

    `decided`: settings by name, as desk.settings.checked gives them. Raises CannotCreateError when there is a file
    already, UsageError when the domain is none, TryAgainError on a full disk; then no file is left.
    """
    from casefleet_cli.store import migrations  # noqa: PLC0415

    kept = entries.domain(domain)
    with files.new_file(Path(path), otherwise="casefleet init never touches an existing file") as draft:
        database.refuse_leftovers(path)
        with contextlib.closing(database.create_database(str(draft))) as connection:
            migrations.apply(connection)
            with database.transaction(connection):
                settings.put(connection, "logging_domain", kept)
                for name, value in (decided or {}).items():
                    settings_desk.enter(connection, name, value)
            database.close_whole(connection, str(draft))
    return kept


def is_logging_address(connection: sqlite3.Connection, address: str) -> bool:
    """Whether an address (normal form) is at the logging domain, or was ever a BCC address."""
    domain = settings.logging_domain(connection)
    return address.endswith(f"@{domain}") or users.has_bcc_address(connection, address)
