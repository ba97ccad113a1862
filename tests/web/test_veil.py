from __future__ import annotations

import pytest

from casefleet_cli.web.veil import Veil
from tests.web.conftest import BCC

SECRET = "7k3mq9x2vt4hc8wn"
VEIL = Veil("log.firm.example", [BCC])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"log to {BCC} always", "log to ***@log.firm.example always"),
        (BCC.upper(), "***@LOG.FIRM.EXAMPLE"),
        (
            f"<span class=SpellE>ada-{SECRET}</span>@log.firm.example",
            "<span class=SpellE>ada-***</span>@log.firm.example",
        ),
        (f"ada-<b>{SECRET}</b><i>@log</i>.firm.example", "ada-<b>***</b><i>@log</i>.firm.example"),
        (f"mailto:ada%2D{SECRET}%40log.firm.example", "mailto:***@log.firm.example"),
        (f"x{SECRET}", f"x{SECRET}"),
        ("ordinary1234567890words and records", "ordinary1234567890words and records"),
        ("someone@log.firm.example", "***@log.firm.example"),
    ],
)
def test_secrets_are_hidden_however_they_are_spelt(text: str, shown: str) -> None:
    assert VEIL.text(text) == shown


@pytest.mark.parametrize(
    "content",
    [
        BCC.encode(),
        BCC.encode("utf-16"),
        b"\xfe\xff" + BCC.encode("utf-16-be"),
        b"\xff\xfe" + BCC.encode("utf-16-le") + b"\x00\xd8",
        f"ä {BCC}".encode(),
    ],
)
def test_files_hide_them_too_and_nothing_else_changes(content: bytes) -> None:
    shown = VEIL.octets(content)
    assert SECRET.encode() not in shown.replace(b"\0", b"")
    assert shown.replace(b"\0", b"").endswith((b"@log.firm.example", b"\xd8"))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"\xff\xfea", bytes(range(256)) * 3, b"\xff\xfe" + bytes(range(255))]
)
def test_any_bytes_without_secrets_stay(content: bytes) -> None:
    assert VEIL.octets(content) == content
