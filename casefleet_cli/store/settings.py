"""Facts about this installation that the database carries with it."""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.errors import ConfigError
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from datetime import tzinfo

    from casefleet_cli.core.moments.days import Days

DATE_ORDER = "date-order"
TIMEZONE = "timezone"
AUTHSERV_ID = "authserv-id"
READ_LOG = "read-log"
SQL = "sql"
ATOM_SUBJECTS = "atom-subjects"
LEAD_STAGES = "lead-stages"
LEAD_SOURCES = "lead-sources"
LOST_REASONS = "lost-reasons"
UNDERSTANDING_SECONDS = "understanding-seconds"
UNDERSTANDING_MEGABYTES = "understanding-megabytes"


def get(connection: sqlite3.Connection, name: str) -> str | None:
    """The value of a setting, or None when it was never set."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def listed(connection: sqlite3.Connection, name: str) -> list[str]:
    """The words of a setting that is a list; none when it is not set."""
    return [word.strip() for word in (get(connection, name) or "").split(",") if word.strip()]


def put(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set a setting, replacing an earlier value."""
    connection.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def forget(connection: sqlite3.Connection, name: str) -> None:
    """Set nothing any more: the default counts again."""
    connection.execute("DELETE FROM settings WHERE name = ?", (name,))


def days(connection: sqlite3.Connection) -> Days:
    """What a day is for this firm, now: in its time zone (this machine's, unless set) and its order of dates.

    Raises ConfigError when this machine does not know the time zone.
    """
    from casefleet_cli.core.moments.days import Days  # noqa: PLC0415 - no delivery asks

    name = get(connection, TIMEZONE)
    return Days(clock.now(), _zone(name) if name else clock.zone(), get(connection, DATE_ORDER))


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - as above

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"This machine does not know the firm's time zone {name}; install its package tzdata, or choose another:"
            " casefleet settings timezone NAME."
        ) from None


def logging_domain(connection: sqlite3.Connection) -> str:
    """The domain of this firm's BCC addresses, in normal form."""
    return get(connection, "logging_domain") or ""
