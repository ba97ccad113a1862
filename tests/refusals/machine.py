"""What is refused of a machine: configuration files, and settings that are not the firm's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from casefleet_cli import config
from casefleet_cli.errors import UsageError
from tests.refusals import Office, Refusal


def machine_file(content: bytes | None) -> Callable[[Office], None]:
    """Have a configuration file for all users (None: a folder of that name), and no database here."""

    def given(firm: Office) -> None:
        here = Path(firm.path).parent / "here"
        here.mkdir()
        path = here / "casefleet.conf"
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        firm.patch.setenv("HOME", str(here))
        firm.patch.chdir(here)
        firm.patch.setattr(config, "MACHINE_FILE", str(path))

    return given


def bad(content: bytes | None, sentence: str) -> Refusal:
    return Refusal("case list", config.BadConfigError, f"FOLDER/here/casefleet.conf{sentence}", 78,
                   given=machine_file(content))  # fmt: skip


REFUSALS = (
    bad(None, " may name the database and cannot be read (Is a directory); let this user read it, or use --db."),
    bad(b"#" * 70_000, " is too large for a configuration file; it needs one line, database = /PATH."),
    bad(b"# ours\ndatabse = /srv/casefleet.db\n", ", line 2, is not understood; write database = /PATH."),
    bad(b"database /srv/casefleet.db\n", ", line 1, is not understood; write database = /PATH."),
    bad(b"\x89PNG\r\n\0", ", line 1, is not understood; write database = /PATH."),
    bad(b"database = casefleet.db\n", ", line 1: the database needs a whole path, beginning with /."),
    bad(b"database =\n", ", line 1: the database needs a whole path, beginning with /."),
    bad(b"database = /srv/a\0b\n", ", line 1: the database needs a whole path, beginning with /."),
    bad(b"database = /srv/a\n\n database=/srv/b", ", line 3, names a second database; leave one."),
    *(
        Refusal(f"settings {words}", UsageError,
                f"{name} is this machine's; casefleet settings {name} shows what it is and where it is from.", 2)
        for words, name in (
            ("database /srv/b", "database"), ("acting-user --default", "acting-user"),
            ("casefleet_busy_seconds 3", "CASEFLEET_BUSY_SECONDS"),
        )
    ),
)  # fmt: skip
