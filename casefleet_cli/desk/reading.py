"""Parts of an email that are read from its bytes on demand, with BCC addresses masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.core.mail import header, message, mime
from casefleet_cli.core.secrets import Mask
from casefleet_cli.store import emails, settings

if TYPE_CHECKING:
    import sqlite3


def headers(connection: sqlite3.Connection, email_id: int) -> list[tuple[str, str]]:
    """Every header of an email in order, decoded."""
    mask = Mask(settings.logging_domain(connection))
    raw = emails.raw_of(connection, email_id)
    return [(name, mask.text(header.decode(value))) for name, value in mime.read_headers(raw)]


def html(connection: sqlite3.Connection, email_id: int) -> str | None:
    """The HTML of an email as its sender wrote it, hostile as it may be; None when it has none."""
    found = message.html_of(emails.raw_of(connection, email_id))
    return None if found is None else Mask(settings.logging_domain(connection)).text(found)
