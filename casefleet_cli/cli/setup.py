"""Making and upgrading the database: init, migrate."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli import config
from casefleet_cli.cli import output, progress
from casefleet_cli.desk import entries
from casefleet_cli.desk import firm as firm_desk
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.errors import ConfigError
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Callable


_UP_TO_DATE = "The database is up to date; nothing to do."


def init(
    context: typer.Context,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="The domain of the BCC addresses: log.firm.example.")],
) -> None:
    """Make the database of a firm (mode 0600), where --db says or here; an existing file is never touched.

    On a terminal it asks for the settings, each with a likely answer; elsewhere it asks nothing and sets none.
    """
    path = config.new_database(context.obj.database_option)
    entries.domain(domain)
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not os.path.lexists(path)
    kept = firm_desk.found(path, domain, _decided() if asks else {})
    output.say(f"Made {os.path.abspath(path)} for {kept}. Next: {_called(path)} user add NAME ADDRESS")  # noqa: PTH100


def _called(path: str) -> str:
    """The program as it is called so that it finds a database."""
    try:
        found = os.path.realpath(config.database().value) == os.path.realpath(path)
    except ConfigError:
        found = False
    return "casefleet" if found else f"casefleet --db {shlex.quote(os.path.abspath(path))}"  # noqa: PTH100


def _decided() -> dict[str, str]:
    """The settings that somebody at the terminal chooses."""
    return {
        name: typer.prompt(f"{name}: {settings_desk.one(name).meaning}", default=guess, value_proc=_checking(name))
        for name, guess in settings_desk.guesses().items()
    }


def _checking(name: str) -> Callable[[str], str]:
    def check(typed: str) -> str:
        try:
            return settings_desk.checked(settings_desk.one(name), typed)
        except settings_desk.BadSettingError as refusal:
            raise typer.BadParameter(str(refusal)) from None  # asks again

    return check


def migrate(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Keep no copy beside it, where there is no room for one.")
    ] = False,
) -> None:
    """Bring the database up to this release; when it was interrupted, run it again. Mail waits until it has ended.

    A copy of it as it was is kept beside it, and told; remove that when all is well.
    """
    from casefleet_cli.custody import copies, rekeying  # noqa: PLC0415 - migrations are dear, and rare

    path = context.obj.database_path
    if dry_run:
        with contextlib.closing(database.open_reader(path, migrating=True)) as connection:
            left = rekeying.left(connection)
        output.say(f"Dry run: would apply {', '.join(left)}." if left else _UP_TO_DATE)
        return
    patience = context.obj.patience()
    with contextlib.closing(database.open_database(path, migrating=True, patience=patience)) as connection:
        kept = None if no_backup else copies.keep_as_it_is(connection)
        if kept is not None:
            output.say(f"Kept it as it was: {kept}")
            sys.stdout.flush()
        applied = rekeying.migrate(connection, progress.slices_on_stderr())
    output.say(f"Applied {', '.join(applied)}." if applied else _UP_TO_DATE)
