"""Parsing against the standard library, and the memory that a mail of 40 MB takes; part of `make bench`.

python -m tests.bench_parse [FOLDER-OF-MESSAGES]
"""

from __future__ import annotations

import base64
import contextlib
import quopri
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from casefleet_cli.core.mail import message as messages
from tests import bench, corpus

ROUNDS = 5
SIZE = 40_000_000


def by_standard_library(raw: bytes) -> object:
    """The fields that we read, as the standard library gives them."""
    message: EmailMessage = BytesParser(policy=policy.default).parsebytes(raw)
    fields = [str(message[name]) for name in ("message-id", "subject", "date", "in-reply-to", "references")]
    people = [[(a.display_name, a.addr_spec) for a in message[name].addresses] for name in ("from", "to", "cc", "bcc")
              if message[name] is not None]  # fmt: skip
    body = message.get_body(("plain", "html"))
    text = body.get_content() if body is not None else ""
    files = [(part.get_filename(), part.get_content_type(), len(part.get_payload(decode=True) or b""))
             for part in message.iter_attachments()]  # fmt: skip
    return fields, people, text, files


def seconds(parse: Callable[[bytes], object], raws: list[bytes]) -> float:
    started = time.process_time()
    for raw in raws:
        # The standard library raises on some mail; it then has read less, which is to its favour.
        with contextlib.suppress(Exception):
            parse(raw)
    return time.process_time() - started


def rate(name: str, raws: list[bytes]) -> None:
    """Ours and the standard library's in turns."""
    rounds = [(seconds(messages.parse, raws), seconds(by_standard_library, raws)) for _ in range(ROUNDS)]
    ours, theirs = (len(raws) / statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(theirs / ours for ours, theirs in rounds)
    bench.row(f"parse / policy.default, {name}", f"{ours:.0f} /s", f"{theirs:.0f} /s", ratio, "goal >= 2")


def big(kind: str) -> bytes:
    """A mail of 40 MB."""
    chance = random.Random(1)
    prose = " ".join(chance.choice(("hearing", "the", "of", "Grüße", "court", "on", "Monday")) for _ in range(200_000))
    lines = "\n".join(prose[n : n + 70] for n in range(0, len(prose), 70)) + "\n"
    head = b"From: ada@firm.example\nTo: anna@client.example\nSubject: big\nMIME-Version: 1.0\n"
    if kind == "plain":
        body = lines.encode()
        return (
            head
            + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            + body * (SIZE // len(body))
        )
    if kind == "quoted-printable":
        body = quopri.encodestring(lines.encode())
        return (
            head
            + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            + body * (SIZE // len(body))
        )
    if kind == "html":
        body = f"<p>{lines}</p>\n".encode()
        return (
            head
            + b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            + body * (SIZE // len(body))
        )
    body = base64.encodebytes(chance.randbytes(SIZE * 3 // 4))
    return (
        head
        + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nsee there\n--b\n'
        + b'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\n'
        + body
        + b"--b--\n"
    )


def peak(path: str, *, parsing: bool) -> int:
    """Kilobytes at most of a process that reads a file, and perhaps parses it."""
    code = ("import sys\nfrom casefleet_cli.intake import understanding\nfrom casefleet_cli.core.mail import message, html_text\n"
            "message.parse(b'Content-Type: text/html\\n\\nx')\nraw = open(sys.argv[1], 'rb').read()\n"
            "if sys.argv[2] == '1': message.parse(raw)\n"
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:')))")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, path, str(int(parsing))], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def memory(folder: Path) -> None:
    """How often its own size a mail of 40 MB takes, its bytes included, the interpreter not."""
    empty = folder / "empty.eml"
    empty.write_bytes(b"\n")
    for kind in ("plain", "quoted-printable", "html", "attachment"):
        path = folder / f"{kind}.eml"
        path.write_bytes(big(kind))
        size = path.stat().st_size / 1024
        used = peak(str(path), parsing=True) - peak(str(empty), parsing=False)
        bench.row(f"memory for 40 MB, {kind}", f"{used // 1024} MB", f"{size / 1024:.0f} MB", used / size, "goal < 3")


def main() -> None:
    """Print the table."""
    rate("made mail", list(corpus.messages(2000)))
    if len(sys.argv) > 1:
        rate("given mail", [path.read_bytes() for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file()])
    with tempfile.TemporaryDirectory() as folder:
        memory(Path(folder))


if __name__ == "__main__":
    main()
