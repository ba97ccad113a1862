"""Address books at the command line: the preview, the report, exit codes, standard input, and what comes out again."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.store import contacts
from tests.firm import BCC, Firm

BOOK = f"""\
name,address
Minh Nguyen,minh@nguyen.example
"Nguyen, Minh",minh@nguyen.example minh@work.example
Grace Okafor,grace@okafor.example
Max,minh@nguyen.example max@new.example
Log,{BCC["ada"]}
"""


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    monkeypatch.chdir(tmp_path)
    firm = Firm(tmp_path)
    firm.contact("Minh Nguyen", "minh@nguyen.example")
    firm.contact("Grace Okafor", "grace@else.example")
    Path("book.csv").write_text(BOOK)
    return firm


REPORT = """\
1 contacts added, 1 have an address more, 1 known already.
  line 2: known: contact 1 Minh Nguyen
  line 3: contact 1 Minh Nguyen: minh@work.example added
  line 4: new: contact 3 Grace Okafor, grace@okafor.example
    Contact 2 Grace Okafor has this name, too; if it is the same, casefleet contact merge 2 3.
"""
PREVIEW = """\
Dry run: 1 contacts added, 1 have an address more, 1 known already.
  line 2: known: contact 1 Minh Nguyen
  line 3: contact 1 Minh Nguyen: minh@work.example added
  line 4: new: Grace Okafor, grace@okafor.example
    Contact 2 Grace Okafor has this name, too, and none of its addresses.
"""
REFUSED = """\
casefleet: 2 rows refused:
  line 5 Max: Some of its addresses are held under another name: minh@nguyen.example by contact 1 Minh Nguyen. If that is the same, \
casefleet contact edit 1 --add-address max@new.example; if not, import it with --shared.
  line 6 Log: An address at the logging domain is the firm's own and cannot be a contact's.
"""


def test_the_preview_and_the_report(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "contact", "import", "book.csv", "--dry-run"]) == 1
    assert tuple(capsys.readouterr()) == (PREVIEW, REFUSED)
    assert firm.count("contacts") == 2
    assert run(["--db", firm.path, "contact", "import", "book.csv"]) == 1
    assert tuple(capsys.readouterr()) == (REPORT, REFUSED)
    assert [one["addresses"] for one in contacts.listed(firm.db)][-1] == ["minh@nguyen.example", "minh@work.example"]


def test_the_report_for_programs(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "contact", "import", "book.csv", "--json"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    rows = told.pop("rows")
    assert told == {"form": "CSV", "dry_run": False, "added": 1, "completed": 1, "known": 1, "refused": 2, "untold": 0}
    assert [row["outcome"] for row in rows] == ["known", "completed", "added", "refused", "refused"]
    assert rows[1]["addresses"] == ["minh@work.example"]
    assert err == REFUSED
    assert BCC["ada"][:-20] not in out


def test_from_standard_input_and_out_again(
    firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë Noël\r\nEMAIL:zoe@noel.example\r\nEND:VCARD\r\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(card.encode())))
    assert run(["--db", firm.path, "contact", "import", "-"]) == 0
    assert capsys.readouterr().out.startswith("1 contacts added, 0 known already.\n")
    assert run(["--db", firm.path, "contact", "export", "--format", "vcard"]) == 0
    written = capsys.readouterr().out
    assert "FN:Zoë Noël\r\nN:Noël;Zoë;;;\r\nEMAIL;TYPE=INTERNET:zoe@noel.example\r\nEND:VCARD\r\n" in written
    for form in ("csv", "vcard", "google", "outlook"):
        assert run(["--db", firm.path, "contact", "export", "--format", form]) == 0
        given = capsys.readouterr().out.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        assert run(["--db", firm.path, "contact", "import", "-"]) == 0
        assert capsys.readouterr().out.startswith("0 contacts added, 3 known already.\n")


def test_a_mark_for_excel(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--db", firm.path, "contact", "export", "--bom"]) == 0
    assert capsys.readouterr().out == (
        "\ufeffname,address,kind,note\n"
        "Grace Okafor,grace@else.example,person,\n"
        "Minh Nguyen,minh@nguyen.example,person,\n"
    )
