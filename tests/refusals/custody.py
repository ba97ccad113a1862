"""What is refused around copies of a database, and where one database stands for another."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from casefleet_cli.custody.publishing import MetadataOfOthersError, SecretLeftError, TargetNamedWronglyError
from casefleet_cli.custody.recovering import OtherDatabaseError
from casefleet_cli.errors import CannotCreateError, NoInputError, UnreadableError
from casefleet_cli.files import ThereAlreadyError
from casefleet_cli.install import recipients
from casefleet_cli.install.recipients import AnothersMapError
from tests.firm import BCC
from tests.refusals import Office, Refusal


def map_of(owner: str | None) -> Callable[[Office], None]:
    """A map of the firm's own name in the folder, that names this file of the folder as its owner."""

    def given(firm: Office) -> None:
        recipients.refresh(firm.db, "map")
        with contextlib.closing(sqlite3.connect("map")) as table, table:
            table.execute("DELETE FROM owner")
            if owner is not None:
                table.execute("INSERT INTO owner VALUES (?)", (str(Path(owner).absolute()),))

    return given


def other_map(firm: Office) -> None:
    """The map of another database, which is there."""
    Path("other.db").touch()
    map_of("other.db")(firm)


CLAIM = "casefleet --db FOLDER/casefleet.db postfix --map map makes it that of FOLDER/casefleet.db."
MAPS = (
    Refusal("postfix --user x --map map", AnothersMapError,
            "The map FOLDER/map is that of FOLDER/other.db; FOLDER/casefleet.db needs another: casefleet postfix --map"
            " FILE.", 78, given=other_map),
    Refusal(lambda firm: recipients.refresh(firm.db, "map"), AnothersMapError,
            f"The map map is that of FOLDER/other.db, which is not there; {CLAIM}", 78, given=map_of("other.db")),
    Refusal(lambda firm: recipients.differences(firm.db, "map"), AnothersMapError,
            f"The map map does not say whose it is; {CLAIM}", 78, given=map_of(None)),
)  # fmt: skip


def of_another_firm(firm: Office) -> None:
    firm.db.execute("VACUUM INTO 'other.db'")
    with contextlib.closing(sqlite3.connect("other.db")) as other, other:
        other.execute("UPDATE settings SET value = 'log.other.example' WHERE name = 'logging_domain'")


def unsound(firm: Office) -> None:
    """A database of an earlier schema whose index lacks something."""
    firm.db.execute("VACUUM INTO 'old.db'")
    with contextlib.closing(sqlite3.connect("old.db")) as old, old:
        old.execute("DELETE FROM sender_addresses WHERE id > 1")
        old.execute("PRAGMA writable_schema = 1")
        old.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(user_id)', '(address)') WHERE name = 'sender_addresses_user'"
        )
        old.execute("PRAGMA user_version = 1")


COPIES = (
    Refusal("--db old.db migrate", UnreadableError,
            "FOLDER/old.db is not sound: SQLite says: row 1 missing from index sender_addresses_user.", 65,
            given=unsound),
    Refusal("backup copies --keep 14", CannotCreateError,
            "copies is no folder; with --keep, name the one that the copies are kept in.", 73),
    Refusal("recover other.db", NoInputError,
            "There is no file other.db.", 66),
    Refusal("recover casefleet.db", OtherDatabaseError,
            "casefleet.db is this database itself; name the one that it replaced.", 2),
    Refusal("recover other.db", OtherDatabaseError,
            "other.db is the database of log.other.example, not of log.firm.example.", 2, given=of_another_firm),
)  # fmt: skip

PUBLISHING = (
    Refusal("publish out.txt", TargetNamedWronglyError, "out.txt is no name for it; let it end in .db.", 2),
    Refusal(
        "publish out.db",
        ThereAlreadyError,
        "out.db is there already; name a file that is not.",
        73,
        given=lambda firm: Path("out.db").touch(),
    ),
    Refusal(
        "publish out.db",
        MetadataOfOthersError,
        "metadata.yaml is there already and about something else; name another by --metadata.",
        73,
        given=lambda firm: Path("metadata.yaml").write_text("title: ours\n") and None,
    ),
    Refusal(
        "publish out.db",
        CannotCreateError,
        "metadata.yaml cannot be read: Is a directory.",
        73,
        given=lambda firm: Path("metadata.yaml").mkdir(),
    ),
    Refusal(
        "publish out.db",
        SecretLeftError,
        "mail.text would hold a BCC address, so nothing is published; casefleet"
        " reparse --all has older mail masked as new mail is.",
        78,
        given=lambda firm: firm.db.execute("UPDATE emails SET text = ? WHERE id = 1", (BCC["ada"],)),
    ),
)
REFUSALS = (*PUBLISHING, *MAPS, *COPIES)
