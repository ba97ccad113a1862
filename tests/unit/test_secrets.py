"""BCC addresses never show in what is derived from mail."""

from __future__ import annotations

import pytest

from casefleet_cli.core.mail.message import parse
from casefleet_cli.core.secrets import Mask

SECRET = "ada-7k3mq9x2vt4hc8wnp"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"to {SECRET}@log.firm.example.", "to ***@log.firm.example."),
        (f"<{SECRET.upper()}@LOG.firm.example>", "<***@LOG.firm.example>"),
        (f"mailto:{SECRET}@log.firm.example?x", "mailto:***@log.firm.example?x"),
        (f"mailto:{SECRET}%40log.firm.example", "mailto:***@log.firm.example"),
        (f"a,{SECRET}@log.firm.example;b", "a,***@log.firm.example;b"),
        ("anna@client.example", "anna@client.example"),
        ("x@log.firm.example.org and x@mylog.firm.example", "x@log.firm.example.org and x@mylog.firm.example"),
        ("", ""),
    ],
)
def test_text(text: str, shown: str) -> None:
    assert Mask("log.firm.example").text(text) == shown


def test_a_whole_message() -> None:
    secret = f"{SECRET}@log.firm.example"
    raw = f"""From: Ada <ada@firm.example>
To: {secret}
Cc: "{secret}" <{secret}>
Reply-To: {secret}
Subject: Fwd: about {secret}
Message-ID: <{secret}>
Content-Type: multipart/mixed; boundary=b

--b

hello {secret}

---------- Forwarded message ---------
From: {secret} <{secret}>
Date: Sun, Nov 22, 2026 at 6:12 PM
Subject: {secret}
To: Ada <{secret}>

{secret}
--b
Content-Type: application/pdf; name="{secret}.pdf"

x
--b--
""".encode()
    message = parse(raw)
    assert SECRET in repr(message)
    shown = Mask("log.firm.example").message(message)
    assert SECRET not in repr(shown)
    assert shown.fingerprint == message.fingerprint


def test_no_logging_domain_masks_nothing() -> None:
    assert Mask("").text("a@b") == "a@b"
