"""The answer of `casefleet inspect`."""

from __future__ import annotations

import json

from casefleet_cli.core.mail import inspection
from casefleet_cli.core.mail.message import parse


def test_answer_has_the_agreed_fields() -> None:
    raw = b"From: Ada <a@x>\nTo: b@y\nSubject: S\nDate: Fri, 21 Nov 1997 09:55:06 -0600\nMessage-ID: <1@x>\n"
    raw += b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: a/b; name=f\n\nxy\n--b--"
    assert inspection.answer("p.eml", parse(raw)) == {
        "path": "p.eml",
        "message_id": "1@x",
        "subject": "S",
        "from": [{"name": "Ada", "address": "a@x"}],
        "to": [{"name": None, "address": "b@y"}],
        "cc": [],
        "date": "1997-11-21T09:55:06-06:00",
        "text": "hi",
        "html": False,
        "attachments": [{"filename": "f", "content_type": "a/b", "size": 2}],
        "forward": None,
        "defects": [],
    }


def test_answer_is_json_without_surrogates() -> None:
    found = inspection.answer("p", parse(b"Subject: \xff\xed\xa0\x80\n\n\xed\xa0\x80"))
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    assert found["date"] is None


def test_what_is_inside_stands_beside_the_attachments() -> None:
    raw = b"From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: message/rfc822\n\n"
    raw += b"Subject: Inner\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nThe well\n--c\nContent-Type: a/b; name=f\n\nxy"
    raw += b"\n--c--\n--b--"
    found = inspection.answer("p.eml", parse(raw))
    assert [one["content_type"] for one in found["attachments"]] == ["message/rfc822"]
    assert found["inside"] == [{"part": "2.2", "filename": "f", "content_type": "a/b", "size": 2}]
    assert found["enclosed_text"] == "---------- attached ----------\nSubject: Inner\n\nThe well"
    assert found["text"] == "hi"


def test_a_chain_of_forwards_tells_who_forwarded_what() -> None:
    block = "---------- Forwarded message ---------\nFrom: {0} <{0}@x>\nDate: Fri, Mar 1, 2024 at 3:14 PM\nSubject: Fwd: S\nTo: b@y\n\n"
    text = block.format("leo") + block.format("ida")
    found = inspection.answer("p", parse(f"From: Ada <a@x>\nSubject: Fwd: Fwd: S\n\n{text}hello".encode()))
    chain = found["forwards"]
    assert isinstance(chain, list)
    assert [(one["from"]["address"], one["by"] and one["by"]["address"]) for one in chain] == [
        ("leo@x", None),
        ("ida@x", "leo@x"),
    ]
    assert "forwards" not in inspection.answer("p", parse(f"Subject: Fwd: S\n\n{block.format('ida')}hello".encode()))
