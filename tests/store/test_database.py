"""Transactions and their parts, one moment for a reader, and what a file says of itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from casefleet_cli.store import database
from tests.firm import Firm


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def names(firm: Firm) -> list[str]:
    return [name for (name,) in firm.all("SELECT name FROM contacts ORDER BY id")]


class BrokenError(Exception):
    pass


def test_a_part_of_a_transaction_is_taken_back_alone(firm: Firm) -> None:
    with database.transaction(firm.db):
        firm.contact("Anna")
        with pytest.raises(BrokenError), database.savepoint(firm.db):
            firm.contact("Bert")
            raise BrokenError
        with database.savepoint(firm.db):
            firm.contact("Cara")
            with database.savepoint(firm.db) as trial:
                firm.contact("Dora")
                trial.undo()
                firm.contact("Emil")
    assert names(firm) == ["Anna", "Cara", "Emil"]
    assert not firm.db.in_transaction


def test_an_error_that_ended_the_transaction_stays_the_one_that_is_told(firm: Firm) -> None:
    with pytest.raises(BrokenError), database.transaction(firm.db), database.savepoint(firm.db):
        firm.contact("Anna")
        firm.db.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise BrokenError
    assert names(firm) == []


def test_a_snapshot_is_one_moment(firm: Firm) -> None:
    reader = database.open_reader(firm.path)
    count = "SELECT count(*) FROM contacts"
    with database.snapshot(reader):
        assert reader.execute(count).fetchone() == (0,)
        firm.contact("Anna")
        assert reader.execute(count).fetchone() == (0,)
    assert reader.execute(count).fetchone() == (1,)
    with pytest.raises(BrokenError), database.snapshot(reader):
        raise BrokenError
    assert not reader.in_transaction
    reader.close()


@pytest.mark.parametrize("name", ["plain.db", "a?b.db", "c#d.db", "100%25.db"])
def test_a_file_is_ours_by_its_mark_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / name)
    database.create_database(path).close()
    assert not database.has_our_mark(path)
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
    other.close()
    assert database.has_our_mark(path)
    with pytest.raises(sqlite3.Error):
        database.has_our_mark(path + ".not-there")
    (tmp_path / "text.db").write_text("no database at all, but long enough for a header of one" * 20)
    with pytest.raises(sqlite3.Error):
        database.has_our_mark(str(tmp_path / "text.db"))
