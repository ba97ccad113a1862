"""Where this run finds its database and who acts: options, then the environment, then the default."""

from __future__ import annotations

import os

DEFAULT_DATABASE = "casefleet.db"
TIME_LIMIT_SECONDS = 240
"""Postfix ends a pipe after 1000 s by default and then bounces the mail; a delivery gives up long before that."""


def database_path(option: str | None = None) -> str:
    """The path of the database: the option, `$CASEFLEET_DB`, or `casefleet.db` in the current folder."""
    return option or os.environ.get("CASEFLEET_DB") or DEFAULT_DATABASE


def acting_user(option: str | None = None) -> str | None:
    """The reference of the acting user: the option or `$CASEFLEET_USER`; None when nobody is named."""
    return option or os.environ.get("CASEFLEET_USER") or None


def busy_seconds() -> float:
    """How long a delivery waits for a locked database: `$CASEFLEET_BUSY_SECONDS`, or 20 seconds."""
    return _seconds("CASEFLEET_BUSY_SECONDS", 20.0)


def time_limit_seconds() -> float:
    """When a delivery gives up by itself: `$CASEFLEET_TIME_LIMIT_SECONDS`, or 240 seconds; never 0 (no limit)."""
    return _seconds("CASEFLEET_TIME_LIMIT_SECONDS", TIME_LIMIT_SECONDS) or TIME_LIMIT_SECONDS


def _seconds(name: str, default: float) -> float:
    try:
        seconds = float(os.environ[name])
    except (KeyError, ValueError):
        return default
    return seconds if 0.0 <= seconds < 1e6 else default
