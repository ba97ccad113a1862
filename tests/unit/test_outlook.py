"""Outlook's .msg: its people, texts and attachments come out, the .msg itself is kept, and damage is a sentence."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.sources import Item, Skipped, Source, find, read
from casefleet_cli.sources.outlook import MISSING, NOT_A_MESSAGE, to_message
from tests.outlook import compound, msg

pytest.importorskip("oxmsg", reason="needs casefleet[msg]")

WITHOUT_HEADERS = msg(
    {0x0037: "Grüße aus Köln", 0x1000: "Dear Ada,\r\nsee you.\r\n", 0x0C1A: "Anna Müller", 0x5D01: "anna@client.example",
     0x1035: "<1@client.example>"},
    sent=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
    recipients=((1, "Ada Berg", "ada@firm.example"), (2, "Łukasz", "luk@x.example"), (3, "", "bcc@x.example")),
    attachments=(("Vertrag § 1.pdf", "application/pdf", b"%PDF " + b"x" * 5000), ("s.txt", "text/plain", b"small")),
)  # fmt: skip
HEADERS = ("Received: by mx\r\nFrom: Anna <anna@client.example>\r\nTo: ada@firm.example\r\nSubject: Deed\r\n"
           "Date: Mon, 02 Nov 2026 09:30:00 +0100\r\nMessage-ID: <2@client.example>\r\n"
           "Content-Type: multipart/mixed;\r\n boundary=gone\r\nMIME-Version: 1.0\r\n\r\n")  # fmt: skip
WITH_HEADERS = msg({0x007D: HEADERS, 0x0037: "Deed", 0x1000: "Text", 0x1013: "<p>HTML</p>"})


def made(content: bytes) -> bytes:
    raw = to_message(content, "Deed.msg")
    assert isinstance(raw, bytes), raw
    return raw


def test_a_message_that_has_no_headers() -> None:
    raw = made(WITHOUT_HEADERS)
    found = messages.parse(raw)
    assert (found.subject, found.msgid) == ("Grüße aus Köln", "1@client.example")
    assert found.from_ == (("Anna Müller", "anna@client.example"),)
    assert (found.to, found.cc) == ((("Ada Berg", "ada@firm.example"),), (("Łukasz", "luk@x.example"),))
    assert found.bcc == (("", "bcc@x.example"),)
    assert found.date == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert found.text == "Dear Ada,\nsee you.\n"
    names = [(attachment.filename, attachment.content_type) for attachment in found.attachments]
    assert names == [
        ("Vertrag § 1.pdf", "application/pdf"),
        ("s.txt", "text/plain"),
        ("Deed.msg", "application/vnd.ms-outlook"),
    ]
    contents = [messages.part_bytes(raw, attachment.part) for attachment in found.attachments]
    assert [content[1] for content in contents if content] == [b"%PDF " + b"x" * 5000, b"small", WITHOUT_HEADERS]
    assert set(found.defects) == set()


def test_a_message_with_the_headers_it_came_with() -> None:
    raw = made(WITH_HEADERS)
    assert raw.startswith(b"Received: by mx\nFrom: Anna <anna@client.example>\n")
    found = messages.parse(raw)
    assert (found.subject, found.text, found.has_html) == ("Deed", "Text", True)
    assert messages.html_of(raw) == "<p>HTML</p>"
    assert b"boundary=gone" not in raw


def test_the_same_file_gives_the_same_bytes() -> None:
    assert made(WITHOUT_HEADERS) == made(WITHOUT_HEADERS)


def test_it_is_imported_with_a_label(tmp_path: Path) -> None:
    (tmp_path / "Deed.msg").write_bytes(WITH_HEADERS)
    (source,) = find([tmp_path / "Deed.msg"])
    assert isinstance(source, Source)
    (item,) = read(source)
    assert item == Item(str(tmp_path / "Deed.msg"), 0, made(WITH_HEADERS), ("converted from .msg",))


@pytest.mark.parametrize("content", [compound({"WordDocument": b"x" * 5000}), WITH_HEADERS[:8] + b"\0" * 600])
def test_what_is_no_message_is_listed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.doc").write_bytes(content)
    (skipped,) = read(Source(tmp_path / "a.doc", "eml"))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == NOT_A_MESSAGE


def test_without_the_extra_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oxmsg", None)
    assert to_message(WITH_HEADERS, "x.msg") == MISSING


def test_damage_is_a_sentence() -> None:
    chance = random.Random(5)
    for _ in range(300):
        content = bytearray(WITHOUT_HEADERS)
        for _ in range(chance.randrange(1, 20)):
            content[chance.randrange(512, len(content))] = chance.randrange(256)
        answer = to_message(bytes(content[: chance.randrange(600, len(content) + 1)]), "x.msg")
        assert isinstance(answer, bytes) or answer.endswith(".")
