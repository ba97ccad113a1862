"""The read log: who opened which mail, on the pages and at the command line, where the firm wants it noted."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.desk import reading
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.store import database, emails, visits
from casefleet_cli.web import server
from tests.web.conftest import ADA, HELD_MARKER, Browser

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def office(firm: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "casefleet.db"
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    connection = database.open_database(str(path))
    settings_desk.put(connection, "read-log", "on")
    yield connection
    connection.close()


@pytest.fixture
def casefleet(office: sqlite3.Connection, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--db", path_of(office), *argv])
        return code, *capsys.readouterr()

    return call


def path_of(connection: sqlite3.Connection) -> str:
    return database.file_of(connection)


def as_user(connection: sqlite3.Connection, user_id: int | None) -> Browser:
    browser = Browser(server.build(path_of(connection), user_id))
    browser.enter()
    return browser


def with_parts(connection: sqlite3.Connection) -> int:
    """An email with HTML and an attachment."""
    (number,) = connection.execute(
        "SELECT min(id) FROM emails WHERE has_html AND id IN (SELECT email_id FROM attachments)"
        " AND id IN (SELECT email_id FROM email_cases)"
    ).fetchone()
    return int(number)


def told(connection: sqlite3.Connection, **asked: int) -> list[tuple[str, int, str]]:
    rows = reading.listed(connection, path_of(connection), asked.get("user"), asked.get("email"), None)
    return [(row["user"], row["email_id"], row["what"]) for row in rows]


def test_each_opening_is_noted_with_who_and_what(office: sqlite3.Connection) -> None:
    number = with_parts(office)
    ada, here = as_user(office, ADA), as_user(office, None)
    for address in ("", "/html", f"/attachments/{number}1", "/recipients", "/attachments"):
        assert ada.ask(f"/emails/{number}{address}").status_code == 200
    assert here.ask(f"/emails/{number}").status_code == 200
    (name,) = office.execute("SELECT name FROM users WHERE id = ?", (ADA,)).fetchone()
    assert told(office) == [
        ("this computer", number, "page"),
        (name, number, "attachments"),
        (name, number, "recipients"),
        (name, number, f"attachment {number}1"),
        (name, number, "HTML"),
        (name, number, "page"),
    ]
    assert len(told(office, user=ADA)) == 5
    assert told(office, email=number + 1) == []


def test_what_is_not_shown_is_not_noted(office: sqlite3.Connection) -> None:
    """Neither what is out of sight or nowhere, nor lists, nor what strangers ask for."""
    (held,) = office.execute("SELECT id FROM emails WHERE text LIKE ?", (f"%{HELD_MARKER}%",)).fetchone()
    ada = as_user(office, ADA)
    assert ada.ask(f"/emails/{held}").status_code == 404
    assert ada.ask("/emails/999999").status_code == 404
    assert ada.ask("/unassigned").status_code == 200
    stranger = Browser(server.build(path_of(office)))
    assert stranger.ask(f"/emails/{with_parts(office)}").status_code == 401
    assert told(office) == []


def test_by_default_nothing_is_noted(office: sqlite3.Connection) -> None:
    settings_desk.forget(office, "read-log")
    assert as_user(office, ADA).ask(f"/emails/{with_parts(office)}").status_code == 200
    assert not visits.are_there(path_of(office))


def test_what_cannot_be_noted_is_not_shown(office: sqlite3.Connection) -> None:
    ada = as_user(office, ADA)
    Path(visits.path_beside(path_of(office))).write_bytes(b"x" * 5000)
    number = with_parts(office)
    answer = ada.ask(f"/emails/{number}")
    assert answer.status_code == 503
    assert emails.raw_of(office, number).decode("latin-1")[:20] not in answer.text
    (subject,) = office.execute("SELECT subject FROM emails WHERE id = ?", (number,)).fetchone()
    assert subject not in answer.text


@pytest.mark.parametrize(
    ("options", "what"),
    [("", "text"), ("--json", "text"), ("--headers", "headers"), ("--html", "HTML"), ("--raw", "bytes")],
)
def test_the_command_line_notes_too(office: sqlite3.Connection, casefleet: Run, options: str, what: str) -> None:
    number = with_parts(office)
    assert casefleet("email", "show", str(number), *options.split())[0] == 0
    code, out, _ = casefleet("reads", "--json")
    assert code == 0
    (row,) = json.loads(out)
    assert (row["user"], row["user_id"], row["email_id"], row["what"]) == ("this computer", 0, number, what)


def test_reads_says_whether_it_is_noted(office: sqlite3.Connection, casefleet: Run) -> None:
    assert casefleet("reads")[1] == "Nobody has opened such an e-mail since it is noted.\n"
    assert casefleet("settings", "read-log", "OFF")[1] == "read-log is now off.\n"
    assert casefleet("reads")[1] == (
        "It is not noted who opens mail; casefleet settings read-log on has it noted from now on.\n"
    )
    code, _, said = casefleet("settings", "read-log", "perhaps")
    assert (code, said) == (2, "casefleet: read-log cannot be 'perhaps'; it accepts on and off.\n")


def test_a_copy_or_a_restart_keeps_what_was_noted(office: sqlite3.Connection, tmp_path: Path) -> None:
    number = with_parts(office)
    as_user(office, ADA).ask(f"/emails/{number}")
    as_user(office, ADA).ask(f"/emails/{number}")
    assert len(told(office)) == 2
    moved = shutil.copy(visits.path_beside(path_of(office)), tmp_path / "kept")
    with contextlib.closing(sqlite3.connect(moved)) as kept:
        assert kept.execute("SELECT count(*) FROM reads").fetchone() == (2,)
