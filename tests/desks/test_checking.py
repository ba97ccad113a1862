"""Conflict checks: all that the firm has of a person, to each what is in sight."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefleet_cli import access
from casefleet_cli.cli.app import run
from casefleet_cli.core import likeness
from casefleet_cli.desk import admission, checking
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.sight import EVERYTHING
from tests.firm import Firm, mail

LIKE = {
    ("Nguyen, Minh", "Minh Nguyen"): True,
    ("minh", "Minh Nguyen"): True,
    ("Ngyuen", "Minh Nguyen"): True,
    ("Nguyenn minh", "MINH NGUYÊN"): True,
    ("müller", "Muller & Sons"): True,
    ("Strasse", "Große Straße GmbH"): True,
    ("Ng", "Nguyen"): False,
    ("Ngu", "Nguyen"): True,
    ("Minh Okafor", "Minh Nguyen"): False,
    ("anna@client.example", "Anna anna@client.example"): True,
    ("Nygeun", "Nguyen"): False,
}


@pytest.mark.parametrize(("asked", "name"), LIKE)
def test_what_is_like_a_name(asked: str, name: str) -> None:
    assert likeness.of(asked).fits(name) is LIKE[asked, name]


def test_nothing_is_like_nothing() -> None:
    assert not likeness.of(" .,! ").fits("anything")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Minh is on case 1, and on a lead; 1 is filed there, 2 names Minh alone, 3 is held for Ada, 4 is rejected, 5 has a file."""
    firm = Firm(tmp_path)
    firm.role(firm.ada, "admin")
    minh = firm.contact("Minh Nguyen", "minh@nguyen.example")
    firm.contact("Bert")
    firm.case("Board", minh)
    firm.lead("Estate of Nguyen", minh)
    for raw, user in (
        (mail("minh@nguyen.example", msgid="1"), firm.ada),
        (mail("x@else.example", text="Mr Nguyen said so.", msgid="2"), firm.ada),
        (mail("ada@firm.example", sender="y@else.example", subject="About Nguyen", msgid="3"), firm.ada),
        (mail("z@else.example", subject="Nguyen lottery", msgid="4"), firm.ada),
    ):
        receive(firm.db, raw, Arrival(user, "pipe"))
    admission.reject(firm.db, 4, "spam", acting=firm.ada)
    firm.db.execute(
        "INSERT INTO attachments (email_id, part, filename, content_type, size, is_inline) VALUES (2, '2', 'CV, Nguyen.pdf', 'application/pdf', 9, 0)"
    )
    firm.db.execute("UPDATE cases SET restricted = 1")
    return firm


def numbers(found: dict) -> dict[str, list[int]]:
    return {kind: sorted(row["id"] for row in found[kind]) for kind in ("contacts", "cases", "leads", "emails")}


def test_all_that_there_is_and_to_each_what_is_in_sight(firm: Firm) -> None:
    whole = checking.report(firm.db, "Ngyuen", EVERYTHING)
    assert numbers(whole) == {"contacts": [1], "cases": [1], "leads": [1], "emails": [1]}
    whole = checking.report(firm.db, "nguyen", EVERYTHING)
    assert numbers(whole) == {"contacts": [1], "cases": [1], "leads": [1], "emails": [1, 2, 3, 4]}
    assert [(file["email"], file["filename"]) for file in whole["files"]] == [(2, "CV, Nguyen.pdf")]
    carl = access.who(firm.db, firm.carl).sight
    assert numbers(checking.report(firm.db, "nguyen", carl)) == {
        "contacts": [1],
        "cases": [],
        "leads": [1],
        "emails": [2, 4],
    }
    assert numbers(checking.report(firm.db, "MINH@nguyen.example", EVERYTHING))["emails"] == [1]
    assert numbers(checking.report(firm.db, "nobody", EVERYTHING)) == {
        "contacts": [],
        "cases": [],
        "leads": [],
        "emails": [],
    }


def test_at_the_command_line_and_kept(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    def casefleet(who: str, line: str, code: int = 0) -> str:
        assert run(["--db", firm.path, "--as", who, *line.split()]) == code
        return "".join(capsys.readouterr())

    told = casefleet("carl@firm.example", "who nguyen")
    assert "may be incomplete" in told
    assert "Cases: none" in told
    assert "E-mails: 2" in told
    assert "is for admins" in casefleet("carl@firm.example", "who nguyen --record", 2)
    assert "is for admins" in casefleet("carl@firm.example", "who --recorded", 2)
    assert firm.count("conflict_checks") == 0
    told = casefleet("ada@firm.example", "who nguyen --record")
    assert "may be incomplete" not in told
    assert "Kept as conflict check 1" in told
    (kept,) = json.loads(casefleet("ada@firm.example", "who --recorded --json"))
    assert (kept["user"], kept["asked"], len(kept["report"]["emails"])) == ("Ada Berg", "nguyen", 4)
    assert firm.activities("verb, detail", "verb = 'checked'") == [("checked", "conflict check 1: nguyen")]
    assert "nguyen" in casefleet("ada@firm.example", "who --recorded")
    assert json.loads(casefleet("carl@firm.example", "who nguyen --json"))["is_complete"] is False
