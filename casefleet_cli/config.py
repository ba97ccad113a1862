"""Where this run finds its database and who acts: options, then the environment, then files, then the default."""

from __future__ import annotations

import os

from casefleet_cli.errors import ConfigError
from casefleet_cli.light import NamedTuple

DEFAULT_DATABASE = "casefleet.db"
USER_FILE = ".config/casefleet/config"
"""Below the home folder of the acting unix user."""
MACHINE_FILE = "/etc/casefleet.conf"
TIME_LIMIT_SECONDS = 240
"""Postfix ends a pipe after 1000 s by default and then bounces the mail; a delivery gives up long before that."""
BUSY_SECONDS = 20
LMTP_OCTETS = 200 * 1024 * 1024
"""The largest message that is taken by LMTP."""
_MOST_BYTES = 65536


class BadConfigError(ConfigError):
    """A configuration file that cannot be read or understood."""


class Found(NamedTuple):
    """Something that was settled outside the database, and what settled it."""

    value: str
    source: str
    """An option, an environment variable, a file, "here", or "default"."""


def database(option: str | None = None) -> Found:
    """The path of the database and what named it.

    The option, `$CASEFLEET_DB`, `casefleet.db` in the current folder where there is one, `~/.config/casefleet/config`
    of the acting unix user, `/etc/casefleet.conf`; "default" where none of them names one. Raises BadConfigError for a
    file that is asked and cannot be read or understood: the next in the row might name another firm's mail.
    """
    if option:
        return Found(option, "--db")
    from_environment = os.environ.get("CASEFLEET_DB")
    if from_environment:
        return Found(from_environment, "$CASEFLEET_DB")
    if os.path.lexists(DEFAULT_DATABASE):
        return Found(DEFAULT_DATABASE, "here")
    return standing_database() or Found(DEFAULT_DATABASE, "default")


def standing_database() -> Found | None:
    """The path that a configuration file names, whatever options, variables and the current folder say; or None.

    Errors as `database`.
    """
    home = _home()
    for path in files_of(home):
        named = named_in(path)
        if named is not None:
            return Found(named, path)
    return None


def new_database(option: str | None = None) -> str:
    """The path of a database that is to be made: the option, or `casefleet.db` in the current folder."""
    return option or DEFAULT_DATABASE


def named_in(path: str) -> str | None:
    """The database that a configuration file names; None when there is no such file or it names none.

    A line is `database = /PATH`, a comment after `#`, or empty. Raises BadConfigError.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is too dear for the delivery door
            content = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadConfigError(
            f"{path} may name the database and cannot be read ({error.strerror}); let this user read it, or use --db."
        ) from None
    if len(content) > _MOST_BYTES:
        raise BadConfigError(f"{path} is too large for a configuration file; it needs one line, database = /PATH.")
    found = None
    for number, line in enumerate(content.split(b"\n"), 1):
        words = line.strip()
        if not words or words.startswith(b"#"):
            continue
        name, equals, value = words.partition(b"=")
        if name.strip() != b"database" or not equals:
            raise BadConfigError(f"{path}, line {number}, is not understood; write database = /PATH.")
        named = os.fsdecode(value.strip())
        if not named.startswith("/") or "\0" in named:
            raise BadConfigError(f"{path}, line {number}: the database needs a whole path, beginning with /.")
        if found is not None:
            raise BadConfigError(f"{path}, line {number}, names a second database; leave one.")
        found = named
    return found


class SudoCaller(NamedTuple):
    """Who called this program through sudo, as sudo says."""

    uid: int
    name: str


def sudo_caller() -> SudoCaller | None:
    """Who called through sudo; None where nobody did, and for root and the unix user that this process is."""
    uid = os.environ.get("SUDO_UID", "")
    if not (uid.isascii() and uid.isdigit()) or int(uid) in (0, os.geteuid()):
        return None
    return SudoCaller(int(uid), os.environ.get("SUDO_USER", ""))


def acting_user(option: str | None = None) -> str | None:
    """The reference of the acting user: the option or `$CASEFLEET_USER`; None when nobody is named."""
    return option or os.environ.get("CASEFLEET_USER") or None


def busy_seconds() -> float:
    """How long a delivery waits for a locked database: `$CASEFLEET_BUSY_SECONDS`, or 20 seconds."""
    return _seconds("CASEFLEET_BUSY_SECONDS", BUSY_SECONDS)


def patience_seconds() -> float:
    """How long a person's command waits for a locked database: `$CASEFLEET_BUSY_SECONDS`, or 30 seconds."""
    return _seconds("CASEFLEET_BUSY_SECONDS", 30.0)


def time_limit_seconds() -> float:
    """When a delivery gives up by itself: `$CASEFLEET_TIME_LIMIT_SECONDS`, or 240 seconds; never 0 (no limit)."""
    return _seconds("CASEFLEET_TIME_LIMIT_SECONDS", TIME_LIMIT_SECONDS) or TIME_LIMIT_SECONDS


def limits() -> dict[str, Found]:
    """The limits of a delivery by the names of their variables, in seconds; a value that is none leaves the default."""
    counted = {"CASEFLEET_BUSY_SECONDS": busy_seconds(), "CASEFLEET_TIME_LIMIT_SECONDS": time_limit_seconds()}
    return {
        name: Found(f"{seconds:g}", f"${name}" if _seconds(name, -1.0) == seconds else "default")
        for name, seconds in counted.items()
    }


def files_of(home: str | None) -> list[str]:
    """The configuration files that count for the unix user of a home folder, the first that names one first."""
    return [*([os.path.join(home, USER_FILE)] if home else []), MACHINE_FILE]  # noqa: PTH118


def _home() -> str | None:
    """The home folder of the acting unix user, also where sudo and runuser left $HOME as the caller's."""
    home, user = os.environ.get("HOME"), os.geteuid()
    try:
        if home and os.stat(home).st_uid == user:  # noqa: PTH116
            return home
    except OSError:
        pass
    import pwd  # noqa: PLC0415 - not at any mail

    try:
        return pwd.getpwuid(user).pw_dir
    except KeyError:
        return None


def _seconds(name: str, default: float) -> float:
    try:
        seconds = float(os.environ[name])
    except (KeyError, ValueError):
        return default
    return seconds if 0.0 <= seconds < 1e6 else default
