"""The live views hold, row by row, what a snapshot for the same eyes holds."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from casefleet_cli import access
from casefleet_cli.store import database, published, viewed
from casefleet_cli.store.plain import CHOSEN, DECISIONS, TABLES, Table
from tests.firm import created
from tests.web.conftest import ADA, BEN, GUEST, LIM, fill

WALLED: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2), (1, 2, 3))


@pytest.fixture(scope="module", params=WALLED, ids=str)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    made = str(tmp_path_factory.mktemp("viewed") / "casefleet.db")
    connection = created(made)
    with database.transaction(connection):
        fill(connection)
        connection.executemany("UPDATE cases SET restricted = 1 WHERE id = ?", ((one,) for one in request.param))
        connection.execute("INSERT INTO email_leads (email_id, lead_id, linked_by, linked_at) VALUES (7, 2, 'person', ?)",
                           ("2026-11-17T08:00:00Z",))  # fmt: skip
        connection.executemany(
            "INSERT INTO deliveries (email_id, user_id, source, raw_message_id, standing, received_at) VALUES (?, ?, 'lmtp', ?, ?, ?)",
            (
                (number, LIM, number, standing, "2026-11-17T08:00:00Z")
                for number, standing in ((2, "routed"), (3, "held"), (4, "rejected"))
            ),
        )
        connection.execute("INSERT INTO case_users (case_id, user_id) VALUES (3, ?)", (LIM,))
        connection.execute("INSERT INTO activities (at, verb, case_id) VALUES ('2026-11-17T08:00:00Z', 'closed', 3)")
        connection.execute("UPDATE contacts SET merged_into_id = 1 WHERE id = 2 AND ?", (len(request.param) > 2,))
    connection.close()
    return made


def rows(connection: sqlite3.Connection, table: Table) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{name}"' for name in viewed.columns(table))
    return sorted(map(tuple, connection.execute(f'SELECT {names} FROM "{table.name}"')), key=repr)


@pytest.mark.parametrize("user", [None, ADA, BEN, LIM, GUEST])
def test_they_hold_what_a_snapshot_holds(path: str, user: int | None, tmp_path: Path) -> None:
    with (
        contextlib.closing(database.open_reader(path)) as live,
        contextlib.closing(database.open_reader(path)) as behind,
    ):
        seen = access.who(behind, user).sight
        published.write(behind, str(tmp_path / "out.db"), seen, None)
        expected = [row[0] for row in live.execute(CHOSEN["mail"].format(emails=seen.emails("e")), seen.parameters)]
        viewed.make(live, behind, seen, "unguessable")
        assert sorted(row[0] for row in live.execute("SELECT number FROM mail")) == sorted(expected)
        assert [table.name for table in viewed.tables(seen)] == [
            table.name for table in (*TABLES, DECISIONS) if user is None or table is not DECISIONS
        ]
        with contextlib.closing(sqlite3.connect(tmp_path / "out.db")) as snapshot:
            for table in viewed.tables(seen):
                assert rows(live, table) == rows(snapshot, table), table.name


def test_a_sight_that_lists_no_numbers_is_looked_at_row_by_row(path: str) -> None:
    with (
        contextlib.closing(database.open_reader(path)) as live,
        contextlib.closing(database.open_reader(path)) as behind,
    ):
        seen = access.who(behind, LIM).sight._replace(email_numbers="", emails=lambda alias: f"{alias}.id = 2")
        viewed.make(live, behind, seen, "unguessable")
        assert live.execute("SELECT number FROM mail").fetchall() == [(2,)]
        assert {row[0] for row in live.execute("SELECT mail FROM people")} == {2}


def test_nothing_is_written(path: str) -> None:
    with (
        contextlib.closing(database.open_reader(path)) as live,
        contextlib.closing(database.open_reader(path)) as behind,
    ):
        viewed.make(live, behind, access.THIS_COMPUTER.sight, "unguessable")
        with pytest.raises(sqlite3.OperationalError):
            live.execute("CREATE TEMP TABLE more (a)")
        with pytest.raises(sqlite3.OperationalError):
            live.execute("UPDATE main.cases SET title = 'x'")
