"""Mail made to stall the parser: twice the bytes take twice the time, and the memory has a bound."""

from __future__ import annotations

import subprocess
import sys

import pytest

from casefleet_cli.core.mail.message import parse
from tests.timing import is_linear

HEAD = b"From: ada@firm.example\nMessage-ID: <1@firm.example>\n"
FWD = HEAD + b"Subject: Fwd: x\n\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
SHAPES: dict[str, tuple[bytes, bytes, bytes]] = {
    "blanks between dashes": (HEAD + b"Subject: Re: x\n\nnote:\n-----\nforwarded\n--", b" ", b"x"),
    "blanks in dashes of forwards": (FWD + b"-----", b" \n-- ", b"x"),
    "quoted words before an address": (b"To: ", b'"a "', b"@x" + b":" * 20_000 + b"\n\nx"),
    "colons after an address": (b"To: " + b"a " * 20_000 + b"@", b":", b"\n\nx"),
    "escaped quotes": (b"To: ", b'\\"', b"\n\nx"),
    "an open quote with escapes": (b'To: "', b'\\"', b"\n\nx"),
    "a long word before an at": (b"To: ", b"a", b" b @\n\nx"),
    "blanks behind an address": (b"To: a@b", b" ", b"x\n\nx"),
    "escaped brackets in quotes": (b'To: <"', b'\\<\\"', b"\n\nx"),
    "open brackets": (b"To: ", b"a@[", b"\n\nx"),
    "quotes around a name": (b"To: ", b"'", b" <a@b>\n\nx"),
    "blanks in a Message-ID": (b"Message-ID: <", b" ", b"x\n\nx"),
    "parameters": (b"Content-Type: text/plain", b"; a", b'="\n\nx'),
    "encoded words": (b"Subject: ", b"=?utf-8?b?YQ=?= ", b"\n\nx"),
    "tabs in uuencode": (b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644", b"\t", b""),
    "blanks in a delimiter": (b"Content-Type: multipart/mixed\n\n--", b" ", b"x\n"),
    "lines that may be delimiters": (b"Content-Type: multipart/mixed\n\n", b"--" + b" " * 300 + b"x\n", b""),
    "marks with a sender": (FWD, b"----- forwarded ----- From: a\n", b""),
    "marks in answers": (HEAD + b"Subject: Re: x\n\n", b"----- forwarded ----- From: a\n", b""),
    "labels that are marks": (FWD, b"x-forwarded:\n" * 25 + b"Cc:\n", b""),
    "labels without values": (FWD, b"To:\nCc:\n", b""),
    "digits and dashes": (FWD, b"9" + b"a" * 380 + b"@:\n", b""),
    "empty lines": (FWD, b"\n", b""),
    "quotes around a forwarded name": (FWD + b"From: ", b"'", b" a@b\nDate: 1\nTo: a\nSubject: b\n"),
    "parts": (MIXED, b"--b\n\nx\n", b""),
    "messages with dates": (MIXED, b"--b\nContent-Type: message/rfc822\n\nDate: 1 Jan , . - , . -\n\n", b""),
    "multiparts in multiparts": (HEAD, b"Content-Type: multipart/alternative; boundary=x\n\n--x\n", b""),
    "fields without a name": (b"", b"a\n:\n", b""),
    "returns": (b"", b"\r", b""),
    "base64 that is padded everywhere": (b"Content-Transfer-Encoding: base64\n\n", b"a=", b""),
    "flowed quotes": (b"Content-Type: text/plain; format=flowed\n\n", b">> a \n> b \n", b""),
    "blank lines of a text": (HEAD + b"\n", b" \n", b"x"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_bytes_take_twice_the_time(shape: str) -> None:
    before, unit, after = SHAPES[shape]
    for size in (1000, 30_000):
        assert is_linear(parse, lambda n: before + unit * (n // len(unit)) + after, size)


def test_charsets_that_nobody_knows_cost_little() -> None:
    assert is_linear(lambda labels: parse(b"Subject: " + labels + b"\n\nx"), _charsets, 30_000)


def _charsets(size: int) -> bytes:
    return b" ".join(b"=?q%d?q?x?=" % number for number in range(size // 14))


ENCODED = (
    b"From: a@b.example\nSubject: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
)
MEMORY = {
    "messages encoded in messages": ENCODED * 59 + b"From: x\n\n" + b"word word word word\n" * 1_000_000,
    "addresses": b"To: " + b"a@b," * 5_000_000 + b"\n\nx",
    "fields": MIXED + (b"--b\n" + b"a:\n" * 19_000 + b"\nx\n") * 350,
    "attached messages with recipients": MIXED + (b"--b\nContent-Type: message/rfc822\n\nTo: " + b"a@b," * 10_000 + b"\n\nx\n") * 60,
    "identifiers": b"References: " + b"<a>" * 6_000_000 + b"\n\nx",
    "labels": FWD + b"a:\n" * 6_000_000,
}  # fmt: skip


@pytest.mark.parametrize("shape", MEMORY)
def test_memory_is_three_times_the_mail_and_little_more(shape: str) -> None:
    program = """import sys
from casefleet_cli.core.mail.message import parse
parse(b"Subject: Fwd: x\\n\\nFrom: a")
raw = sys.stdin.buffer.read()
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
parse(raw)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))"""
    raw = MEMORY[shape]
    done = subprocess.run([sys.executable, "-c", program], input=raw, capture_output=True, check=True)
    assert int(done.stdout) * 1024 < 3 * len(raw) + 100_000_000


def test_what_was_not_read_is_a_defect() -> None:
    assert "too-much-encoded" in parse(ENCODED * 59 + b"From: x\n\n" + b"word\n" * 1_000_000).defects
    assert "too-many-addresses" in parse(b"To: " + b"a@b," * 500_000 + b"\n\nx").defects
    twice = parse(ENCODED * 2 + b"From: x\n\nword\n")
    assert "too-much-encoded" not in twice.defects
    many = parse(b"To: " + b"somebody@somewhere.example, " * 5000 + b"\n\nx")
    assert len(many.to) == 5000
    assert "too-many-addresses" not in many.defects
