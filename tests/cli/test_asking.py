"""Asking what happened and what there is: feed, email list, and a number for email show."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import feed, links, standings
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail

Rows = Callable[..., list[dict[str, object]]]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """E-mail 1 is Ada's, on cases 1 and 2 and on a lead; 2 is Carl's and of an earlier day; 3 is of both. Case 2 is
    restricted to Ada. Ada opened case 1, and Carl wrote of Ada."""
    firm = Firm(tmp_path)
    anna = firm.contact("Anna", "anna@client.example")
    for title in ("Trust", "Estate"):
        firm.case(title, anna)
    lead = firm.lead("Sale", anna, status="lost")
    firm.db.execute("UPDATE cases SET restricted = 1 WHERE id = 2")
    firm.add("case_users", case_id=2, user_id=firm.ada)
    for number, users in enumerate(((firm.ada,), (firm.carl,), (firm.ada, firm.carl)), 1):
        for user in users:
            raw = mail("x@else.example", sender="x@else.example", msgid=str(number), subject=f"mail {number}")
            raw = raw.replace(b"02 Nov", b"01 Nov") if number == 2 else raw
            assert receive(firm.db, raw, Arrival(user, "eml"), vouched=True).email_id == number
    for place in (Place("case", 1), Place("case", 2), Place("lead", lead)):
        links.add(firm.db, 1, place, user_id=None)
    standings.refresh(firm.db, 1)
    firm.db.execute("UPDATE emails SET logged_at = '2026-10-01T10:00:00Z' WHERE id = 3")
    return firm


@pytest.fixture
def rows(firm: Firm, capfd: pytest.CaptureFixture[str]) -> Rows:
    def rows(line: str, *, user: str = "") -> list[dict[str, object]]:
        assert run(["--db", firm.path, *(["--as", user] if user else []), *line.split(), "--json"]) == 0
        found: list[dict[str, object]] = json.loads(capfd.readouterr().out)
        return found

    return rows


@pytest.mark.parametrize(
    ("line", "user", "numbers"),
    [
        ("email list", "", [3, 1, 2]),
        ("email list --mine", "Ada", [3, 1]),
        ("email list --mine", "Carl", [3, 2]),
        ("email list --user Carl", "Ada", [3, 2]),
        ("email list --logged-since 2026-10-02", "", [1, 2]),
        ("email list --logged-since 2026-10-01", "", [3, 1, 2]),
        ("email list --logged-since 2026-10-02 --since 2026-11-02", "", [1]),
        ("email list --mine --logged-since 2026-10-02", "Carl", [2]),
        ("email list --limit 2", "", [3, 1]),
    ],
)
def test_which_mail_is_listed(line: str, user: str, numbers: list[int], rows: Rows) -> None:
    assert [row["id"] for row in rows(line, user=user)] == numbers


@pytest.mark.parametrize(
    ("user", "cases", "leads"), [("Ada", ["2026-101", "2026-102"], ["Sale"]), ("Carl", ["2026-101"], ["Sale"])]
)
def test_where_mail_is_as_far_as_it_is_in_sight(user: str, cases: list[str], leads: list[str], rows: Rows) -> None:
    assert {row["id"]: (row["cases"], row["leads"]) for row in rows("email list", user=user)} == {
        1: (cases, leads), 2: ([], []), 3: ([], []),
    }  # fmt: skip


def test_where_mail_is_in_a_table(firm: Firm, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "email", "list"]) == 0
    told = capfd.readouterr().out
    assert "2026-101, 2026-102, lead Sale" in told
    run(["--db", firm.path, "email", "list", "--csv"])
    (row,) = [row for row in csv.DictReader(io.StringIO(capfd.readouterr().out)) if row["id"] == "1"]
    assert (row["cases"], row["leads"]) == ("2026-101; 2026-102", "Sale")


@pytest.mark.parametrize(
    ("words", "is_read", "shown", "said"),
    [
        ("", True, 50, "These are the 50 newest; --limit N shows N.\n"),
        ("", False, 53, ""),
        ("--limit 52", True, 52, ""),
        ("--limit 3", False, 3, ""),
        ("--json", True, 53, ""),
        ("--user Carl", True, 50, ""),
    ],
)
def test_a_terminal_gets_fifty(
    words: str, is_read: bool, shown: int, said: str, firm: Firm, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(50):
        user = firm.ada if number < 2 else firm.carl
        receive(firm.db, mail("x@else.example", msgid=f"more{number}"), Arrival(user, "eml"), vouched=True)
    monkeypatch.setattr(sys.stdout.__class__, "isatty", lambda self: is_read, raising=False)
    assert run(["--db", firm.path, "email", "list", *words.split()]) == 0
    out, err = capsys.readouterr()
    count = len(json.loads(out)) if words == "--json" else len(out.splitlines()) - 2
    assert (count, err) == (shown, said)


def happened(firm: Firm) -> dict[str, int]:
    """Activities of some days, by what they say."""
    return {
        verb: firm.add("activities", at=f"2026-03-0{day}T10:00:00Z", verb=verb, **columns)
        for day, (verb, columns) in enumerate(
            {
                "by-ada": {"user_id": firm.ada, "case_id": 1},
                "by-carl": {"user_id": firm.carl, "case_id": 1},
                "for-ada": {"about_user_id": firm.ada, "email_id": 1},
                "carl-of-ada": {"user_id": firm.carl, "about_user_id": firm.ada, "case_id": 2},
                "nobody": {"case_id": 1},
            }.items(),
            1,
        )
    }


@pytest.mark.parametrize(
    ("line", "user", "verbs"),
    [
        ("--user Ada", "", ["carl-of-ada", "for-ada", "by-ada"]),
        ("--user Carl", "", ["carl-of-ada", "by-carl"]),
        ("--user Ada --all", "", ["carl-of-ada", "for-ada", "by-ada"]),
        ("--user Ada --case 2026-101", "", ["by-ada"]),
        ("2026-101 --user Ada", "", ["by-ada"]),
        ("2026-101", "", ["nobody", "by-carl", "by-ada"]),
        ("101 --since 2026-03-02", "", ["nobody", "by-carl"]),
        ("--all --since 2026-03-04", "", ["nobody", "carl-of-ada"]),
        ("--user Ada --since 2026-03-03 --limit 1", "", ["carl-of-ada"]),
        ("--user Ada", "Carl", ["for-ada", "by-ada"]),
    ],
)
def test_what_a_user_did_and_what_came(line: str, user: str, verbs: list[str], firm: Firm, rows: Rows) -> None:
    made = happened(firm)
    assert [row["verb"] for row in rows(f"feed {line}", user=user) if row["id"] in made.values()] == verbs


def test_since_is_from_that_second_on(firm: Firm) -> None:
    made = happened(firm)
    for since, first in (("2026-03-04T10:00:00Z", "carl-of-ada"), ("2026-03-04T10:00:01Z", "nobody")):
        found = [row["verb"] for row in feed.of(firm.db, "all", since=since) if row["id"] in made.values()]
        assert found[-1] == first


@pytest.mark.parametrize("words", ["", " --raw", " --json", " --headers"])
def test_a_number_alone_is_shown(words: str, firm: Firm, capfd: pytest.CaptureFixture[str]) -> None:
    told = []
    for line in (f"email 1{words}", f"email show 1{words}"):
        assert run(["--db", firm.path, *line.split()]) == 0
        told.append(capfd.readouterr().out)
    assert told[0] == told[1] != ""


def test_a_byte_order_mark(firm: Firm, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["--db", firm.path, "case", "list", "--csv"])
    plain = capfdbinary.readouterr().out
    run(["--db", firm.path, "case", "list", "--csv", "--bom"])
    assert capfdbinary.readouterr().out == b"\xef\xbb\xbf" + plain
