"""Who started this run: whoever runs this machine, or a colleague through sudo, who is limited to what a colleague may.

Once a user has a unix login, a caller whom sudo names, and who is neither root nor the owner of the database file, is
looked up among the logins. Such a caller names no database, no file and no variable: all that decides is ours.
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import access, config
from casefleet_cli.errors import UsageError
from casefleet_cli.store import database, users

if TYPE_CHECKING:
    from collections.abc import Mapping

_SINCE = 10
"""The schema that brought the logins."""


class BySudoError(UsageError):
    """Who comes through sudo may not do this."""


class Colleague(NamedTuple):
    """A caller through sudo, with the database that is for all of them."""

    login: str
    """The name of the unix user."""
    database: config.Found


def colleague(option: str | None = None) -> Colleague | None:
    """The colleague who started this run; None for whoever runs this machine, and while no user has a login.

    `option`: the database that --db names. Raises BySudoError where sudo's variables contradict each other, and as
    config.database and database.open_reader do: who cannot be told from the owner is not taken for one.
    """
    caller = config.sudo_caller()
    if caller is None:
        return None
    found = None if os.geteuid() == 0 else config.standing_database()
    if found is None or not _is_for_colleagues(found.value, caller.uid):
        found = config.database(option)
        if not _is_for_colleagues(found.value, caller.uid):
            return None
    try:
        same = pwd.getpwnam(caller.name).pw_uid == caller.uid
    except KeyError:
        same = False
    if not same:
        raise BySudoError("SUDO_USER and SUDO_UID do not name the same unix user; call sudo anew.")
    return Colleague(caller.name, found)


def check(option: str | None, *, debug: bool) -> None:
    """Raise BySudoError where a colleague says what is not for colleagues to say."""
    if option is not None:
        raise BySudoError("--db is not for who comes through sudo; leave it out.")
    if debug:
        raise BySudoError("--debug is not for who comes through sudo; leave it out.")
    for name in sorted(os.environ):
        if name.startswith("CASEFLEET_"):
            raise BySudoError(f"${name} is not for who comes through sudo; unset it.")


def check_command(command: str, parameters: Mapping[str, Any]) -> None:
    """Raise BySudoError where a command, or a file that it names, is not for colleagues."""
    right = access.RIGHTS.get(command)
    if right is None or right.is_of_machine:
        raise BySudoError(f"casefleet {command} is for who runs this machine, not for who comes through sudo.")
    for name in right.files:
        given = parameters.get(name)
        for path in given if isinstance(given, (list, tuple)) else [given]:
            if path is not None and str(path) != "-":
                raise BySudoError(f"Who comes through sudo names no files: give - for {path}, and use <, > or a pipe.")


def _is_for_colleagues(path: str, uid: int) -> bool:
    """Whether a database has users with logins, and this unix user is not its owner."""
    try:
        if os.stat(path).st_uid == uid:  # noqa: PTH116
            return False
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BySudoError(f"{path} cannot be looked at: {error.strerror}; ask who runs this machine.") from None
    connection = database.open_reader(path, migrating=True)
    try:
        is_new_enough = database.schema_version(connection) % database.UNFINISHED >= _SINCE
        return is_new_enough and users.has_logins(connection)
    finally:
        connection.close()
