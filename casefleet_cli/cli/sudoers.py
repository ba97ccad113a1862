"""casefleet sudoers: how colleagues use the command line with their own rights."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from casefleet_cli import config
from casefleet_cli.cli import output
from casefleet_cli.cli.mailserver import program
from casefleet_cli.errors import ConfigError, UsageError
from casefleet_cli.install import sudoers as sudo_lines
from casefleet_cli.store import users


def sudoers(
    context: typer.Context,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Ask colleagues for no password: who signs in by a key has none.")
    ] = False,
) -> None:
    """Print the lines for sudo by which colleagues use this program, each with the own eyes and rights.

    They call it by sudo -u OWNER casefleet; who they are, the logins of the users tell (user edit --login).
    """
    logins = users.logins(context.obj.reader())
    path = str(Path(context.obj.database_path).absolute())
    uid = Path(path).stat().st_uid
    if not logins:
        raise UsageError("No user has a unix login yet; give one by casefleet user edit USER --login NAME.")
    if uid == 0:
        raise ConfigError(f"{path} belongs to root, as whom nobody may act; give it to a user of its own by chown.")
    try:
        owner = pwd.getpwuid(uid)
    except KeyError:
        raise ConfigError(f"{path} belongs to unix user {uid}, who has no name; give it to one who has.") from None
    named = next(filter(None, map(config.named_in, config.files_of(owner.pw_dir))), None)
    if named is None or not os.path.samefile(named, path):  # noqa: PTH121
        raise ConfigError(
            f"Colleagues cannot say --db, and no file names the database for {owner.pw_name}: write the line"
            f" database = {path} into {config.MACHINE_FILE} first."
        )
    command = program()
    if len(command) > 1:
        raise ConfigError("This program is not installed: colleagues need one file to call. Use make install.")
    output.block(f"# {sudo_lines.FILE} (write it by: visudo -f {sudo_lines.FILE})")
    output.block(sudo_lines.lines(command[0], owner.pw_name, logins, with_password=not no_password))
    output.warn(f"Then each of them calls: sudo -u {owner.pw_name} casefleet unassigned")
