"""What casefleet install refuses: places that cannot be written, and a program that its user could not run."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

from casefleet_cli import files
from casefleet_cli.errors import CannotCreateError, ConfigError
from casefleet_cli.install import placing
from casefleet_cli.install.mailserver import Installation
from tests.refusals import Office, Refusal
from tests.refusals.command import refusing


def program(firm: Office) -> None:
    """Be the program casefleet of some environment."""
    made = Path("venv/bin/casefleet")
    made.parent.mkdir(parents=True)
    made.write_text("#!/bin/sh\nexit 1\n")
    made.chmod(0o755)
    firm.patch.setattr(sys, "argv", [str(made.absolute())])


def taken(name: str) -> None:
    Path(name).parent.mkdir(parents=True)
    Path(name).write_bytes(b"mine")


class Useradd:
    """A useradd that refuses."""

    def __init__(self, stderr: str = "", error: OSError | None = None) -> None:
        self._stderr, self._error = stderr, error

    def __call__(self, words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert words[0] == "useradd"
        if self._error:
            raise self._error
        return subprocess.CompletedProcess(words, 1, "", self._stderr)


def useradd(answer: Useradd) -> object:
    return lambda firm: (program(firm), firm.patch.setattr(subprocess, "run", answer),
                         firm.patch.setattr(os, "geteuid", lambda: 0))  # fmt: skip


HERE = Installation(("/opt/casefleet/bin/casefleet",), "/var/lib/casefleet/casefleet.db", "nobody", "")
REFUSALS = (
    Refusal("install --root stage", ConfigError,
            "What is installed is the program casefleet; run that one, not the package by its name.", 78,
            given=lambda firm: firm.patch.setattr(sys, "argv", ["/nowhere/x.py"]) or firm.patch.setenv("PATH", "")),
    Refusal("install --root stage", files.ThereAlreadyError,
            "FOLDER/stage/usr/local/bin/casefleet is there and is no link; remove it, or give another --prefix.", 73,
            given=lambda firm: (program(firm), taken("stage/usr/local/bin/casefleet"),
                                Path("stage/var/lib/casefleet").mkdir(parents=True),
                                Path("stage/var/backups/casefleet").mkdir(parents=True))),
    Refusal("install --root stage", CannotCreateError,
            "FOLDER/stage/var/lib/casefleet cannot be created: Not a directory.", 73,
            given=lambda firm: (program(firm), taken("stage/var"))),
    Refusal("install --user casefleet-nobody", CannotCreateError,
            "The unix user casefleet-nobody cannot be made: useradd: no.", 73,
            given=useradd(Useradd("useradd: no.\n"))),
    Refusal("install --user casefleet-nobody", CannotCreateError,
            "The unix user casefleet-nobody cannot be made: useradd: No such file or directory.", 73,
            given=useradd(Useradd(error=OSError(errno.ENOENT, os.strerror(errno.ENOENT))))),
    Refusal(lambda _: placing._runs(HERE._replace(program=("/nowhere/casefleet",))), ConfigError,
            "nobody cannot run /nowhere/casefleet: put it where every user can read it, as /opt/casefleet, with a Python"
            " that every user can read, as /usr/bin/python3.", 78),
    Refusal(lambda firm: placing._link(placing.Server(root=str(Path(firm.path).parent)), "/opt/casefleet/bin/casefleet"),
            CannotCreateError, "FOLDER/usr/local/bin/casefleet cannot be created: Not a directory.", 73,
            given=lambda _: (Path("opt/casefleet/bin").mkdir(parents=True),
                             Path("opt/casefleet/bin/casefleet").write_text("#!/bin/sh\n"), Path("usr").touch())),
    Refusal(lambda firm: placing._write(Path(firm.path).parent / "usr/share/man/x.1", ""),
            CannotCreateError, "FOLDER/usr/share/man/x.1 cannot be created: Not a directory.", 73,
            given=lambda _: Path("usr").touch()),
    Refusal("install --remove --root stage", CannotCreateError,
            "FOLDER/stage/usr/local/share/man/man1/casefleet.1 cannot be removed: Read-only file system.", 73,
            given=lambda firm: (taken("stage/usr/local/share/man/man1/casefleet.1"),
                                firm.patch.setattr(os, "unlink", refusing(os.unlink, errno.EROFS)))),
)  # fmt: skip
