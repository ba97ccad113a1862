"""What is refused: a row for each sentence, by the room that says it; tests/test_refusals.py tries them all.

A new error needs a row in the file of its room here: the house asks for one for each class and for each sentence.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.errors import CasefleetError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database, links, saved_searches, standings
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, NOW, Firm, mail


class Office(Firm):
    """The firm that `office` fills."""

    patch: pytest.MonkeyPatch
    """For what cannot happen otherwise in a test; undone after it."""
    other: sqlite3.Connection
    """Of another program."""


def nothing(_: Office) -> None:
    """Needs no preparation."""


class Refusal(NamedTuple):
    """Something that is tried in the office below, and the answer to it."""

    done: str | Callable[[Office], object]
    """A command line without the word casefleet, or a call."""
    error: type[CasefleetError]
    sentence: str
    """All of it. FOLDER is the folder that the database is in, and that commands are called in."""
    exit_code: int
    given: Callable[[Office], object] = nothing
    """What is done before, so that it is refused."""


def rows() -> dict[str, tuple[Refusal, ...]]:
    """The rows of each room."""
    found = pkgutil.iter_modules(__path__, f"{__name__}.")
    return {module.name.rpartition(".")[2]: importlib.import_module(module.name).REFUSALS for module in found}


def office(folder: Path) -> Office:
    """A firm with something of everything.

    Users: 1 Ada Berg, 2 Carl Diaz, 3 Olga Off (disabled). Contacts: 1 Anna Client, 2 Bert Client, 3 Anna Other, 4 Bart,
    merged into 2. Cases: 1 Nguyen Trust (2026-101, Anna), 2 Old Trust (closed). Leads: 1 Estate, 2 Sale (lost),
    3 Bakery (became case 2). E-mail: 1 unassigned without a contact, 2 held, 3 filed to case 1, 4 rejected,
    5 unassigned with two likely cases. Batch 1 is undone. A search is saved as court.
    """
    firm = Office(folder)
    firm.db.execute("UPDATE users SET role = 'admin' WHERE id = ?", (firm.ada,))
    olga = firm.user("Olga Off", "olga@firm.example", BCC["olga"])
    firm.db.execute("UPDATE users SET disabled_at = ? WHERE id = ?", (NOW, olga))
    anna = firm.contact("Anna Client", "anna@client.example")
    bert = firm.contact("Bert Client", "bert@client.example")
    firm.contact("Anna Other", "anna@other.example", "office@other.example")
    bart = firm.contact("Bart", "bart@client.example")
    firm.db.execute("DELETE FROM contact_addresses WHERE contact_id = ?", (bart,))
    firm.db.execute("UPDATE contacts SET merged_into_id = ? WHERE id = ?", (bert, bart))
    trust, old = firm.case("Nguyen Trust", anna), firm.case("Old Trust", bert, status="closed")
    firm.lead("Estate", bert)
    firm.lead("Sale", bert, status="lost")
    bakery = firm.add("leads", name="Bakery", status="converted", case_id=old, opened_at=NOW)
    firm.add("lead_contacts", lead_id=bakery, contact_id=bert)
    log(firm, mail("x@else.example", msgid="1"))
    log(firm, mail("ada@firm.example", sender="anna@client.example", msgid="2"))
    log(firm, mail("anna@client.example", msgid="3"))
    log(firm, mail("ada@firm.example", sender="eve@else.example", msgid="4"))
    firm.db.execute("UPDATE emails SET standing = 'rejected' WHERE id = 4")
    firm.db.execute("UPDATE deliveries SET standing = 'rejected' WHERE email_id = 4")
    log(firm, mail("x@else.example", msgid="5"))
    assert firm.all("SELECT email_id, case_id FROM email_cases") == [(3, trust)]
    steps = batch_desk.plan(firm.db, [1, 5], (anna,), ()).steps
    batch_desk.undo(firm.db, batch_desk.carry_out(firm.db, steps).batch_id or 0)
    firm.db.execute("UPDATE batches SET undone_at = ?", (NOW,))
    saved_searches.put(firm.db, "court", "court OR police", firm.ada)
    return firm


def moved(model: Office, folder: Path) -> Office:
    """A copy of an office, as soon made as a file is copied."""
    firm = copy.copy(model)
    firm.path = str(folder / "casefleet.db")
    model.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(model.path, firm.path)
    firm.db = database.open_database(firm.path)
    return firm


def log(firm: Firm, raw: bytes, *, vouched: bool = False) -> int:
    """The number of a mail that Ada had logged."""
    return receive(firm.db, raw, Arrival(firm.ada, "eml" if vouched else "pipe"), vouched=vouched).email_id


def file(firm: Firm, email_id: int, place: Place) -> None:
    """Put an email on a case or lead, whatever the rules say."""
    links.add(firm.db, email_id, place, user_id=None)
    standings.refresh(firm.db, email_id)


def everything(firm: Firm) -> dict[str, object]:
    """All rows of all tables, and all bytes of all other files of the firm's folder."""
    folder = Path(firm.path).parent
    tables = firm.all("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    found: dict[str, object] = {name: sorted(map(repr, firm.all(f"SELECT * FROM {name}"))) for (name,) in tables}
    for path in sorted(folder.rglob("*")):
        if not path.name.startswith(Path(firm.path).name) and not path.name.endswith("-shm"):
            found[str(path.relative_to(folder))] = path.read_bytes() if path.is_file() else None
    return found
