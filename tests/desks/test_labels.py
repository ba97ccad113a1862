"""Labels and notes that people write on mail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.query import parse
from casefleet_cli.desk import labels as label_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import labels, search
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import server
from tests.firm import DAYS, Firm, mail
from tests.web.conftest import Browser


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """1 has the label Trash of its archive; 2 has none."""
    firm = Firm(tmp_path)
    for n, found in enumerate((("Trash",), ())):
        receive(firm.db, mail(f"x{n}@else.example"), Arrival(firm.ada, "eml", labels=found), vouched=True)
    return firm


def found(firm: Firm, query: str) -> list[int]:
    return search.numbers(firm.db, parse(query, DAYS))


def test_a_label_is_found_whatever_its_letters_beside_those_of_archives(firm: Firm) -> None:
    assert label_desk.put(firm.db, 2, "  Needs   reply ", acting=firm.ada) is True
    assert label_desk.put(firm.db, 2, "needs reply", acting=firm.carl) is False
    assert label_desk.put(firm.db, 2, "trash", acting=firm.ada) is True
    assert found(firm, 'label:"NEEDS REPLY"') == [2]
    assert found(firm, "label:trash") == [1, 2]
    assert found(firm, "-label:trash") == []
    assert found(firm, "label:Trash OR label:x") == [1, 2]
    assert labels.of_email(firm.db, 2) == ["Needs reply", "trash"]
    label_desk.take(firm.db, 2, "NEEDS reply", acting=firm.carl)
    assert found(firm, 'label:"needs reply"') == []
    assert firm.activities("verb, a.user_id, detail", "verb LIKE '%labelled'") == [
        ("labelled", firm.ada, "Needs reply"),
        ("labelled", firm.ada, "trash"),
        ("unlabelled", firm.carl, "NEEDS reply"),
    ]
    with pytest.raises(label_desk.NoLabelError):
        label_desk.take(firm.db, 1, "Trash")


def test_notes_and_labels_are_shown_with_the_mail(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["note", "2", "call <b>back</b>\nsoon"], ["label", "1", "2", "urgent"], ["label", "2", "urgent"]):
        assert run(["--db", firm.path, "--as", "Ada Berg", *line]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "E-mail 1 is labelled urgent.",
        "E-mail 2 is labelled urgent.",
        "E-mail 2 has already the label urgent.",
    ]
    assert run(["--db", firm.path, "email", "show", "2"]) == 0
    shown = capsys.readouterr().out
    assert "Labels:   urgent\n" in shown
    assert "call <b>back</b> soon (Ada Berg, 20" in shown
    assert run(["--db", firm.path, "email", "show", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["labels"], told["notes"][0]["user"]) == (["urgent"], "Ada Berg")
    page = Browser(server.build(firm.path, firm.ada)).enter().ask("/emails/2").text
    assert "<bdi>urgent</bdi>" in page
    assert "Note by Ada Berg: call &lt;b&gt;back&lt;/b&gt;" in page
