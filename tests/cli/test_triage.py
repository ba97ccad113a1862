"""triage on a real terminal, and the list that it empties."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import admission
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk.triage import GoneError, Sitting
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import activities
from casefleet_cli.store.deliveries import Arrival
from tests import terminals
from tests.firm import Firm, mail
from tests.terminals import Terminal

READY = "\n> "


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Anna has two cases: 1 and 2 are to her and one thread, 3 is to her, 4 is to somebody unknown; 5 is Carl's."""
    firm = Firm(tmp_path)
    anna = firm.contact("Anna Nguyen", "anna@client.example")
    firm.case("Okafor v. Baxter", anna)
    firm.case("Trust", anna)
    long = "".join(f"line {n}\n" for n in range(30))
    for user, raw in (
        (firm.ada, mail("anna@client.example", subject="Hearing", msgid="first", text=long)),
        (firm.ada, mail("anna@client.example", subject="Re: Hearing", References="<first@mail.example>")),
        (firm.ada, mail("Anna Nguyen <anna@client.example>", subject="Bill")),
        (firm.ada, mail("Zoe Zed <zoe@else.example>", subject="Lottery")),
        (firm.carl, mail("anna@client.example", sender="carl@firm.example", subject="Carl's")),
    ):
        receive(firm.db, raw, Arrival(user, "pipe"))
    return firm


@pytest.fixture
def ada(firm: Firm) -> Iterator[Terminal]:
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "--as", "Ada Berg", "triage", "--mine"]
    with terminals.running(argv, TERM="xterm") as terminal:
        yield terminal


def places(firm: Firm) -> list[tuple[int, int]]:
    return firm.all("SELECT email_id, case_id FROM email_cases ORDER BY 1, 2")


def test_the_list_is_emptied_one_key_an_answer_and_it_is_one_batch(firm: Firm, ada: Terminal) -> None:
    assert "4 to look at" in ada.until("e-mail 1 ")
    shown = ada.until(READY)
    for words in (
        "Subject:    Hearing\n",
        "To:         anna@client.example",
        "Contacts:   Anna Nguyen",
        "Thread:     1 more, 1 of them unassigned",
        "Why:        Anna Nguyen (anna@client.example) has 2 open cases, and casefleet does not guess",
        "line 11\n… (m shows all)",
        " 1  case 2026-101 Okafor v. Baxter: Anna Nguyen",
        " 2  case 2026-102 Trust: Anna Nguyen",
    ):
        assert words in shown
    assert "line 12" not in shown
    ada.type("m")
    assert "line 29" in ada.until(READY)
    ada.type("t")
    assert "Its thread goes along: 1 more." in ada.until(READY)
    ada.type("1")
    ada.until("E-mail 1 is filed to case 2026-101 Okafor v. Baxter, with 1 of its thread.")
    assert "3 of 4 ── e-mail 3 " in ada.until(READY)
    ada.type("2")
    ada.until("E-mail 3 is filed to case 2026-102 Trust.")
    assert "No case or lead is likely" in ada.until(READY)
    ada.type("r")
    ada.until("Why [not case mail]: ")
    ada.type("spam\n")
    ada.until("E-mail 4 is rejected: spam.")
    rest, code = ada.ended()
    assert (rest.strip().splitlines(), code) == (
        ["3 filed, 1 rejected, 0 left.", "That was batch 1; casefleet unlink --batch 1 takes it back."],
        0,
    )
    assert places(firm) == [(1, 1), (2, 1), (3, 2)]
    assert firm.one("SELECT standing FROM emails WHERE id = 4") == "rejected"
    undone = batch_desk.undo(firm.db, 1, acting=firm.ada)
    assert (undone.emails, undone.brought_back, undone.kept) == (3, 1, [])
    assert places(firm) == []
    assert {row[0] for row in firm.all("SELECT standing FROM emails")} == {"unassigned"}


def test_an_answer_is_taken_back_and_a_mail_is_skipped(firm: Firm, ada: Terminal) -> None:
    ada.until(READY)
    ada.type("u")
    ada.until("There is nothing to take back.")
    ada.until(READY)
    ada.type("1")
    ada.until("e-mail 2 ")
    ada.until(READY)
    ada.type("u")
    ada.until("Taken back: e-mail 1 was filed to case 2026-101 Okafor v. Baxter.")
    assert "1 of 4 ── e-mail 1 " in ada.until(READY)
    assert places(firm) == []
    ada.type("s")
    ada.until("e-mail 2 ")
    ada.until(READY)
    ada.type("r")
    ada.until(": ")
    ada.type("\n")
    ada.until("E-mail 2 is rejected: not case mail.")
    ada.until(READY)
    ada.type("u")
    ada.until("Taken back: e-mail 2 was rejected: not case mail.")
    ada.until(READY)
    ada.type("q")
    assert ada.ended() == ("q\n0 filed, 0 rejected, 4 left.\n", 0)
    assert firm.one("SELECT count(*) FROM emails WHERE standing = 'unassigned'") == 5


def test_a_contact_is_made_of_somebody_in_the_mail_and_any_case_can_be_typed(firm: Firm, ada: Terminal) -> None:
    for _ in range(3):
        ada.until(READY)
        ada.type(" ")
    ada.until("e-mail 4 ")
    ada.until(READY)
    ada.type("c")
    ada.until("Which case: ")
    ada.type("102\n")
    assert "E-mail 4 is linked to no contact yet" in ada.until(READY)
    ada.type("n")
    ada.until(" 1  Zoe Zed <zoe@else.example>, recipient")
    ada.until("Name [Zoe Zed]: ")
    ada.type("\n")
    ada.until("E-mail 4 is linked to the new contact 2 Zoe Zed.")
    ada.until("e-mail 4 ")
    ada.until(READY)
    ada.type("n")
    ada.until("is a contact already.")
    ada.until(READY)
    ada.type("c")
    ada.until("Which case: ")
    ada.type("nothing like it\n")
    ada.until("nothing like it")
    ada.until(READY)
    ada.type("c102\n")
    ada.until("one key at a time")
    ada.until(READY)
    ada.type("c")
    ada.until("Which case: ")
    ada.type("102\n")
    ada.until("None of its contacts is in the mail. File it there all the same [y/N]: ")
    ada.type("\n")
    ada.until(READY)
    ada.type("c")
    ada.until("Which case: ")
    ada.type("102\n")
    ada.until("[y/N]: ")
    ada.type("y\n")
    ada.until("E-mail 4 is filed to case 2026-102 Trust.")
    assert ada.ended()[1] == 0
    assert places(firm) == [(4, 2)]
    assert firm.all("SELECT c.name, a.address FROM contacts AS c JOIN contact_addresses AS a ON a.contact_id = c.id"
                    " WHERE c.id = 2") == [("Zoe Zed", "zoe@else.example")]  # fmt: skip


def test_what_a_colleague_filed_meanwhile_is_left_and_told(firm: Firm, ada: Terminal) -> None:
    ada.until(READY)
    link_desk.link(firm.db, 1, places=(Place("case", 2),), acting=firm.carl)
    ada.type("1")
    ada.until("E-mail 1 is linked meanwhile, by Carl Diaz; it was left so.")
    ada.until("e-mail 2 ")
    ada.until(READY)
    ada.type("?")
    ada.until("take the last answer back")
    ada.until(READY)
    ada.type("9")
    ada.until("There is no such answer here")
    ada.until(READY)
    ada.type("\x03")
    rest, code = ada.ended()
    assert (rest.strip(), code) == ("0 filed, 0 rejected, 3 left.", 0)
    assert places(firm) == [(1, 2)]
    assert firm.count("batches") == 0


def test_fifty_mails_are_fifty_keys(firm: Firm, tmp_path: Path) -> None:
    for n in range(50):
        receive(firm.db, mail("anna@client.example", subject=f"More {n}"), Arrival(firm.ada, "pipe"))
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "triage", "subject:more"]
    with terminals.running(argv, TERM="xterm") as terminal:
        for key in "12" * 25:
            terminal.until(READY)
            terminal.type(key)
        rest, code = terminal.ended()
    assert (rest.strip().splitlines()[-2], code) == ("50 filed, 0 rejected, 0 left.", 0)
    assert firm.all("SELECT case_id, count(*) FROM email_cases GROUP BY 1") == [(1, 25), (2, 25)]


def test_nothing_waits_and_no_terminal(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "triage"]) == 2
    assert "triage asks on a terminal" in capsys.readouterr().err
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "triage", "--from", "nobody.example"]
    with terminals.running(argv, TERM="xterm") as terminal:
        assert terminal.ended() == ("Nothing waits here.\n", 0)


def test_a_sitting_that_was_refused_leaves_no_batch(firm: Firm) -> None:
    sitting = Sitting(firm.db, firm.ada)
    admission.reject(firm.db, 3, "x", acting=firm.carl)
    with pytest.raises(GoneError, match="rejected meanwhile, by Carl Diaz"):
        sitting.file([3], Place("case", 1), None, "x")
    with pytest.raises(GoneError):
        sitting.reject(3, "")
    assert (firm.count("batches"), sitting.acts) == (0, [])
    act = sitting.file([1, 3, 2], Place("case", 1), None, "2026-101")
    assert (act.emails, act.notes) == ((1, 2), ("E-mail 3 is rejected meanwhile, by Carl Diaz; it was left so.",))
    sitting.reject(4, "spam")
    admission.release(firm.db, 4)
    admission.reject(firm.db, 4, "really", acting=firm.carl)
    undone = sitting.undo()
    assert undone is not None
    assert firm.one("SELECT standing FROM emails WHERE id = 4") == "rejected"
    rejected = activities.rejection(firm.db, 4)
    assert rejected is not None
    assert rejected["detail"] == "really"


LISTED = {
    "": [1, 2, 3, 4, 5],
    "--mine": [1, 2, 3, 4],
    "--user carl@firm.example": [5],
    "--from carl@firm.example": [5],
    "--from firm.example --mine": [1, 2, 3, 4],
    "--since 2026-11-03": [],
    "--since 2026-11-02 --limit 2": [1, 2],
}


@pytest.mark.parametrize("line", LISTED)
def test_the_list_can_be_asked_for_a_part(firm: Firm, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "--as", "ada@firm.example", "unassigned", "--json", *line.split()]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == LISTED[line]


@pytest.mark.parametrize("who", [(), ("--as", "ada@firm.example", "--user", "carl@firm.example")])
def test_mine_is_of_who_acts(firm: Firm, who: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    acting, more = who[:2], who[2:]
    assert run(["--db", firm.path, *acting, "unassigned", "--mine", *more]) == 2
    assert "--mine is of the user who acts" in capsys.readouterr().err


def test_the_list_names_the_candidates_first(
    firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for title in ("Third", "Fourth"):
        firm.add("case_contacts", case_id=firm.case(title), contact_id=1)
    firm.contact("Zoe", "zoe@else.example")
    assert run(["--db", firm.path, "unassigned"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2026-101 Okafor v. Baxter; 2026-102 Trust; 2 more" in lines[2]
    assert re.search(r"Lottery +contact Zoe +Zoe \(zoe@else.example\), recipient, has nothing open$", lines[5])


def test_a_terminal_gets_the_oldest_fifty(firm: Firm) -> None:
    for n in range(60):
        receive(firm.db, mail("anna@client.example", subject=f"More {n}"), Arrival(firm.ada, "pipe"))
    with terminals.running([sys.executable, "-m", "casefleet_cli", "--db", firm.path, "unassigned"]) as terminal:
        rest, code = terminal.ended()
    lines = rest.strip().splitlines()
    assert (len(lines), code) == (53, 0)
    assert lines[-1] == "These are the oldest 50 of 65; --limit N shows N."
    assert max(map(len, lines)) <= 80
