"""What the store refuses: references, databases that are not right, words that cannot be erased."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from casefleet_cli.errors import CannotCreateError, ConfigError, NoInputError, TryAgainError
from casefleet_cli.store import activities, copies, database, references, settings, unwritable
from casefleet_cli.store import recipients as stored
from tests.fakes import Failing
from tests.refusals import Office, Refusal

UNKNOWN = {
    (references.user, "Eve"): "There is no user 'Eve'; casefleet user list shows what there is.",
    (references.user, "9"): "There is no user '9'; casefleet user list shows what there is.",
    (references.user, "0"): "There is no user '0'; casefleet user list shows what there is.",
    (references.user, "-1"): "There is no user '-1'; casefleet user list shows what there is.",
    (references.user, "9" * 30): f"There is no user '{'9' * 30}'; casefleet user list shows what there is.",
    (references.user, "eve@else.example"): "There is no user 'eve@else.example'; casefleet user list shows what there is.",
    (references.user, "Be"): "There is no user 'Be'; did you mean 1 Ada Berg (ada@firm.example)?",
    (references.user, " "): "An empty word names no user; casefleet user list shows what there is.",
    (references.contact, ""): "An empty word names no contact; casefleet contact list shows what there is.",
    (references.contact, "lie"): "There is no contact 'lie'; did you mean 1 Anna Client (anna@client.example),"
    " 2 Bert Client (bert@client.example)?",
    (references.contact, "Bart"): "There is no contact 'Bart'; casefleet contact list shows what there is.",
    (references.contact, "caf\udce9"): r"There is no contact 'caf\udce9'; casefleet contact list shows what there is.",
    (references.contact, "caf\udce9@x.example"): r"There is no contact 'caf\udce9@x.example'; casefleet contact list"
    " shows what there is.",
    (references.case, "2026-103"): "There is no case '2026-103'; casefleet case list shows what there is.",
    (references.case, "caf\udce9"): r"There is no case 'caf\udce9'; casefleet case list shows what there is.",
    (references.case, "rust"): "There is no case 'rust'; did you mean 2026-101 Nguyen Trust (open),"
    " 2026-102 Old Trust (closed)?",
    (references.lead, "Estat"): "There is no lead 'Estat'; did you mean 1 Estate (open)?",
    (references.email, "99"): "There is no e-mail 99; casefleet email list shows what there is.",
    (references.email, "first"): "'first' is not the number of an e-mail; casefleet email list shows the numbers.",
    (references.email, "1²"): "'1²' is not the number of an e-mail; casefleet email list shows the numbers.",
}  # fmt: skip


def namesakes(firm: Office) -> None:
    """Ten contacts called Miller, three of whom share an address; two users and two leads of one name."""
    for number in range(10):
        firm.contact("Miller", "office@miller.example" if number < 3 else f"m{number}@miller.example")
    firm.user("Ada Berg", "ada.berg@firm.example", "ada-x")
    firm.lead("Estate")
    firm.case("Nguyen Trust")


AMBIGUOUS = {
    (references.user, "Ada Berg"): "Several users fit 'Ada Berg': 1 Ada Berg (ada@firm.example), 4 Ada Berg"
    " (ada.berg@firm.example); name one by its number.",
    (references.user, "ada"): "Several users fit 'ada': 1 Ada Berg (ada@firm.example), 4 Ada Berg"
    " (ada.berg@firm.example); name one by its number.",
    (references.contact, "office@miller.example"): "Several contacts fit 'office@miller.example':"
    " 5 Miller (office@miller.example), 6 Miller (office@miller.example), 7 Miller (office@miller.example);"
    " name one by its number.",
    (references.contact, "anna"): "Several contacts fit 'anna': 1 Anna Client (anna@client.example),"
    " 3 Anna Other (anna@other.example); name one by its number.",
    (references.contact, "MILLER"): "Several contacts fit 'MILLER': 5 Miller (office@miller.example),"
    " 6 Miller (office@miller.example), 7 Miller (office@miller.example), 8 Miller (m3@miller.example),"
    " 9 Miller (m4@miller.example), 10 Miller (m5@miller.example), 11 Miller (m6@miller.example),"
    " 12 Miller (m7@miller.example) and 2 more; name one by its number.",
    (references.case, "trust"): "Several cases fit 'trust': 2026-101 Nguyen Trust (open), 2026-102 Old Trust"
    " (closed), 2026-103 Nguyen Trust (open); name one by its number.",
    (references.case, "Nguyen Trust"): "Several cases fit 'Nguyen Trust': 2026-101 Nguyen Trust (open),"
    " 2026-103 Nguyen Trust (open); name one by its number.",
    (references.lead, "Estate"): "Several leads fit 'Estate': 1 Estate (open), 4 Estate (open);"
    " name one by its number.",
}  # fmt: skip

REFERENCES = (
    *(
        Refusal(lambda firm, find=find, text=text: find(firm.db, text), references.UnknownReferenceError, sentence, 2)  # type: ignore[misc]
        for (find, text), sentence in UNKNOWN.items()
    ),
    *(
        Refusal(
            lambda firm, find=find, text=text: find(firm.db, text),  # type: ignore[misc]
            references.AmbiguousReferenceError,
            sentence,
            2,
            given=namesakes,
        )
        for (find, text), sentence in AMBIGUOUS.items()
    ),
)


def another(*statements: str) -> Any:
    """Make other.db, a copy of the firm's database, otherwise."""

    def make(firm: Office) -> None:
        firm.db.execute("VACUUM INTO 'other.db'")
        other = sqlite3.connect("other.db", isolation_level=None)
        for statement in statements:
            other.execute(statement)
        other.close()

    return make


def opening(_: Office) -> None:
    database.open_database("other.db").close()


def told(code: int) -> Any:
    """What becomes of an error of SQLite with this result code."""

    def raise_it(_: Office) -> NoReturn:
        error = sqlite3.OperationalError("in SQLite's words")
        error.sqlite_errorcode = code
        raise database.translated(error, "my.db")

    return raise_it


def read_by_another(firm: Office) -> None:
    """Let another program have other.db open, in the midst of reading."""
    another("PRAGMA journal_mode = WAL")(firm)
    firm.other = sqlite3.connect("other.db", isolation_level=None)
    firm.other.execute("BEGIN")
    firm.other.execute("SELECT count(*) FROM users").fetchone()


DATABASES = (
    Refusal(
        opening,
        NoInputError,
        "There is no database at other.db; make one with casefleet init, or name it with --db.",
        66,
    ),
    Refusal(
        opening,
        database.WrongDatabaseError,
        "other.db is not a casefleet database; check --db or $CASEFLEET_DB.",
        78,
        given=another("PRAGMA application_id = 1"),
    ),
    Refusal(
        opening,
        database.WrongDatabaseError,
        "other.db is not a casefleet database; check --db or $CASEFLEET_DB.",
        78,
        given=lambda _: Path("other.db").write_bytes(b"no database at all, but long enough" * 100),
    ),
    Refusal(
        opening,
        database.WrongDatabaseError,
        f"other.db belongs to a newer casefleet (schema {database.SCHEMA_VERSION + 1}); upgrade this program.",
        78,
        given=another(f"PRAGMA user_version = {database.SCHEMA_VERSION + 1}"),
    ),
    Refusal(
        opening,
        database.WrongDatabaseError,
        "other.db has an older schema (1); run casefleet migrate.",
        78,
        given=another("PRAGMA user_version = 1"),
    ),
    Refusal(
        opening,
        database.WrongDatabaseError,
        "other.db is being migrated; where that was interrupted, run casefleet migrate.",
        78,
        given=another(f"PRAGMA user_version = {database.UNFINISHED + database.SCHEMA_VERSION}"),
    ),
    Refusal(
        lambda _: database.refuse_leftovers("other.db"),
        CannotCreateError,
        "other.db-wal is there already, left of another database; move it away or name another file.",
        73,
        given=lambda _: Path("other.db-wal").write_bytes(b""),
    ),
    Refusal(
        lambda firm: database.close_whole(sqlite3.connect("other.db", isolation_level=None), "other.db"),
        TryAgainError,
        "other.db could not be written to its end; try again.",
        75,
        given=read_by_another,
    ),
    *(
        Refusal(told(code), error, f"my.db {rest}", exit_code)
        for code, error, rest, exit_code in (
            (sqlite3.SQLITE_NOTADB, database.WrongDatabaseError,
             "is not a casefleet database; check --db or $CASEFLEET_DB.", 78),
            (sqlite3.SQLITE_BUSY, TryAgainError, "is locked by another program; try again.", 75),
            (sqlite3.SQLITE_BUSY_SNAPSHOT, TryAgainError, "is locked by another program; try again.", 75),
            (sqlite3.SQLITE_LOCKED, TryAgainError, "is locked by another program; try again.", 75),
            (sqlite3.SQLITE_READONLY, ConfigError,
             "is read-only for this user; check the owner of the file and its folder.", 78),
            (sqlite3.SQLITE_CANTOPEN, ConfigError,
             "cannot be opened by this user; check the owner of the file and its folder.", 78),
            (sqlite3.SQLITE_CORRUPT, ConfigError, "is damaged; restore it from a backup.", 78),
        )
    ),
    *(
        Refusal(told(code), ConfigError,
                "my.db is on a read-only mount; to change it, mount that anew.", 78,
                given=lambda firm: firm.patch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY)))
        for code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    ),
    *(
        Refusal(told(code), TryAgainError, sentence, 75)
        for code, sentence in {
            sqlite3.SQLITE_FULL: "No room is left on the disk of my.db; free some and try again.",
            sqlite3.SQLITE_IOERR_SHMSIZE: "No room is left on the disk of my.db; free some and try again.",
            sqlite3.SQLITE_IOERR: "The disk of my.db reports an error; check it, then try again.",
            sqlite3.SQLITE_NOMEM: "my.db: in SQLite's words.",
        }.items()
    ),
)  # fmt: skip


def put_aside(_: Office) -> None:
    with copies.put_aside(Path("other.db")):
        raise AssertionError("somebody has it open")


def in_a_full_tmp(firm: Office) -> None:
    """A database that nobody may write, with changes in its -wal, and no room for temporary files."""
    Path(firm.path).chmod(0o400)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    firm.patch.setattr(shutil, "copyfile", Failing(shutil.copyfile, full))
    firm.patch.setattr(tempfile, "tempdir", "/tmp")
    firm.db.execute("UPDATE users SET name = upper(name)")


OTHERS = (
    Refusal(
        lambda firm: unwritable.place(firm.path),
        TryAgainError,
        "FOLDER/casefleet.db can be read from a copy only, and there is no room for it in /tmp; set TMPDIR to a folder"
        " with more.",
        75,
        given=in_a_full_tmp,
    ),
    Refusal(
        put_aside,
        TryAgainError,
        "other.db is in use by another program (casefleet lmtp, casefleet serve); stop it and try again.",
        75,
        given=lambda firm: (read_by_another(firm), firm.patch.setattr(copies, "_IN_USE_SECONDS", 0)),
    ),
    Refusal(
        lambda firm: activities.erase(firm.db, 1),
        activities.NothingToEraseError,
        "Activity 1 has no words that could be erased.",
        2,
        given=lambda firm: firm.db.execute("UPDATE activity_texts SET text = NULL, salt = NULL WHERE activity_id = 1"),
    ),
    Refusal(
        lambda firm: activities.erase(firm.db, 9_999),
        activities.NothingToEraseError,
        "Activity 9999 has no words that could be erased.",
        2,
    ),
    Refusal(
        lambda firm: settings.days(firm.db),
        ConfigError,
        "This machine does not know the firm's time zone Mars/Olympus; install its package tzdata, or choose another:"
        " casefleet settings timezone NAME.",
        78,
        given=lambda firm: settings.put(firm.db, "timezone", "Mars/Olympus"),
    ),
    Refusal(
        lambda _: stored.opened("other.db", "rw"),
        ConfigError,
        "other.db is there and is not a map of casefleet; name another file.",
        78,
        given=another(),
    ),
)

REFUSALS = (*REFERENCES, *DATABASES, *OTHERS)
