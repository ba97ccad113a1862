"""What a firm decides about its casefleet: each setting with what it accepts, and where its value comes from."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import access, clock
from casefleet_cli.core.moments.order import ORDERS
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.budget import Budget
from casefleet_cli.store import activities, settings
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

_MONTH_FIRST = ("US", "PH", "FM", "MH", "PW")
"""Countries where a date of numbers begins with the month (CLDR)."""
_MOST_NAMED = 6
_MOST_WORDS = 50
_LONGEST_WORD = 60


class BadSettingError(UsageError):
    """A setting that there is not, or a value that it does not accept."""


class Setting(NamedTuple):
    """Something that a firm can decide."""

    name: str
    meaning: str
    """What it decides, and what counts when it is not set."""
    accepts: str
    check: Callable[[str], str | None]
    """The value in the form that is kept, or None when it is not accepted."""
    default: Callable[[], str | None]
    """What counts when it is not set; None where nothing does."""
    guess: Callable[[Mapping[str, str]], str] | None = None
    """What to offer to somebody who makes the database, by the environment; None: nobody is asked."""
    near: Callable[[str], list[str]] = lambda _: []
    """Values that somebody may have meant by one that is not accepted."""


def _date_order(text: str) -> str | None:
    return text.strip().lower() if text.strip().lower() in ORDERS else None


def _usual_order(environment: Mapping[str, str]) -> str:
    language = next(filter(None, map(environment.get, ("LC_ALL", "LC_TIME", "LANG"))), "")
    return "mdy" if language.partition(".")[0].partition("_")[2] in _MONTH_FIRST else "dmy"


def _timezone(text: str) -> str | None:
    return {name.lower(): name for name in _zones()}.get(text.strip().lower())


def _zones() -> set[str]:
    import zoneinfo  # noqa: PLC0415 - reads a whole folder

    return zoneinfo.available_timezones()


def _machine_zone(_environment: Mapping[str, str]) -> str:
    return _timezone(clock.zone_name()) or "UTC"


def _like(text: str) -> list[str]:
    asked = text.strip().lower().replace(" ", "_")
    return sorted(name for name in _zones() if asked and asked in name.lower())[:_MOST_NAMED]


def _host(text: str) -> str | None:
    kept = text.strip().lower().rstrip(".")
    return kept if re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", kept) and ".." not in kept else None


def _switch(text: str) -> str | None:
    return text.strip().lower() if text.strip().lower() in ("on", "off") else None


def _words(text: str) -> str | None:
    """Words between commas, each once, in the order given."""
    words = [" ".join(word.split()) for word in text.split(",")]
    known = list(dict.fromkeys(word for word in words if word))
    is_short = len(known) <= _MOST_WORDS and all(len(word) <= _LONGEST_WORD and word.isprintable() for word in known)
    return ", ".join(known) if known and is_short else None


def _list_of(name: str, what: str) -> Setting:
    return Setting(
        name=name,
        meaning=f"the {what} that there are; not set: any",
        accepts="words between commas, at most 50 of 60 letters each",
        check=_words,
        default=lambda: None,
    )


def _whole(least: int, most: int) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        digits = text.strip()
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(most))
        return str(int(digits)) if is_number and least <= int(digits) <= most else None

    return check


SETTINGS = (
    Setting(
        name=settings.DATE_ORDER,
        meaning="what 05.06.2026 means; not set: it is refused, with both readings",
        accepts="dmy (day first) and mdy (month first)",
        check=_date_order,
        default=lambda: None,
        guess=_usual_order,
    ),
    Setting(
        name=settings.TIMEZONE,
        meaning="whose days count, and whose clock is shown; not set: this machine's",
        accepts="the names of the IANA database, such as Europe/Berlin, America/New_York and UTC",
        check=_timezone,
        default=clock.zone_name,
        guess=_machine_zone,
        near=_like,
    ),
    Setting(
        name=settings.AUTHSERV_ID,
        meaning="whose Authentication-Results own mail needs; not set: nobody's",
        accepts="the name that your mail server writes first in that field, such as mx.firm.example",
        check=_host,
        default=lambda: None,
    ),
    Setting(
        name=settings.READ_LOG,
        meaning="whether it is noted who opened which mail",
        accepts="on and off",
        check=_switch,
        default=lambda: "off",
    ),
    Setting(
        name=settings.SQL,
        meaning="whether admins may ask in SQL under /data",
        accepts="on and off",
        check=_switch,
        default=lambda: "off",
    ),
    Setting(
        name=settings.ATOM_SUBJECTS,
        meaning="whether feeds name mail by its subject, not only by its number",
        accepts="on and off",
        check=_switch,
        default=lambda: "off",
    ),
    _list_of(settings.LEAD_STAGES, "stages of a lead"),
    _list_of(settings.LEAD_SOURCES, "sources of a lead"),
    _list_of(settings.LOST_REASONS, "reasons why a lead is lost"),
    Setting(
        name=settings.UNDERSTANDING_SECONDS,
        meaning="processor time for understanding one mail",
        accepts="whole seconds from 1 to 120",
        check=_whole(1, 120),
        default=lambda: str(Budget().seconds),
    ),
    Setting(
        name=settings.UNDERSTANDING_MEGABYTES,
        meaning="memory for understanding one mail",
        accepts="whole megabytes from 64 to 16384",
        check=_whole(64, 16384),
        default=lambda: str(Budget().megabytes),
    ),
)
"""All there are, in the order in which they are listed and asked for."""


def one(name: str) -> Setting:
    """The setting of a name; raises BadSettingError with the names that there are."""
    for setting in SETTINGS:
        if setting.name == name.strip().lower():
            return setting
    names = [setting.name for setting in SETTINGS]
    raise BadSettingError(f"There is no setting {name!r}; there are {', '.join(names[:-1])} and {names[-1]}.")


def checked(setting: Setting, value: str) -> str:
    """A value in the form that is kept; raises BadSettingError with what is accepted."""
    kept = setting.check(value)
    if kept is not None:
        return kept
    near = setting.near(value)
    hint = f" Perhaps {' or '.join(near)}?" if near else ""
    raise BadSettingError(f"{setting.name} cannot be {value!r}; it accepts {setting.accepts}.{hint}")


def guesses() -> dict[str, str]:
    """What is likely for each setting, by the language and the time zone of this machine."""
    return {setting.name: setting.guess(os.environ) for setting in SETTINGS if setting.guess}


def listed(connection: sqlite3.Connection, *, acting: int | None = None) -> list[dict[str, str | None]]:
    """Every setting with its value (None: nothing), whether it is set or the default, and what it decides."""
    _allowed(connection, acting)
    rows: list[dict[str, str | None]] = []
    for setting in SETTINGS:
        kept = settings.get(connection, setting.name)
        value, source = (setting.default(), "default") if kept is None else (kept, "set")
        rows.append({"name": setting.name, "value": value, "source": source, "meaning": setting.meaning})
    return rows


def put(connection: sqlite3.Connection, name: str, value: str, *, acting: int | None = None) -> str | None:
    """Set a setting, told in the journal, and give the value as it is kept; None when it had that value.

    Raises BadSettingError for an unknown name or a value that is not accepted, UsageError when who acts is no admin.
    """
    setting = one(name)
    kept = checked(setting, value)
    with transaction(connection):
        _allowed(connection, acting)
        if settings.get(connection, setting.name) == kept:
            return None
        enter(connection, setting.name, kept, acting=acting)
    return kept


def enter(connection: sqlite3.Connection, name: str, kept: str, *, acting: int | None = None) -> None:
    """Set a setting to a checked value inside the caller's transaction."""
    settings.put(connection, name, kept)
    activities.add(connection, "setting-changed", user_id=acting, detail=f"{name} is {kept}")


def forget(connection: sqlite3.Connection, name: str, *, acting: int | None = None) -> bool:
    """Let the default count again, told in the journal; False when it did. Errors as `put`."""
    setting = one(name)
    with transaction(connection):
        _allowed(connection, acting)
        if settings.get(connection, setting.name) is None:
            return False
        settings.forget(connection, setting.name)
        activities.add(connection, "setting-changed", user_id=acting, detail=f"{setting.name} is the default")
    return True


def _allowed(connection: sqlite3.Connection, acting: int | None) -> None:
    """Raise UsageError unless an admin, or the person at this machine, asks."""
    if not access.who(connection, acting).is_admin:
        raise UsageError("Settings are for admins; ask one, or name one with --as.")
