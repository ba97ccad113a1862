"""Handing over: every byte and name, nothing that runs or calculates, the same twice, and no secret when asked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path
from tempfile import mkdtemp

import pytest

from casefleet_cli import archive
from casefleet_cli.custody import handover
from casefleet_cli.errors import CannotCreateError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import emails, mailbook
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    (tmp_path / "firm").mkdir()
    made = Firm(tmp_path / "firm")
    made.case("Nguyen Trust", made.contact("Anna"))
    receive(made.db, mail("anna@client.example", msgid="1", Delivered_To=BCC["ada"]), Arrival(made.ada, "pipe"))
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = "ada@firm.example", "Anna <anna@client.example>", BCC["ada"].upper()
    message["Subject"], message["Date"] = "=1+1 <script>alert(1)</script>", "Mon, 02 Nov 2026 09:30:00 +0100"
    message.set_content("From the start\n>From quoted\n")
    for name in ("../../etc/passwd", "same.pdf", "same.pdf"):
        message.add_attachment(b"%PDF " + name.encode(), maintype="application", subtype="pdf", filename=name)
    receive(made.db, message.as_bytes(), Arrival(made.ada, "pipe"))
    receive(
        made.db,
        b"From: ada@firm.example\r\nTo: anna@client.example\r\n\r\nFrom CRLF, no end",
        Arrival(made.ada, "pipe"),
    )
    receive(made.db, mail("nobody@else.example", subject="elsewhere"), Arrival(made.ada, "pipe"))
    return made


def export(firm: Firm, to: Path, **options: bool) -> dict[str, bytes]:
    chosen = mailbook.of_place(firm.db, "case", 1)
    handover.hand_over(firm.db, to, "case", 1, "Case <1>", email_ids=chosen, **options)
    if to.suffix == ".zip":
        with zipfile.ZipFile(to) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    return {str(path.relative_to(to)): path.read_bytes() for path in to.rglob("*") if path.is_file()}


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_originals_attachments_and_sums(firm: Firm, tmp_path: Path) -> None:
    files = export(firm, tmp_path / "out")
    for number in (1, 2, 3):
        assert files[f"messages/{number:06d}.eml"] == emails.raw_of(firm.db, number)
    assert sorted(name for name in files if name.startswith("attachments/")) == [
        "attachments/000002/01-passwd", "attachments/000002/02-same.pdf", "attachments/000002/03-same.pdf",
    ]  # fmt: skip
    assert files["attachments/000002/01-passwd"] == b"%PDF ../../etc/passwd"
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len(files["SHA256SUMS"].splitlines()) == len(files) - 1
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_the_index_in_three_forms(firm: Firm, tmp_path: Path) -> None:
    firm.db.execute("UPDATE deliveries SET format = 'msg' WHERE email_id = 1")
    files = export(firm, tmp_path / "out")
    whole = json.loads(files["index.json"])
    assert [row["number"] for row in whole] == [1, 2, 3]
    assert whole[1]["subject"] == "=1+1 <script>alert(1)</script>"
    rows = table(files["index.csv"])
    assert [[row["format"] for row in form] for form in (rows, whole)] == [["msg", "", ""]] * 2
    assert rows[1]["subject"] == "'=1+1 <script>alert(1)</script>"
    assert rows[0]["sha256"] == hashlib.sha256(emails.raw_of(firm.db, 1)).hexdigest()
    page = files["index.html"].decode()
    assert "<script" not in page
    assert "Case &lt;1&gt;" in page
    for row in whole:
        assert f'href="{row["file"]}"' in page
    assert [row["verb"] for row in table(files["journal.csv"])] == ["filed"] * 3
    for content in ("index.csv", "index.json", "index.html", "journal.csv"):
        assert BCC["ada"].partition("@")[0] not in files[content].decode().lower()


def test_the_mbox_is_read_back_as_the_same_mail(firm: Firm, tmp_path: Path) -> None:
    export(firm, tmp_path / "out")
    counts = archive.run(firm.db, [tmp_path / "out" / "messages.mbox"], user_id=firm.ada).counts
    assert counts == {"filed": 0, "unassigned": 0, "duplicate": 3, "skipped": 0}
    assert firm.count("emails") == 4


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_the_same_database_gives_the_same_bytes(firm: Firm, tmp_path: Path, name: str) -> None:
    first, second = tmp_path / "1" / name, tmp_path / "2" / name
    for to in (first, second):
        to.parent.mkdir()
    assert export(firm, first, privilege_log=True) == export(firm, second, privilege_log=True)
    if name == "out.zip":
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_mode & 0o777 == 0o600


def test_a_privilege_log(firm: Firm, tmp_path: Path) -> None:
    rows = table(export(firm, tmp_path / "out", privilege_log=True)["privilege-log.csv"])
    assert list(rows[0]) == "number date type author recipients copies subject basis description".split()
    assert rows[1]["type"] == "E-mail with 3 attachments"
    assert rows[1]["recipients"] == "Anna <anna@client.example>"
    assert rows[1]["copies"].lower() == "***@log.firm.example"
    assert "privilege-log.csv" not in export(firm, tmp_path / "without")


def test_copies_without_bcc_addresses_name_both_hashes(firm: Firm, tmp_path: Path) -> None:
    whole = export(firm, tmp_path / "whole")
    assert BCC["ada"].encode() in whole["messages/000001.eml"]
    files = export(firm, tmp_path / "out", redact=True)
    for name, content in files.items():
        assert BCC["ada"].partition("@")[0].encode() not in content.lower(), name
    assert table(files["redactions.csv"]) == [
        {
            "number": str(number),
            "sha256_original": hashlib.sha256(whole[f"messages/{number:06d}.eml"]).hexdigest(),
            "sha256_copy": hashlib.sha256(files[f"messages/{number:06d}.eml"]).hexdigest(),
            "still_in": "",
            "not_looked_into": "",
        }
        for number in (1, 2)
    ]
    assert files["messages/000003.eml"] == whole["messages/000003.eml"]


def with_file(content: bytes, name: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@firm.example", "anna@client.example", name
    message.set_content(f"You wrote to {BCC['ada']}, Zoë.", cte="base64")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_copies_that_still_hold_an_address_are_named(firm: Firm, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:t>{BCC['ada']}</w:t>")
    for content, name in ((packed.getvalue(), "a.docx"), (b"Rar!\x1a\x07", "b.rar"), (BCC["ada"].encode(), "c.csv")):
        receive(firm.db, with_file(content, name), Arrival(firm.ada, "pipe"))
    secret = BCC["ada"].partition("@")[0].encode()
    done = handover.hand_over(firm.db, tmp_path / "o", "case", 1, "Case", email_ids=[5, 6, 7], redact=True)
    assert done.not_redacted == (
        "e-mail 5: still in part 2 (application/octet-stream): word/document.xml",
        "e-mail 6: not looked into: part 2 (application/octet-stream): (rar)",
    )
    rows = table((tmp_path / "o" / "redactions.csv").read_bytes())
    assert [(row["number"], bool(row["still_in"]), bool(row["not_looked_into"])) for row in rows] == [
        ("5", True, False), ("6", False, True), ("7", False, False),
    ]  # fmt: skip
    for row in rows:
        raw = emails.raw_of(firm.db, int(row["number"]))
        copy = (tmp_path / "o" / "messages" / f"{int(row['number']):06d}.eml").read_bytes()
        assert row["sha256_original"] == hashlib.sha256(raw).hexdigest()
        assert row["sha256_copy"] == hashlib.sha256(copy).hexdigest() != row["sha256_original"]
    assert (tmp_path / "o/attachments/000007/01-c.csv").read_bytes() == b"***@log.firm.example"
    assert (tmp_path / "o/attachments/000005/01-a.docx").read_bytes() == packed.getvalue()
    for path in (tmp_path / "o").rglob("*"):
        assert path.is_dir() or secret not in path.read_bytes()


@pytest.mark.parametrize("name", ["there", "there.zip", "gone/deeper"])
def test_what_is_there_is_never_touched(firm: Firm, tmp_path: Path, name: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there.zip").write_text("mine")
    with pytest.raises(CannotCreateError):
        export(firm, tmp_path / name)
    assert (tmp_path / "there.zip").read_text() == "mine"
    assert list((tmp_path / "there").iterdir()) == []


def test_a_case_has_the_mail_of_the_lead_it_was(firm: Firm) -> None:
    lead = firm.lead("Inquiry")
    firm.add("email_leads", email_id=4, lead_id=lead, linked_by="person", linked_at="2026-01-01T00:00:00Z")
    assert mailbook.of_place(firm.db, "lead", lead) == [4]
    firm.db.execute("UPDATE leads SET status = 'converted', case_id = 1 WHERE id = ?", (lead,))
    assert mailbook.of_place(firm.db, "case", 1) == [1, 2, 3, 4]


def test_twice_the_attachments_take_about_twice_as_long(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        firm = Firm(Path(mkdtemp(dir=tmp_path)))
        firm.case("Nguyen Trust", firm.contact("Anna"))
        part = b"--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png\n\nnot a picture\n"
        head = b"From: ada@firm.example\nTo: anna@client.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        receive(firm.db, head + part * count + b"--b--\n", Arrival(firm.ada, "pipe"))
        started = time.process_time()
        files = export(firm, Path(firm.path).parent / "export.zip")
        ended = time.process_time()
        assert len([name for name in files if name.startswith("attachments/")]) == count
        return ended - started

    assert any(seconds(1000) < 3 * seconds(500) for _ in range(5))
