"""Closing a case: what still waits for it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail


def test_closing_names_the_mail_that_still_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    firm = Firm(tmp_path)
    anna, bert = firm.contact("Anna"), firm.contact("Bert")
    firm.case("Trust", anna)
    firm.case("Other", bert)
    for sender in ("anna", "bert", "anna", "nobody"):
        raw = mail("ada@firm.example", sender=f"{sender}@client.example", text=f"{sender} {firm.count('emails')}")
        receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    receive(firm.db, mail("anna@client.example"), Arrival(firm.ada, "pipe"))
    assert run(["--db", firm.path, "case", "close", "Trust"]) == 0
    said = capsys.readouterr().out
    assert "Case 2026-101 Trust is closed." in said
    assert "still waits: 1, 3." in said
    firm.db.execute("UPDATE emails SET standing = 'rejected' WHERE standing = 'unassigned'")
    assert run(["--db", firm.path, "case", "close", "Other"]) == 0
    assert "waits" not in capsys.readouterr().out
