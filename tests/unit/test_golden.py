"""Every mail of fixtures/mail is understood as its golden twin says, with LF and with CRLF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefleet_cli.core.mail.message import parse
from tests.golden import PAIRS, told


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_golden(path: Path, ends: bytes) -> None:
    found = told(path.read_bytes().replace(b"\n", ends))
    expected = json.loads(path.with_suffix(".json").read_text())
    for attachment in (*found["attachments"], *expected["attachments"]):
        if attachment["content_type"] == "message/rfc822":
            del attachment["size"]  # its line ends are octets of its own
    assert found == expected


def test_lf_and_crlf_are_the_same_mail() -> None:
    differing = {
        path.stem
        for path in PAIRS
        if parse(path.read_bytes()).fingerprint != parse(path.read_bytes().replace(b"\n", b"\r\n")).fingerprint
    }
    assert differing == set()
