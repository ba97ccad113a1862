"""The journal: numbers that last, words that can be erased, and a chain that tells of everything else."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.store import activities, feed, proof
from casefleet_cli.store.database import transaction
from tests.firm import Firm


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Activities 1 to 4; the second and the fourth have words."""
    firm = Firm(tmp_path)
    case = firm.case("Trust")
    with transaction(firm.db):
        for detail in ("", "to Minh Nguyen", "", "another reason"):
            activities.add(firm.db, "edited", user_id=firm.ada, case_id=case, detail=detail)
    return firm


def erase(firm: Firm, number: int) -> int:
    with transaction(firm.db):
        return activities.erase(firm.db, number, user_id=firm.carl)


def say_erased(firm: Firm, number: int) -> None:
    """The activity alone, as a forger would append it, rightly chained."""
    with transaction(firm.db):
        activities.add(firm.db, "erased", about_activity_id=number)


def faults(firm: Firm) -> list[str]:
    return list(proof.broken_links(firm.db))


def tamper(firm: Firm, *statements: str) -> None:
    firm.db.execute("PRAGMA foreign_keys = 0")
    firm.db.execute("PRAGMA ignore_check_constraints = 1")
    for (name,) in firm.all("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        firm.db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        firm.db.execute(statement)


def test_rows_hold_numbers_and_words_stand_elsewhere(firm: Firm) -> None:
    assert "Nguyen" not in str(firm.all("SELECT * FROM activities"))
    assert firm.all("SELECT activity_id, text FROM activity_texts") == [(2, "to Minh Nguyen"), (4, "another reason")]
    assert firm.all("SELECT id FROM activities WHERE digest IS NULL") == [(1,), (3,)]
    salts = [row[0] for row in firm.all("SELECT salt FROM activity_texts")]
    assert [len(salt) for salt in salts] == [16, 16]
    assert salts[0] != salts[1]
    assert faults(firm) == []


def test_erased_words_are_gone_and_the_chain_holds(firm: Firm) -> None:
    assert firm.one("PRAGMA secure_delete") == 1
    before = firm.all("SELECT * FROM activities")
    assert erase(firm, 2) == 5
    assert firm.all("SELECT * FROM activities WHERE id < 5") == before
    assert firm.all("SELECT verb, user_id, about_activity_id, digest FROM activities WHERE id = 5") == [
        ("erased", firm.carl, 2, None)
    ]
    assert firm.all("SELECT * FROM activity_texts WHERE activity_id = 2") == [(2, None, None)]
    assert faults(firm) == []
    erase(firm, 4)
    assert faults(firm) == []
    firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Nguyen" not in Path(firm.path).read_bytes()


@pytest.mark.parametrize("number", [1, 2, 9])
def test_where_there_are_no_words_nothing_is_erased(firm: Firm, number: int) -> None:
    if number == 2:
        erase(firm, 2)
    count = firm.count("activities")
    with pytest.raises(activities.NothingToEraseError, match=f"Activity {number} has no words that could be erased."):
        erase(firm, number)
    assert firm.count("activities") == count


def test_an_erasure_that_does_not_end_is_none(firm: Firm) -> None:
    with pytest.raises(ZeroDivisionError), transaction(firm.db):
        activities.erase(firm.db, 2)
        raise ZeroDivisionError
    assert (firm.count("activities"), firm.activities("detail", "id = 2")) == (4, [("to Minh Nguyen",)])


@pytest.mark.parametrize("state", ["as written", "told of", "erased"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activity_texts SET text = 'x', salt = zeroblob(16) WHERE activity_id = 2",
        "UPDATE activity_texts SET salt = zeroblob(16), text = text WHERE activity_id = 2",
        "UPDATE activity_texts SET activity_id = 3, salt = NULL, text = NULL WHERE activity_id = 2",
        "UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = 4",
        "DELETE FROM activity_texts WHERE activity_id = 2",
        "INSERT OR REPLACE INTO activity_texts VALUES (2, zeroblob(16), 'x')",
        "UPDATE activities SET case_id = NULL WHERE id = 2",
        "DELETE FROM activities WHERE id = 1",
        "INSERT OR REPLACE INTO activities (id, at, verb) VALUES (1, '2026-01-01T00:00:00Z', 'x')",
    ],
)
def test_the_database_refuses_all_but_an_erasure_that_was_told_of(firm: Firm, statement: str, state: str) -> None:
    if state == "erased":
        erase(firm, 2)
    elif state == "told of":
        say_erased(firm, 2)
    before = firm.all("SELECT * FROM activities"), firm.all("SELECT * FROM activity_texts")
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|only erased, after an activity that says so"):
        firm.db.execute(statement)
    assert (firm.all("SELECT * FROM activities"), firm.all("SELECT * FROM activity_texts")) == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO activity_texts VALUES (1, zeroblob(15), 'x')",
        "INSERT INTO activity_texts VALUES (1, NULL, 'x')",
        "INSERT INTO activity_texts VALUES (1, zeroblob(16), '')",
        "INSERT INTO activity_texts VALUES (9, zeroblob(16), 'x')",
        "INSERT INTO activities (at, verb) VALUES ('2026-01-01T00:00:00Z', 'erased')",
        "INSERT INTO activities (id, at, verb, about_activity_id) VALUES (9, '2026-01-01T00:00:00Z', 'erased', 9)",
        "INSERT INTO activities (at, verb, about_activity_id) VALUES ('2026-01-01T00:00:00Z', 'erased', 2)",
    ],
)
def test_what_makes_no_sense_is_refused(firm: Firm, statement: str) -> None:
    erase(firm, 2)
    with pytest.raises(sqlite3.IntegrityError, match="constraint failed"):
        firm.db.execute(statement)


WORDS = "the words of activity 2"
NO_PURGE = f"{WORDS} were erased, and no later activity says so"
WRONG = f"{WORDS}, or the salt of their digest, are not what was written"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE activity_texts SET text = 'to Ada' WHERE activity_id = 2", WRONG),
        ("UPDATE activity_texts SET salt = zeroblob(16) WHERE activity_id = 2", WRONG),
        ("UPDATE activity_texts SET salt = NULL WHERE activity_id = 2", WRONG),
        ("UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = 2", NO_PURGE),
        ("DELETE FROM activity_texts WHERE activity_id = 2", f"{WORDS} are missing"),
        ("INSERT INTO activity_texts VALUES (3, zeroblob(16), 'x')",
         "activity 3 has words that were not written with it"),
        ("UPDATE activities SET digest = NULL WHERE id = 2", "activity 2 is not what was written"),
        ("UPDATE activities SET earlier_hash = '' WHERE id = 2", "activity 2 is not what was written"),
        ("UPDATE activities SET about_activity_id = 1 WHERE id = 2", "activity 2 is not what was written"),
        ("DELETE FROM activities WHERE id = 3", "activity 3 is missing"),
    ],
)  # fmt: skip
def test_every_change_is_named(firm: Firm, statement: str, fault: str) -> None:
    tamper(firm, statement)
    assert fault in faults(firm)


def test_an_erasure_that_was_told_of_and_not_done_is_named(firm: Firm) -> None:
    say_erased(firm, 2)
    assert faults(firm) == [f"{WORDS} are still there, although activity 5 says that they were erased"]


def test_an_erasure_of_words_that_never_were_is_named(firm: Firm) -> None:
    say_erased(firm, 1)
    assert faults(firm) == ["activity 5 erases the words of activity 1, which never had any"]


def test_an_erasure_of_another_activity_counts_for_nothing(firm: Firm) -> None:
    erase(firm, 4)
    tamper(firm, "UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = 2")
    assert faults(firm) == [NO_PURGE]


def test_only_the_verb_erases(firm: Firm) -> None:
    with transaction(firm.db):
        activities.add(firm.db, "edited", about_activity_id=2)
    tamper(firm, "UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = 2")
    assert faults(firm) == [NO_PURGE]


def test_an_erasure_told_of_before_the_words_is_named(firm: Firm) -> None:
    firm.db.execute("PRAGMA ignore_check_constraints = 1")
    firm.db.execute("PRAGMA foreign_keys = 0")
    with transaction(firm.db):
        activities.add(firm.db, "erased", about_activity_id=6)
        activities.add(firm.db, "edited", detail="words")
    firm.db.execute("UPDATE activity_texts SET salt = NULL, text = NULL WHERE activity_id = 6")
    assert faults(firm) == [NO_PURGE.replace("2", "6")]


def test_an_erasure_that_left_the_salt_is_named(firm: Firm) -> None:
    erase(firm, 2)
    tamper(firm, "UPDATE activity_texts SET salt = zeroblob(16) WHERE activity_id = 2")
    assert faults(firm) == [f"{WORDS} were erased, but not the salt of their digest"]


def test_words_that_come_back_are_named(firm: Firm) -> None:
    erase(firm, 2)
    tamper(firm, "UPDATE activity_texts SET salt = zeroblob(16), text = 'x' WHERE activity_id = 2")
    assert faults(firm) == [WRONG]


@pytest.mark.parametrize("column", ["about_activity_id = 4", "verb = 'edited'", "user_id = NULL", "digest = ''"])
def test_the_erasure_is_in_the_chain(firm: Firm, column: str) -> None:
    erase(firm, 2)
    tamper(firm, f"UPDATE activities SET {column} WHERE id = 5")
    assert "activity 5 is not what was written" in faults(firm)


def test_readers_see_the_words_as_ever_and_where_they_were_erased(
    firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    erase(firm, 2)
    assert [row["detail"] for row in feed.of(firm.db, "all")] == ["", "another reason", "", "(erased)", ""]
    assert run(["--db", firm.path, "feed", "--all", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["verb"], row["detail"], row["about_activity_id"]) for row in told] == [
        ("erased", "", 2), ("edited", "another reason", None), ("edited", "", None), ("edited", "(erased)", None),
        ("edited", "", None),
    ]  # fmt: skip
    assert run(["--db", firm.path, "feed", "--all"]) == 0
    table = capsys.readouterr().out
    assert "erased the words of activity 2" in table
    assert "edited case 2026-101 Trust: (erased)" in table


def test_what_has_no_words_costs_one_statement(firm: Firm) -> None:
    asked: list[str] = []
    with transaction(firm.db):
        firm.db.set_trace_callback(asked.append)
        activities.add(firm.db, "filed")
        firm.db.set_trace_callback(None)
    assert [statement[:12] for statement in asked if not statement.startswith("--")] == ["SELECT id, h", "INSERT INTO "]
