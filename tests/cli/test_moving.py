"""What was filed wrongly is put right: move, unlink for a reason, and filing where nobody of the case is in the mail."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli import access
from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import links as link_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import feed
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import server
from tests.firm import Firm, mail
from tests.web.conftest import Browser

Casefleet = Callable[..., tuple[int, str, str]]
RIGHT, WRONG = Place("case", 1), Place("case", 2)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Anna's mails 1 and 2, one thread, are on case 2, which is Bert's; 3 is not. Carl is on case 2 alone, limited."""
    firm = Firm(tmp_path)
    anna, bert = firm.contact("Anna"), firm.contact("Bert")
    firm.case("Right", anna)
    firm.case("Wrong", bert)
    firm.lead("Estate", anna)
    firm.role(firm.ada, "admin")
    firm.role(firm.carl, "limited")
    firm.add("case_users", case_id=2, user_id=firm.carl)
    for subject, reference in (("Divorce", ""), ("Re: Divorce", "<first@mail.example>"), ("Bill", "")):
        raw = mail(
            "ada@firm.example",
            sender="anna@client.example",
            subject=subject,
            msgid="" if reference else "first" if subject == "Divorce" else "third",
            **({"References": reference} if reference else {}),
        )
        receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    for number in (1, 2):
        link_desk.link(firm.db, number, places=(WRONG,), acting=firm.ada)
    return firm


@pytest.fixture
def casefleet(firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Casefleet:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--db", firm.path, "--as", "Ada Berg", *argv])
        return code, *capsys.readouterr()

    return call


def places(firm: Firm) -> list[tuple[int, int]]:
    return firm.all("SELECT email_id, case_id FROM email_cases ORDER BY 1, 2")


def test_a_mail_is_moved_in_one_step_and_both_feeds_say_why(firm: Firm, casefleet: Casefleet) -> None:
    code, told, _ = casefleet("move", "1", "--from", "102", "--to", "101", "--reason", "not Bert's")
    assert (code, told) == (0, "E-mail 1 is moved from case 2026-102 Wrong to case 2026-101 Right.\n")
    assert places(firm) == [(1, 1), (2, 2)]
    assert firm.one("SELECT standing FROM emails WHERE id = 1") == "linked"
    right = feed.of(firm.db, "case", 1)[0]
    assert (right["verb"], right["user"], right["detail"], right["subject"]) == (
        "linked",
        "Ada Berg",
        "moved: not Bert's",
        "Divorce",
    )
    wrong = feed.of(firm.db, "case", 2)
    gone = [row for row in wrong if row["email_id"] == 1]
    assert [(row["verb"], row["detail"]) for row in gone] == [
        ("unlinked", "moved: not Bert's"),
        ("linked", "none of its contacts is in the mail"),
    ]
    for row in gone:
        assert (row["is_taken_off"], row["subject"], row["from_name"], row["from_address"]) == (1, None, None, None)
    assert [row["subject"] for row in wrong if row["email_id"] == 2] == ["Re: Divorce"]


def test_the_wrong_case_tells_nothing_of_it_to_anybody(firm: Firm, casefleet: Casefleet, tmp_path: Path) -> None:
    code, told, _ = casefleet(
        "move", "1", "--from", "2026-102", "--to", "2026-101", "--reason", "not Bert's", "--thread"
    )
    assert (code, told.count("is moved from")) == (0, 2)
    assert places(firm) == [(1, 1), (2, 1)]
    for user in (None, firm.carl):
        ask = Browser(server.build(firm.path, user)).enter().ask
        page = ask("/cases/2/journal")
        assert page.status_code == 200
        assert "not Bert" in page.text
        assert "which is here no more" in page.text
        for where in (
            "/cases/2/journal",
            "/cases/2",
            "/cases/2/journal.json",
            "/cases/2/journal.csv",
            "/cases/2/journal.atom",
        ):
            shown = ask(where).text
            assert "Divorce" not in shown, where
            assert "anna@" not in shown, where
        entries = [row for row in ask("/cases/2/journal.json").json()["rows"] if row["verb"] == "unlinked"]
        assert [row["email_id"] for row in entries] == ([2, 1] if user is None else [None, None])
    sight = access.who(firm.db, firm.carl).sight
    assert [row["detail"] for row in feed.of(firm.db, "case", 2, sight=sight)][:2] == ["moved: not Bert's"] * 2
    assert casefleet("feed", "--case", "102")[1].count("Divorce") == 0
    assert casefleet("export", "--case", "102", "--to", str(tmp_path / "out.zip"))[0] == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("journal.csv"))
        journal = list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
    assert journal == []
    assert "Divorce" in casefleet("feed", "--case", "101")[1]


def test_who_moves_it_back_sees_it_whole_again(firm: Firm, casefleet: Casefleet) -> None:
    assert casefleet("move", "1", "--from", "102", "--to", "101", "--reason", "x")[0] == 0
    assert casefleet("move", "1", "--from", "101", "--to", "102", "--reason", "it was right", "--yes")[0] == 0
    assert {row["subject"] for row in feed.of(firm.db, "case", 2) if row["email_id"] == 1} == {"Divorce"}


REFUSED = {
    "3 --from 102 --to 101 --reason x": "E-mail 3 is not on case 2026-102 Wrong; nothing was changed.",
    "1 --from 102 --to 102 --reason x": "Both are the same",
    "1 --from 102 --to 109 --reason x": "There is no case '109'",
    "1 --from 102 --to lead-9 --reason x": "There is no lead '9'",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_moved_stays(firm: Firm, casefleet: Casefleet, line: str) -> None:
    before = firm.count("activities"), places(firm)
    code, _, told = casefleet("move", *line.split())
    assert (code, REFUSED[line] in told) == (2, True), told
    assert (firm.count("activities"), places(firm)) == before


def test_of_several_those_that_can_are_moved(firm: Firm, casefleet: Casefleet) -> None:
    code, told, complaint = casefleet("move", "1", "3", "--from", "102", "--to", "lead-1", "--reason", "x")
    assert (code, told) == (1, "E-mail 1 is moved from case 2026-102 Wrong to lead Estate.\n")
    assert "1 of 2 e-mails left as they were" in complaint
    assert firm.all("SELECT email_id, lead_id FROM email_leads") == [(1, 1)]


def test_unlink_takes_a_reason_and_the_thread(firm: Firm, casefleet: Casefleet) -> None:
    code, told, _ = casefleet("unlink", "1", "--case", "102", "--thread", "--reason", "not his")
    assert (code, told.count("is taken off")) == (0, 2)
    assert places(firm) == []
    assert [row["detail"] for row in feed.of(firm.db, "case", 2)][:2] == ["not his"] * 2


def test_where_nobody_of_the_case_is_in_the_mail_it_needs_a_yes(firm: Firm, casefleet: Casefleet) -> None:
    before = firm.count("activities")
    code, _, told = casefleet("link", "3", "--case", "2026-102")
    assert (code, "None of the contacts of case 2026-102 Wrong is in e-mail 3" in told) == (2, True)
    assert firm.count("activities") == before
    assert casefleet("link", "3", "--case", "2026-102", "--yes")[0] == 0
    row = feed.of(firm.db, "case", 2)[0]
    assert (row["verb"], row["detail"]) == ("linked", "none of its contacts is in the mail")


@pytest.mark.parametrize(
    "line",
    ["3 --case 2026-101", "3 --contact Bert --case 2026-102", "4 --contact Anna --case 2026-102"],
    ids=["the sender", "the contact that comes with it", "whom it forwards"],
)
def test_somebody_of_the_case_is_in_the_mail(firm: Firm, casefleet: Casefleet, line: str) -> None:
    text = "FYI\n\n---------- Forwarded message ---------\nFrom: Bert <bert@client.example>\nDate: Mon, 2 Nov 2026\nSubject: Money\nTo: ada@firm.example\n\nHello"
    receive(firm.db, mail("zoe@else.example", subject="Fwd: Money", text=text), Arrival(firm.ada, "pipe"))
    code, _, told = casefleet("link", *line.split())
    assert code == 0, told
    assert "none of its" not in str(feed.of(firm.db, "all")[0]["detail"])


def test_where_else_a_mail_is_and_who_put_it_there_is_told(firm: Firm, casefleet: Casefleet) -> None:
    _, told, _ = casefleet("link", "1", "--case", "2026-101")
    assert told.startswith(
        "E-mail 1 is linked to case 2026-101 Right. It is also on case 2026-102 Wrong (by Ada Berg, 2026"
    )


def test_in_bulk_it_is_counted(firm: Firm, casefleet: Casefleet) -> None:
    code, told, complaint = casefleet("link", "--from", "anna@client.example", "--case", "2026-102")
    assert (code, "In 1 of them is none of the contacts of where it would go." in told) == (2, True)
    assert "run it again with --yes" in complaint
    assert json.loads(casefleet("email", "show", "3", "--json")[1])["places"] == []
