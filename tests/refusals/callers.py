"""What is refused to who comes through sudo, and of the lines that let people in."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from casefleet_cli import config
from casefleet_cli.cli import sudoers
from casefleet_cli.cli.callers import BySudoError
from casefleet_cli.desk import users as user_desk
from casefleet_cli.desk.entries import BadEntryError
from casefleet_cli.desk.users import TakenError
from casefleet_cli.errors import CasefleetError, ConfigError, UsageError
from tests.refusals import Office, Refusal

LOGIN = "daemon"
"""A unix user whom every machine has, and who owns no database."""


def by_sudo(line: str, sentence: str, error: type[CasefleetError] = BySudoError, **variables: str) -> Refusal:
    """A command that Carl, whose login that is, gives through sudo."""

    def given(firm: Office) -> None:
        user_desk.edit(firm.db, firm.carl, login=LOGIN)
        said = {"SUDO_UID": str(pwd.getpwnam(LOGIN).pw_uid), "SUDO_USER": LOGIN, **variables}
        for name in [name for name in os.environ if name.startswith("CASEFLEET_")]:
            firm.patch.delenv(name)
        for name, value in said.items():
            firm.patch.setenv(name, value)

    return Refusal(line, error, sentence, 2, given=given)


OF_CALLERS = (
    by_sudo("email list", "SUDO_USER and SUDO_UID do not name the same unix user; call sudo anew.", SUDO_USER="bin"),
    by_sudo("email list", "SUDO_USER and SUDO_UID do not name the same unix user; call sudo anew.", SUDO_USER="no one"),
    by_sudo("--db casefleet.db email list", "--db is not for who comes through sudo; leave it out."),
    by_sudo("--debug email list", "--debug is not for who comes through sudo; leave it out."),
    by_sudo("email list", "$CASEFLEET_DB is not for who comes through sudo; unset it.", CASEFLEET_DB="casefleet.db"),
    by_sudo("email list", "$CASEFLEET_TIME_LIMIT_SECONDS is not for who comes through sudo; unset it.",
            CASEFLEET_TIME_LIMIT_SECONDS="1"),
    by_sudo("backup copy.db", "casefleet backup is for who runs this machine, not for who comes through sudo."),
    by_sudo("import mail.eml", "Who comes through sudo names no files: give - for mail.eml, and use <, > or a pipe."),
    by_sudo("export --case 2026-101 --to out", "Who comes through sudo names no files: give - for out, and use <, > or a"
            " pipe."),
    by_sudo("email save 1 --eml", "Who comes through sudo names no files: give - for ., and use <, > or a pipe."),
    by_sudo("email save 1 --eml --to out", "Who comes through sudo names no files: give - for out, and use <, > or a"
            " pipe."),
    by_sudo("--show-completion bash", "Completion is for who runs this machine, not for who comes through sudo."),
    by_sudo(f"--db {'x' * 300} email list", f"{'x' * 300} cannot be looked at: File name too long; ask who runs this"
            " machine."),
    by_sudo("--as Ada email list", "You are Carl Diaz; --as another user is for admins.", UsageError),
    by_sudo("email list", "Unix user bin is no user's login; an admin makes it one by casefleet user edit USER --login"
            " bin.", UsageError, SUDO_USER="bin", SUDO_UID=str(pwd.getpwnam("bin").pw_uid)),
)  # fmt: skip


class Owned:
    """A file that a unix user has."""

    def __init__(self, uid: int) -> None:
        self.st_uid = uid


def owned(firm: Office, uid: int) -> None:
    """Let a user have a login, and the database seem to belong to this unix user."""
    user_desk.edit(firm.db, firm.carl, login=LOGIN)
    whole = Path.stat
    firm.patch.setattr(
        sudoers.Path, "stat", lambda path, **how: Owned(uid) if path.name == "casefleet.db" else whole(path, **how)
    )


def of_daemon(firm: Office, *, named: bool = False) -> None:
    owned(firm, pwd.getpwnam(LOGIN).pw_uid)
    firm.patch.setattr(config, "MACHINE_FILE", "machine.conf")
    if named:
        Path("machine.conf").write_text(f"database = {firm.path}\n")
        firm.patch.setattr(sudoers, "program", lambda: ("python", "-m", "casefleet_cli"))


OF_LINES = (
    Refusal("sudoers", UsageError, "No user has a unix login yet; give one by casefleet user edit USER --login NAME.", 2),
    Refusal("sudoers", ConfigError, "FOLDER/casefleet.db belongs to root, as whom nobody may act; give it to a user of its"
            " own by chown.", 78, given=lambda firm: owned(firm, 0)),
    Refusal("sudoers", ConfigError, "FOLDER/casefleet.db belongs to unix user 54321, who has no name; give it to one who"
            " has.", 78, given=lambda firm: owned(firm, 54321)),
    Refusal("sudoers", ConfigError, "Colleagues cannot say --db, and no file names the database for daemon: write the line"
            " database = FOLDER/casefleet.db into machine.conf first.", 78, given=of_daemon),
    Refusal("sudoers", ConfigError, "This program is not installed: colleagues need one file to call. Use make install.",
            78, given=lambda firm: of_daemon(firm, named=True)),
    Refusal("user edit Carl --login 'no one'", BadEntryError, "'no one' is no name of a unix user; give what `id -un` says"
            " for that user.", 2),
    Refusal("user edit Ada --login daemon", TakenError, "Unix user daemon is user 2 Carl Diaz already; a login has one"
            " user.", 2, given=lambda firm: user_desk.edit(firm.db, firm.carl, login=LOGIN) and None),
)  # fmt: skip
REFUSALS = (*OF_CALLERS, *OF_LINES)
