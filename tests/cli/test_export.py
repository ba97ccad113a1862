"""export --redact-bcc: a copy that still holds an address is never passed over."""

from __future__ import annotations

import gzip
from email.message import EmailMessage
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, Firm


def letter(content: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@firm.example", "anna@client.example", "x"
    message.set_content("text")
    message.add_attachment(content, maintype="application", subtype="gzip", filename="a.gz")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"nothing", 0, ""),
        (
            BCC["ada"].encode(),
            1,
            "casefleet: 1 copies may still hold a BCC address; redactions.csv says where:\n"
            "  e-mail 1: still in part 2 (application/gzip)\n",
        ),
    ],
)
def test_what_still_holds_an_address_is_told(
    content: bytes, code: int, told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    firm = Firm(tmp_path)
    firm.case("Trust", firm.contact("Anna"))
    receive(firm.db, letter(gzip.compress(content, mtime=0)), Arrival(firm.ada, "pipe"))
    words = ["--db", firm.path, "export", "--case", "2026-101", "--to", str(tmp_path / "out"), "--redact-bcc"]
    assert run(words) == code
    said = capfd.readouterr()
    assert said.err == told
    assert said.out.startswith("Case 2026-101 Trust: wrote 1 e-mails and 1 attachments")
    assert (tmp_path / "out" / "SHA256SUMS").exists()
