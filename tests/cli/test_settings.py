"""casefleet settings, and what the settings of dates decide: the order of numbers, and whose days count."""

from __future__ import annotations

import json
import os
import pty
import select
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail

Casefleet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


@pytest.fixture
def casefleet(firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Casefleet:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TZ", "Etc/UTC")
    __import__("time").tzset()

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--db", firm.path, *argv])
        return code, *capsys.readouterr()

    return call


def told(firm: Firm) -> list[tuple]:
    return firm.activities("user_id, detail", "verb = 'setting-changed' ORDER BY id")


def test_every_setting_is_listed_with_where_it_comes_from(firm: Firm, casefleet: Casefleet) -> None:
    code, out, _ = casefleet("settings", "--json")
    assert (code, [[row["name"], row["value"], row["source"]] for row in json.loads(out)]) == (
        0, [
            ["date-order", None, "default"], ["timezone", "Etc/UTC", "default"], ["authserv-id", None, "default"],
            ["read-log", "off", "default"], ["sql", "off", "default"], ["atom-subjects", "off", "default"], *([name, None, "default"] for name in ("lead-stages", "lead-sources", "lost-reasons")), ["understanding-seconds", "5", "default"], ["understanding-megabytes", "512", "default"],
            ["database", firm.path, "--db"], ["acting-user", None, "default"],
            ["CASEFLEET_BUSY_SECONDS", "20", "default"], ["CASEFLEET_TIME_LIMIT_SECONDS", "240", "default"],
        ],
    )  # fmt: skip
    casefleet("settings", "timezone", "Europe/Berlin")
    assert ["timezone", "Europe/Berlin", "set"] in [line.split()[:3] for line in casefleet("settings")[1].splitlines()]
    rows = json.loads(casefleet("settings", "timezone", "--json")[1])
    assert [(row["name"], row["value"]) for row in rows] == [("timezone", "Europe/Berlin")]


def test_setting_is_told_in_the_journal(firm: Firm, casefleet: Casefleet) -> None:
    firm.db.execute("UPDATE users SET role = 'admin' WHERE id = ?", (firm.ada,))
    assert casefleet("--as", "Ada Berg", "settings", "Date-Order", "DMY") == (0, "date-order is now dmy.\n", "")
    assert casefleet("settings", "timezone", "europe/berlin") == (0, "timezone is now Europe/Berlin.\n", "")
    assert casefleet("settings", "timezone", "Europe/Berlin") == (0, "timezone is already Europe/Berlin.\n", "")
    assert casefleet("settings", "timezone", "--default") == (0, "timezone is the default.\n", "")
    assert casefleet("settings", "timezone", "--default") == (0, "timezone is already the default.\n", "")
    assert told(firm) == [
        (firm.ada, "date-order is dmy"),
        (None, "timezone is Europe/Berlin"),
        (None, "timezone is the default"),
    ]


REFUSED = {
    "settings colour red": "There is no setting 'colour'; there are date-order, timezone, authserv-id, read-log, sql, atom-subjects, lead-stages, lead-sources, lost-reasons, understanding-seconds and understanding-megabytes.",
    "settings colour": "There is no setting 'colour'; there are date-order, timezone, authserv-id, read-log, sql, atom-subjects, lead-stages, lead-sources, lost-reasons, understanding-seconds and understanding-megabytes.",
    "settings logging_domain x.example": "There is no setting 'logging_domain'; there are date-order, timezone, authserv-id, read-log, sql, atom-subjects, lead-stages, lead-sources, lost-reasons, understanding-seconds and understanding-megabytes.",
    "settings date-order ymd": "date-order cannot be 'ymd'; it accepts dmy (day first) and mdy (month first).",
    "settings timezone Berlin": "timezone cannot be 'Berlin'; it accepts the names of the IANA database, such as"
    " Europe/Berlin, America/New_York and UTC. Perhaps Europe/Berlin?",
    "settings timezone Europe": "timezone cannot be 'Europe'; it accepts the names",
    "settings timezone ../../etc/passwd": "timezone cannot be '../../etc/passwd'; it accepts the names",
    "settings timezone GMT+2x": "timezone cannot be 'GMT+2x'; it accepts the names",
    "settings timezone UTC --default": "--default takes the name of a setting, and no value.",
    "settings --default": "--default takes the name of a setting, and no value.",
    "--as carl@firm.example settings date-order dmy": "casefleet settings is for admins, and Carl Diaz is a standard"
    " user; ask an admin.",
    "--as carl@firm.example settings": "casefleet settings is for admins",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_refusal_changes_nothing(line: str, firm: Firm, casefleet: Casefleet) -> None:
    before = firm.all("SELECT * FROM settings")
    code, out, error = casefleet(*line.split())
    assert (code, out) == (2, "")
    assert error.startswith(f"casefleet: {REFUSED[line]}")
    assert firm.all("SELECT * FROM settings") == before
    assert told(firm) == []


# Dates in options and queries.

SEVERAL = "'05.06.2026' is 5 June 2026 or 6 May 2026. Write 2026-06-05 or 2026-05-06, or say once"
WITH_DATES = {
    "email list --since 05.06.2026": SEVERAL,
    "email list --until 05.06.2026": SEVERAL,
    "case open Other --on 05.06.2026": SEVERAL,
    "case close 2026-101 --on 05.06.2026": SEVERAL,
    "link --case 2026-101 --contact 1 --since 05.06.2026 --yes": SEVERAL,
    "link --case 2026-101 --contact 1 --until 05.06.2026 --yes": SEVERAL,
    "link --case 2026-101 --contact 1 --query after:05.06.2026 --yes": f"After after: {SEVERAL}",
    "search before:05.06.2026": f"After before: {SEVERAL}",
    "search --save old before:05.06.2026": f"After before: {SEVERAL}",
    "export --case 2026-101 --to out.zip --query after:05.06.2026": f"After after: {SEVERAL}",
    "case close 2026-101 --on soon": "'soon' is not a date; write it like 2026-05-01,",
    "user rotate carl@firm.example --grace soon": "'soon' is not a span of time; write it like 14d, 3w or 36h.",
}


@pytest.mark.parametrize("line", WITH_DATES)
def test_a_date_that_can_be_misread_changes_nothing(
    line: str, firm: Firm, casefleet: Casefleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    firm.case("Trust", firm.contact("Anna"))
    receive(firm.db, mail("ada@firm.example", sender="anna@client.example"), Arrival(firm.ada, "eml"), vouched=True)
    before = list(firm.db.iterdump())
    code, out, error = casefleet(*line.split())
    assert (code, out) == (2, "")
    assert error.startswith(f"casefleet: {WITH_DATES[line]}")
    assert list(firm.db.iterdump()) == before
    assert not (tmp_path / "out.zip").exists()


@pytest.mark.parametrize(("order", "found"), [("dmy", [1, 3]), ("mdy", [1, 2, 3])])
def test_every_option_and_query_reads_the_order_of_the_firm(
    order: str, found: list[int], firm: Firm, casefleet: Casefleet
) -> None:
    for text, day in (("one", "31 Dec 2026"), ("two", "01 Jun 2026"), ("three", "05 Jun 2026")):
        raw = mail("ada@firm.example", sender="anna@client.example", text=text)
        raw = raw.replace(b"Mon, 02 Nov 2026 09:30:00 +0100", f"{day} 00:00:00 +0000".encode())
        receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    casefleet("settings", "date-order", order)
    queries = (["email", "list", "--since", "05.06.2026"], ["search", "after:05.06.2026"], ["search", "after:5/6/2026"])
    for argv in queries:
        rows = json.loads(casefleet(*argv, "--json")[1])
        assert sorted(row["id"] for row in rows) == found, argv
    casefleet("case", "open", "Trust")
    code, *_ = casefleet(
        "link", "--case", "Trust", "--contact", str(firm.contact("Anna")), "--since", "05.06.2026", "--yes"
    )
    assert code == 0
    assert [row[0] for row in firm.all("SELECT email_id FROM email_cases ORDER BY 1")] == found


def test_days_and_clocks_are_of_the_firm(firm: Firm, casefleet: Casefleet, tmp_path: Path) -> None:
    case = firm.case("Trust", firm.contact("Anna"))
    raw = mail("anna@client.example").replace(b"Mon, 02 Nov 2026 09:30:00 +0100", b"16 May 2026 22:30:00 +0000")
    receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    assert "2026-05-16 22:30" in casefleet("email", "list")[1]
    casefleet("settings", "timezone", "Australia/Sydney")
    assert "2026-05-17 08:30" in casefleet("email", "list")[1]
    assert "2026-05-17 08:30" in casefleet("email", "show", "1")[1]
    assert '"2026-05-16T22:30:00Z"' in casefleet("email", "list", "--json")[1]
    for argv, count in {
        ("email", "list", "--since", "2026-05-17"): 1,
        ("email", "list", "--until", "2026-05-16"): 0,
        ("search", "after:2026-05-17"): 1,
        ("search", "before:2026-05-17"): 0,
        ("search", "before:2026-05-18"): 1,
    }.items():
        assert len(json.loads(casefleet(*argv, "--json")[1])) == count, argv
    assert casefleet("export", "--case", "2026-101", "--to", str(tmp_path / "out"))[0] == 0
    assert "<td>2026-05-17 08:30 UTC+10:00<td>" in (tmp_path / "out/index.html").read_text()
    assert "2026-05-16T22:30:00Z" in (tmp_path / "out/index.csv").read_text()
    assert (tmp_path / "out/messages.mbox").read_bytes().startswith(b"From casefleet Sat May 16 22:30:00 2026\n")
    code, _, error = casefleet("case", "close", "2026-101", "--on", "2025-12-31")
    assert (code, error) == (2, "casefleet: Case 2026-101 was opened on 2026-01-01; it cannot be closed before.\n")
    assert casefleet("case", "close", "2026-101", "--on", "2026-05-17")[0] == 0
    assert firm.one("SELECT closed_at FROM cases WHERE id = ?", case) == "2026-05-16T14:00:00Z"
    assert firm.activities("detail", "verb = 'closed'") == [("as of 2026-05-17",)]


def test_a_time_zone_that_this_machine_does_not_know(firm: Firm, casefleet: Casefleet) -> None:
    firm.add("settings", name="timezone", value="Mars/Olympus")
    code, _, error = casefleet("feed", "--all")
    assert (code, error) == (0, "") or "Mars/Olympus" in error
    code, out, error = casefleet("search", "after:today")
    assert (code, out) == (78, "")
    assert error.startswith("casefleet: This machine does not know the firm's time zone Mars/Olympus; install")
    assert casefleet("settings", "timezone", "UTC") == (0, "timezone is now UTC.\n", "")


# init

PROGRAM = [sys.executable, "-m", "casefleet_cli"]


def init(path: Path, answers: str, **environment: str) -> tuple[int, str]:
    """`casefleet init` on a terminal of its own, answered by somebody who types all at once."""
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "--db", str(path), "init", "--domain", "log.firm.example"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        os.write(ours, answers.encode())
        said = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                said += os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
    os.close(ours)
    return process.returncode, said.decode()


def kept(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("SELECT name, value FROM settings WHERE name <> 'logging_domain'"))


def test_init_asks_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    code, said = init(path, "\n\n", TZ="America/New_York", LC_ALL="en_US.UTF-8")
    assert code == 0, said
    assert "[mdy]" in said
    assert "[America/New_York]" in said
    assert kept(path) == {"date-order": "mdy", "timezone": "America/New_York"}
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM activities WHERE verb = 'setting-changed'").fetchone() == (2,)


def test_init_asks_again_after_an_answer_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    code, said = init(path, "ymd\ndmy\neurope/berlin\n", LC_ALL="C.UTF-8")
    assert code == 0, said
    assert "date-order cannot be 'ymd'; it accepts dmy" in said
    assert kept(path) == {"date-order": "dmy", "timezone": "Europe/Berlin"}


def test_init_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    code, _ = init(path, "\x04")  # the end of input
    assert code == 130
    assert list(tmp_path.iterdir()) == []


def test_init_of_an_existing_file_asks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    path.write_bytes(b"mine")
    code, said = init(path, "")
    assert code == 73
    assert "date-order" not in said
    assert path.read_bytes() == b"mine"


def test_init_elsewhere_asks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    command = [*PROGRAM, "--db", str(path), "init", "--domain", "log.firm.example"]
    done = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert kept(path) == {}
