"""Made-up archives of mail: the same seed gives the same bytes.

Sizes have a median of about 6 KB; 15% of the mails have attachments of up to 500 KB; several charsets and transfer
encodings; threads, replies that quote, forwards. Sent and received by the two users of `tests.firm`, their clients and
strangers.

    python -m tests.corpus MESSAGES FILE.mbox [SEED]
"""

from __future__ import annotations

import base64
import binascii
import random
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from quopri import encodestring

USERS = (("Ada Berg", "ada@firm.example"), ("Carl Diaz", "carl@firm.example"))
CLIENTS = tuple((f"Client {n}", f"client{n}@client.example") for n in range(200))
STRANGERS = tuple((f"Name Nr. {n}", f"person{n}@elsewhere{n % 97}.example") for n in range(1000))
LANGUAGES = {
    "utf-8": "abcdefghijklmnopqrstuvwxyzäöüßéñ",
    "iso-8859-1": "abcdefghijklmnopqrstuvwxyzäöüéè",
    "windows-1252": "abcdefghijklmnopqrstuvwxyzœäéô",
    "koi8-r": "абвгдежзийклмнопрстуфхцчшщыэюя",
    "iso-2022-jp": "あいうえおかきくけこさしすせそ日本法律",
    "us-ascii": "abcdefghijklmnopqrstuvwxyz",
}
_CHARSETS = ("us-ascii",) * 9 + ("utf-8",) * 6 + ("iso-8859-1",) * 2 + ("windows-1252", "koi8-r", "iso-2022-jp")
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_VOCABULARY = 20_000
_START = datetime(2004, 1, 5, 8, tzinfo=UTC)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = {charset: self._words(letters) for charset, letters in LANGUAGES.items()}
        self.weights = list(accumulate(1 / (n + 3) for n in range(_VOCABULARY)))
        self.threads: list[tuple[str, str, tuple[str, ...]]] = []

    def _words(self, letters: str) -> list[str]:
        shape = self.random
        return ["".join(shape.choices(letters, k=min(2 + n % 9, 3 + n // 40))) for n in range(_VOCABULARY)]

    def prose(self, charset: str, size: int) -> str:
        """About `size` letters of words, in lines."""
        words = self.random.choices(self.words[charset], cum_weights=self.weights, k=max(size // 7, 3))
        return "\n".join(" ".join(words[n : n + 10]) for n in range(0, len(words), 10))

    def message(self, number: int) -> bytes:
        """One mail."""
        rnd = self.random
        charset = rnd.choice(_CHARSETS)
        body = self.prose(charset, min(int(rnd.lognormvariate(8.0, 0.8)), 200_000))
        user, other = rnd.choice(USERS), rnd.choice(CLIENTS if rnd.random() < 0.6 else STRANGERS)
        sender, recipient = (user, other) if rnd.random() < 0.5 else (other, user)
        msgid = f"{number}.{rnd.getrandbits(64):x}@{sender[1].partition('@')[2]}"
        subject, references = self.prose(charset, 40).replace("\n", " "), ()
        if self.threads and rnd.random() < 0.6:
            parent, subject, references = rnd.choice(self.threads)
            references = (*references, parent)[-12:]
            if rnd.random() < 0.1:
                subject = "Fwd: " + subject.removeprefix("Re: ")
                body += (
                    f"\n\n---------- Forwarded message ---------\nFrom: {other[0]} <{other[1]}>\n"
                    f"Date: Mon, 3 May 2010 at 10:00\nSubject: {subject}\nTo: <{user[1]}>\n\n"
                    + self.prose(charset if charset != "iso-2022-jp" else "us-ascii", 800)
                )
            else:
                subject = "Re: " + subject.removeprefix("Re: ")
                body += "\n\nOn Mon, 3 May 2010 somebody wrote:\n> " + self.prose(charset, 600).replace("\n", "\n> ")
        self.threads.append((msgid, subject, references))
        del self.threads[:-500]
        cc = f"Cc: {', '.join(f'{name} <{address}>' for name, address in rnd.sample(STRANGERS, 2))}\n"
        date = _START + timedelta(minutes=27 * number)
        header = (
            f"Received: from mx.elsewhere.example (mx.elsewhere.example [192.0.2.{number % 250}])\n"
            f"\tby mail.firm.example (Postfix) with ESMTPS id {rnd.getrandbits(40):X}\n"
            f"\tfor <{recipient[1]}>; {date:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"From: {sender[0]} <{sender[1]}>\nTo: {recipient[0]} <{recipient[1]}>\n{cc if rnd.random() < 0.3 else ''}"
            f"Subject: {_encoded(subject, charset)}\nDate: {date:%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: <{msgid}>\n"
        )
        if references:
            header += (
                f"In-Reply-To: <{references[-1]}>\nReferences: " + "\n ".join(f"<{one}>" for one in references) + "\n"
            )
        return header.encode() + b"MIME-Version: 1.0\n" + self._content(body, charset)

    def _content(self, body: str, charset: str) -> bytes:
        rnd = self.random
        text = self._text(body, charset, "plain")
        if rnd.random() < 0.35:
            page = "".join(f"<p>{line}</p>\n" for line in body.replace("<", "&lt;").split("\n"))
            html = self._text(f"<html><body><div style='color:#222'>{page}</div></body></html>", charset, "html")
            text = self._multipart("alternative", text, html)
        if rnd.random() < 0.15:
            files = [self._file(n) for n in range(rnd.choice((1, 1, 1, 2)))]
            text = self._multipart("mixed", text, *files)
        return text

    def _text(self, body: str, charset: str, subtype: str) -> bytes:
        data = (body + "\n").encode(charset, "replace")
        encoding = (
            "7bit"
            if charset in {"us-ascii", "iso-2022-jp"}
            else self.random.choice(("8bit", "quoted-printable", "base64"))
        )
        if encoding == "quoted-printable":
            data = encodestring(data)
        elif encoding == "base64":
            data = base64.encodebytes(data)
        head = f"Content-Type: text/{subtype}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
        return head.encode() + data

    def _file(self, number: int) -> bytes:
        rnd = self.random
        name, kind = rnd.choice(
            (("scan.pdf", "application/pdf"), ("photo.jpg", "image/jpeg"), ("brief.docx", "application/x"))
        )
        size = int(500_000 * rnd.random() ** 5) + 500
        coded = binascii.b2a_base64(rnd.randbytes(size), newline=False)
        lines = b"\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))
        head = (
            f'Content-Type: {kind}; name="{number}-{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{number}-{name}"\n\n'
        )
        return head.encode() + lines + b"\n"

    def _multipart(self, subtype: str, *parts: bytes) -> bytes:
        boundary = f"=_{self.random.getrandbits(64):016x}".encode()
        head = b'Content-Type: multipart/%s; boundary="%s"\n\n' % (subtype.encode(), boundary)
        return head + b"".join(b"--%s\n%s\n" % (boundary, part) for part in parts) + b"--%s--\n" % boundary


def _encoded(text: str, charset: str) -> str:
    if text.isascii():
        return text
    data = text[:30].encode(charset, "replace")
    return f"=?{charset}?b?{base64.b64encode(data).decode()}?="


def messages(count: int, seed: int = 4) -> Iterator[bytes]:
    """So many mails, one after the other."""
    maker = _Maker(seed)
    return (maker.message(number) for number in range(count))


def write_mbox(path: Path, count: int, seed: int = 4) -> int:
    """An mbox (mboxrd) of so many mails; its size in bytes."""
    with path.open("wb") as file:
        for raw in messages(count, seed):
            file.write(b"From someone@elsewhere.example Mon May  3 10:00:00 2010\n" + _FROM.sub(rb">\1", raw) + b"\n")
        return file.tell()


def write_maildir(path: Path, count: int, seed: int = 4) -> int:
    """A Maildir of so many mails; its size in bytes."""
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True)
    size = 0
    for number, raw in enumerate(messages(count, seed)):
        (path / "cur" / f"{1_200_000_000 + number}.M{number}.host:2,S").write_bytes(raw)
        size += len(raw)
    return size


if __name__ == "__main__":
    write_mbox(Path(sys.argv[2]), int(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else 4)
