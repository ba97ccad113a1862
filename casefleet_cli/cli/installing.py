"""casefleet install: what stands on a server beside the program."""

from __future__ import annotations

import os
import pwd
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from casefleet_cli.cli import manual, output
from casefleet_cli.cli.mailserver import program
from casefleet_cli.errors import ConfigError
from casefleet_cli.install import placing
from casefleet_cli.install.mailserver import Installation

if TYPE_CHECKING:
    from pathlib import Path

_USER = "casefleet"


def install(
    context: typer.Context,
    prefix: Annotated[str, typer.Option(metavar="DIR", help="Where link, man pages, completion and units go.")] = (
        placing.Server().prefix
    ),
    root: Annotated[str, typer.Option(metavar="DIR", help="Write below this folder, as for a package (DESTDIR).")] = "",
    user: Annotated[
        str | None, typer.Option(metavar="UNIX_USER", help="Who owns the database (default: its owner, or casefleet).")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take all that away again; never the database.")] = False,
) -> None:
    """Put what belongs to this program in its place on a server: user, folders, link, man pages, completion, units.

    The database is that of --db, or what /etc/casefleet.conf names, or /var/lib/casefleet/casefleet.db.
    """
    server = placing.Server(os.path.normpath(os.path.join("/", prefix)), _whole(root))  # noqa: PTH118
    option = context.obj.database_option
    database = os.path.abspath(option) if option else placing.named_database(server)  # noqa: PTH100
    if remove:
        for sentence in placing.remove(server, database):
            output.say(sentence)
        return
    called = program()
    if len(called) > 1:
        raise ConfigError("What is installed is the program casefleet; run that one, not the package by its name.")
    final = called[0].removeprefix(server.root)
    here = Installation((final,), database, user or _owner(server.at(database)) or _newcomer(server), "")
    for sentence in placing.place(server, here, placing.Written(manual.pages(), manual.completions())):
        output.say(sentence)
    if not server.at(database).exists():
        by = f"runuser -u {here.user} -- " if os.geteuid() == 0 else ""
        output.say(f"Next: {by}{shlex.join([server.link, '--db', database])} init --domain log.firm.example")


def _whole(root: str) -> str:
    return os.path.realpath(root).rstrip("/") if root else ""


def _newcomer(server: placing.Server) -> str:
    """Who is to own a database that is not there yet: one for it alone, where it can be made."""
    if os.geteuid() == 0 or server.root:
        return _USER
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return _USER


def _owner(database: Path) -> str | None:
    """The name of who owns a database; None where there is none, or it is root's."""
    try:
        number = database.stat().st_uid
        return pwd.getpwuid(number).pw_name if number else None
    except (OSError, KeyError):
        return None
