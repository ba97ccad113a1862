"""What a command opens of the database: for reading, for changing, each on its own."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.cli.state import State
from casefleet_cli.errors import UsageError
from tests.firm import Firm

OPENED: list[str] = []
"""How each database was opened since: "ro" or "rw"."""


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "sqlite3.connect":
        OPENED.append(str(arguments[0]).rpartition("?mode=")[2])


sys.addaudithook(_note)
CHANGE = "UPDATE users SET name = 'Ada Bergson' WHERE id = 1"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


@pytest.fixture
def state(firm: Firm) -> State:
    state = State()
    state.database_path = firm.path
    return state


@pytest.fixture
def opened(firm: Firm) -> list[str]:
    """What is opened from now on."""
    OPENED.clear()
    return OPENED


@pytest.mark.parametrize("reader_first", [True, False])
def test_whichever_is_asked_first_does_not_stand_in_for_the_other(
    firm: Firm, state: State, *, reader_first: bool
) -> None:
    for ask in (state.reader, state.connection) if reader_first else (state.connection, state.reader):
        ask()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        state.reader().execute(CHANGE)
    state.connection().execute(CHANGE)
    assert state.reader().execute("SELECT name FROM users WHERE id = 1").fetchone() == ("Ada Bergson",)
    assert (state.reader(), state.connection()) == (state.reader(), state.connection())


def test_who_acts_is_read_without_opening_the_database_for_changes(firm: Firm, state: State, opened: list[str]) -> None:
    state.acting_reference = "Ada Berg"
    assert state.acting() == firm.ada
    assert opened == ["ro"]
    firm.db.execute("UPDATE users SET disabled_at = created_at WHERE id = 1")
    with pytest.raises(UsageError, match="Ada Berg is disabled and cannot act"):
        state.acting()


def test_who_acts_is_read_over_what_is_open_for_changes(firm: Firm, state: State, opened: list[str]) -> None:
    state.acting_reference = "Ada Berg"
    state.connection()
    assert state.acting() == firm.ada
    assert opened == ["rw"]


def test_all_is_closed_and_opened_again_when_asked(state: State) -> None:
    opened = [state.reader(), state.connection()]
    state.close()
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    assert state.reader().execute("SELECT 1").fetchone() == (1,)
    state.close()


@pytest.mark.parametrize(
    "command",
    [
        "user list", "user show 1", "contact list", "contact show 1", "case list", "case show 2026-101", "lead list",
        "lead show 1", "email list", "unassigned", "feed --all", "notifications", "search x", "imports list",
    ],
)  # fmt: skip
def test_a_command_that_only_reads_asks_for_no_more(
    command: str, firm: Firm, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    anna = firm.contact("Anna")
    firm.case("Trust", anna)
    firm.lead("Deed", anna)
    firm.role(firm.ada, "admin")
    assert run(["--db", firm.path, "--as", "Ada Berg", *command.split()]) == 0, capsys.readouterr().err
    assert opened == ["ro"]
