"""What one run of the command line knows: its database, opened when first needed, and who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import access, config
from casefleet_cli.cli import output
from casefleet_cli.errors import UsageError
from casefleet_cli.store import database, references, settings, users
from casefleet_cli.store.patience import Patience

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping
    from typing import Any

    from casefleet_cli.access import Viewer
    from casefleet_cli.cli.callers import Colleague
    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.store.sight import Sight


_TOLD_AFTER_SECONDS = 2.0


class State:
    """Handed to every command as `context.obj`."""

    def __init__(self, commands: Collection[str] = ()) -> None:
        self.commands = commands
        """The words of all commands there are."""
        self.database_option: str | None = None
        """The file that --db names."""
        self.acting_option: str | None = None
        """The user whom --as names."""
        self.acting_reference: str | None = None
        self.debug = False
        self._database: config.Found | None = None
        self._reader: sqlite3.Connection | None = None
        self._connection: sqlite3.Connection | None = None
        self._days: Days | None = None
        self._viewer: Viewer | None = None
        self._colleague: tuple[Colleague | None] | None = None
        """Looked for once."""

    def database(self) -> config.Found:
        """The path of the database, looked for once, and what named it; errors as config.database."""
        if self._database is None:
            colleague = self.colleague()
            self._database = colleague.database if colleague else config.database(self.database_option)
        return self._database

    def colleague(self) -> Colleague | None:
        """The colleague who started this run through sudo; None for whoever runs this machine. Errors as callers."""
        if config.sudo_caller() is None:
            return None
        if self._colleague is None:
            from casefleet_cli.cli import callers  # noqa: PLC0415 - only through sudo

            self._colleague = (callers.colleague(self.database_option),)
            if self._colleague[0] is not None:
                callers.check(self.database_option, debug=self.debug)
        return self._colleague[0]

    @property
    def database_path(self) -> str:
        """The path of the database; errors as config.database."""
        return self.database().value

    @database_path.setter
    def database_path(self, path: str) -> None:
        self._database = config.Found(path, "--db")

    def patience(self) -> Patience:
        """How long this command waits for who writes to the database, and says so."""
        seconds = config.patience_seconds()
        return Patience(seconds, min(_TOLD_AFTER_SECONDS, seconds), lambda: self._tell_waiting(seconds))

    def _tell_waiting(self, seconds: float) -> None:
        from casefleet_cli.install import holders  # noqa: PLC0415 - it is rarely asked

        path = self.database_path
        who = holders.of_database(path, self.commands) or "another program"
        output.warn(f"casefleet: {path} is locked by {who}; waiting for up to {seconds:g} seconds.")

    def reader(self) -> sqlite3.Connection:
        """The database, for reading only, whatever else is open; errors as database.open_reader."""
        if self._reader is None:
            self._reader = database.open_reader(self.database_path, patience=self.patience())
            output.tell_times_of(self.days)
        return self._reader

    def connection(self) -> sqlite3.Connection:
        """The database, for changing it; errors as database.open_database."""
        if self._connection is None:
            self._connection = database.open_database(self.database_path, patience=self.patience())
            output.tell_times_of(self.days)
        return self._connection

    def days(self) -> Days:
        """What a day is for the firm; errors as settings.days."""
        if self._days is None:
            self._days = settings.days(self._connection or self.reader())
        return self._days

    def refuse_colleague(self, what: str) -> None:
        """Raise BySudoError where a colleague started this run; errors as callers."""
        if self.colleague() is not None:
            from casefleet_cli.cli import callers  # noqa: PLC0415 - only through sudo

            raise callers.BySudoError(f"{what} is for who runs this machine, not for who comes through sudo.")

    def acting(self) -> int | None:
        """The user who acts; None when nobody is named. Raises UsageError for one who may not act.

        A colleague acts as the user of the login, and as another only where that user is an admin.
        """
        colleague = self.colleague()
        if self.acting_reference is None and colleague is None:
            return None
        connection = self._connection or self.reader()
        own = None
        if colleague is not None:
            own = users.by_login(connection, colleague.login)
            if own is None:
                raise UsageError(
                    f"Unix user {colleague.login} is no user's login; an admin makes it one by casefleet user edit USER"
                    f" --login {colleague.login}."
                )
        user_id = own or 0
        if self.acting_reference is not None:
            user_id = references.user(connection, self.acting_reference)
        if own not in (None, user_id) and not access.who(connection, own).is_admin:
            raise UsageError(f"You are {users.one(connection, own or 0)['name']}; --as another user is for admins.")
        user = users.one(connection, user_id)
        if user["disabled"]:
            raise UsageError(f"User {user_id} {user['name']} is disabled and cannot act; name another with --as.")
        return user_id

    def viewer(self) -> Viewer:
        """Who asks: the user of --as, or else the person who runs this machine. Errors as `acting`."""
        if self._viewer is None:
            user_id = self.acting()
            self._viewer = access.who(self._connection or self.reader(), user_id) if user_id else access.THIS_COMPUTER
        return self._viewer

    @property
    def sight(self) -> Sight:
        """What is in sight of who asks; errors as `acting`."""
        return self.viewer().sight

    def allow(self, command: str, parameters: Mapping[str, Any]) -> None:
        """Raise NotAllowedError unless who asks may use a command of access.RIGHTS; errors as `acting` and callers."""
        if self.colleague() is not None:
            from casefleet_cli.cli import callers  # noqa: PLC0415 - only through sudo

            callers.check_command(command, parameters)
            access.require(self.viewer(), command)
        elif access.asks_for_a_role(command) and self.acting_reference is not None:
            access.require(self.viewer(), command)

    def close(self) -> None:
        """Close what was opened of the database."""
        for opened in (self._reader, self._connection):
            if opened is not None:
                opened.close()
        self._reader = self._connection = self._days = self._viewer = None
        output.tell_times_of(None)
