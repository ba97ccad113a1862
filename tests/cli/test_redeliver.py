"""redeliver at the command line: what it says, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli.cli import app
from casefleet_cli.sources import locks
from tests.desks.test_redelivering import GONE, HEARING, UNKNOWN, fill_maildir, fill_mbox
from tests.firm import BCC, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def test_all_logged(firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--db", firm.path, "redeliver", str(fill_mbox(tmp_path, HEARING, HEARING))]) == 0
    assert capsys.readouterr() == ("1 logged, 1 known, 0 stay.\n", "")


def test_what_stays_is_listed_and_no_address_is_told(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = fill_maildir(tmp_path, HEARING, UNKNOWN)
    assert app.run(["--db", firm.path, "redeliver", str(box)]) == 1
    said = capsys.readouterr()
    assert said.out == "1 logged, 0 known, 1 stay.\n"
    assert f"1 mail stays in the mailbox:\n  {box}/cur/" in said.err
    assert "Its recipient is no BCC address" in said.err
    assert GONE not in said.err
    assert BCC["ada"] not in said.err


def test_a_locked_mbox_is_75(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0)
    box = fill_mbox(tmp_path, HEARING)
    Path(f"{box}.lock").touch()
    assert app.run(["--db", firm.path, "redeliver", str(box)]) == 75
    assert "has locked" in capsys.readouterr().err
    assert firm.count("raw_messages") == 0


@pytest.mark.parametrize(("name", "code"), [("gone", 66), ("plain", 65)])
def test_no_mailbox(firm: Firm, tmp_path: Path, name: str, code: int) -> None:
    (tmp_path / "plain").write_bytes(HEARING)
    assert app.run(["--db", firm.path, "redeliver", str(tmp_path / name)]) == code


def test_one_header_alone_tells_the_recipient(firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetched = b"Received: from pop.isp.example by office with POP3; Mon, 2 Nov 2026 09:31:00 +0100\n"
    named = fetched + f"X-Envelope-To: x-{BCC['carl']}\n".encode() + mail("x@else.example")
    box = fill_maildir(tmp_path, named, HEARING)
    words = ["--recipient-header", "X-Envelope-To:", "--recipient-prefix", "X-"]
    assert app.run(["--db", firm.path, "redeliver", str(box), *words]) == 1
    said = capsys.readouterr()
    assert said.out == "1 logged, 0 known, 1 stay.\n"
    assert "Its header X-Envelope-To does not tell one address at the logging domain." in said.err
    assert firm.all("SELECT user_id FROM deliveries") == [(firm.carl,)]
