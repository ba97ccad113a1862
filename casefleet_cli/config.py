"""Where this run finds its database and who acts: options, then the environment, then the default."""

from __future__ import annotations

import os

DEFAULT_DATABASE = "casefleet.db"


def database_path(option: str | None = None) -> str:
    """The path of the database: the option, `$CASEFLEET_DB`, or `casefleet.db` in the current folder."""
    return option or os.environ.get("CASEFLEET_DB") or DEFAULT_DATABASE


def acting_user(option: str | None = None) -> str | None:
    """The reference of the acting user: the option or `$CASEFLEET_USER`; None when nobody is named."""
    return option or os.environ.get("CASEFLEET_USER") or None


def busy_seconds() -> float:
    """How long a delivery waits for a locked database: `$CASEFLEET_BUSY_SECONDS`, or 20 seconds."""
    try:
        return max(0.0, float(os.environ.get("CASEFLEET_BUSY_SECONDS", "20")))
    except ValueError:
        return 20.0
