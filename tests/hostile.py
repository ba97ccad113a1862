"""Hostile mail by its kind, made small in code: what a stranger may send so that a page hangs, lies or acts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from casefleet_cli import archive
from tests.firm import Firm

OUTSIDE = "http://evil.example"
ATTACK = (
    f'<script>top.owned=1</script><img src="{OUTSIDE}/p.gif" onerror="top.owned=1"><p onclick="top.owned=1">Hello</p>'
)


def letter(
    html: str = "",
    text: str = "Hello",
    *,
    head: str = "",
    subject: str = "Records",
    parts: str = "",
    to: str = "ada@firm.example",
) -> bytes:
    """A mail of a stranger with these bodies, and whole further parts behind them."""
    bodies = f"--A\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n" if text else ""
    if html:
        bodies += f"--A\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
    whole = (
        f"From: Minh Nguyen <minh@nguyen.example>\r\nTo: {to}\r\nSubject: {subject}\r\n{head}"
        "Date: Mon, 02 Nov 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="M"\r\n\r\n--M\r\nContent-Type: multipart/alternative; boundary="A"\r\n\r\n'
        f"{bodies}--A--\r\n{parts}--M--\r\n"
    )
    return whole.encode("utf-8", "surrogatepass")


def attached(name: str, kind: str = "application/octet-stream", content: str = "x") -> str:
    """A part with a file name as it is written, in RFC 2231's way."""
    written = "".join(f"%{octet:02X}" for octet in name.encode())
    return f"--M\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename*=UTF-8''{written}\r\n\r\n{content}\r\n"


def _deep_parts(times: int) -> str:
    begin = "".join(
        f"--{'M' if not n else f'D{n}'}\r\nContent-Type: multipart/mixed; boundary=D{n + 1}\r\n\r\n"
        for n in range(times)
    )
    return begin + f"--D{times}\r\n\r\ninmost\r\n"


def _deep_messages(times: int) -> str:
    return "--M\r\n" + "Content-Type: message/rfc822\r\n\r\n" * times + "Subject: inmost\r\n\r\nHello\r\n"


LONG = "W" * 300_000
STACKED = "Z" + "\u0335\u0321\u0489" * 100_000

HTML: dict[str, Callable[[], str]] = {
    "definitions in lists": lambda: "<li><dd>" * 40_000,
    "lists in lists": lambda: "<ul><li>x" * 40_000,
    "sections": lambda: "<div>" * 300_000,
    "tables in tables": lambda: "<table><tr><td>" * 40_000,
    "tables in tables, few": lambda: "<table><tr><td>x" * 120,
    "tables in tables, with widths": lambda: "<table width=100%><tr><td width=50%>x<td>" * 100,
    "quotes in quotes": lambda: "<blockquote>x" * 500,
    "fonts that never end": lambda: "<font color=red size=7>x" * 40_000,
    "bold across paragraphs": lambda: "<b><i><p>x" * 40_000,
    "links across sections": lambda: "<a href=https://a.example><div>x" * 30_000,
    "cells out of place": lambda: "<table>" + "<b>x<td></b>y" * 60_000,
    "drawings": lambda: "<svg><g>" * 50_000,
    "formulas": lambda: "<math><mi><table>" * 30_000,
    "choices": lambda: "<select><option><optgroup>" * 50_000,
    "forms in tables": lambda: "<table><form><tr>" * 50_000,
    "templates": lambda: "<template><td>" * 50_000,
    "headings": lambda: "<h1><h2>" * 60_000,
    "rubies": lambda: "<ruby><rt><rb>" * 60_000,
    "200,000 cells": lambda: "<table>" + ("<tr>" + "<td>a</td>" * 10 + "</tr>") * 20_000 + "</table>",
    "200,000 open cells": lambda: "<table>" + "<td>a" * 200_000,
    "300,000 breaks": lambda: "a<br>" * 300_000,
    "100,000 pictures": lambda: f'<img src="{OUTSIDE}/p.gif">' * 100_000,
    "100,000 links": lambda: '<a href="https://a.example/b">c</a> ' * 100_000,
    "stray ends": lambda: "</p></b></li>" * 100_000,
    "500,000 entities": lambda: "&amp;&eacute;&#8364;&notit;&lt;" * 100_000,
    "numbers of a million digits": lambda: "&#" + "9" * 1_000_000 + ";&#x" + "f" * 1_000_000 + ";",
    "ampersands": lambda: "&" * 1_000_000,
    "one tag of 120,000 attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(120_000)) + ">x",
    "a style of 100,000 words": lambda: f"<p style='{'color:red;' * 100_000}'>x</p>",
    "100,000 styles": lambda: "<p style='color:red;background:url(//evil.example);padding:1px'>x</p>" * 30_000,
    "sizes beyond all": lambda: "<p style='font-size:9999999px;padding:9e9px;letter-spacing:9e9em;border:9e9px solid'>x</p>" * 500,
    "spans beyond all": lambda: "<table><colgroup span=1000>" + ("<tr>" + "<td colspan=1000 rowspan=65534>x" * 20) * 500,
    "comments that never end": lambda: "<!-- <!--" * 200_000,
    "quotes that never end": lambda: "<a href='" * 200_000,
    "less-than signs": lambda: "<" * 1_000_000,
    "tags that never end": lambda: "<a " * 300_000,
    "a word of 300,000 letters": lambda: f"<p>{LONG}</p><h1>{LONG}</h1><pre>{LONG}</pre>",
    "a word of 300,000 letters in pieces": lambda: f"<table><td width=1>{'WW<b>W</b>' * 60_000}</td></table>",
    "a word that does not end at blanks": lambda: "w\u00a0" * 150_000 + "\u2060w" * 150_000,
    "stacked letters": lambda: f"<p>{STACKED}</p>",
    "letters of both directions": lambda: "\u202ea\u2067b\u2066" * 100_000,
    "nothing that is seen": lambda: "\u200b\u200d\u00ad" * 300_000,
    "a page in pieces of scripts": lambda: "<scr<script></script>ipt>top.owned=1</scr</script>ipt>" * 10_000,
    "a script after all of it": lambda: "<p>x" * 20_000 + ATTACK,
    "titles and texts": lambda: "<title><textarea><xmp><plaintext>" * 20_000 + ATTACK,
}  # fmt: skip

MAILS: dict[str, Callable[[], bytes]] = {
    **{f"HTML: {name}": lambda made=made: letter(made() + ATTACK) for name, made in HTML.items()},
    "text: a word of 300,000 letters": lambda: letter(text=LONG),
    "text: stacked letters": lambda: letter(text=STACKED),
    "text: 2,000,000 lines": lambda: letter(text="\r\n" * 2_000_000 + "end"),
    "text: 5,000,000 words": lambda: letter(text="hello word\r\n" * 2_500_000),
    "text: quoted 30,000 times": lambda: letter(text=">" * 30_000 + " hello\r\n" + "> " * 30_000),
    "text: 40,000 addresses of the web": lambda: letter(text="https://a.example/ " * 40_000),
    "text: 50,000 lines of From": lambda: letter(text="From: a@b.example\r\nTo: c@d.example\r\n" * 25_000),
    "head: 100,000 recipients": lambda: letter(to=",\r\n ".join(f"Person {n} <p{n}@many.example>" for n in range(100_000))),
    "head: 100,000 copies": lambda: letter(head="Cc: " + ",\r\n ".join(f"c{n}@many.example" for n in range(100_000)) + "\r\n"),
    "head: a name of 300,000 letters": lambda: letter(to=f'"{LONG}" <x@y.example>', head=f"Cc: {LONG}@y.example\r\n"),
    "head: a subject of 300,000 letters": lambda: letter(subject=LONG),
    "head: a subject of stacked letters": lambda: letter(subject=STACKED),
    "head: a subject of 300,000 blanks": lambda: letter(subject="a" + "\r\n " * 100_000 + "b"),
    "head: 100,000 references": lambda: letter(head="References: " + "\r\n ".join(f"<r{n}@many.example>" for n in range(100_000)) + "\r\n"),
    "head: 60,000 fields": lambda: letter(head="X-Odd: yes\r\n" * 60_000),
    "parts: 10,000 attachments": lambda: letter("<p>x", parts="".join(attached(f"file {n}.pdf") for n in range(10_000))),
    "parts: 5,000 messages": lambda: letter(
        text="Please file these. " * 500,
        parts="--M\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: old\r\n\r\nHello\r\n" * 4_900,
    ),
    "parts: 4,900 pages": lambda: letter("<p>x", parts="--M\r\nContent-Type: text/html\r\n\r\n<p>page</p>\r\n" * 4_900),
    "parts: 4,900 pictures in the text": lambda: letter(
        "".join(f"<img src=cid:p{n}>" for n in range(4_900)),
        parts="".join(f"--M\r\nContent-Type: image/png\r\nContent-ID: <p{n}>\r\n\r\nx\r\n" for n in range(4_900)),
    ),
    "parts: deep": lambda: letter("<p>x", parts=_deep_parts(500)),
    "parts: messages in messages": lambda: letter("<p>x", parts=_deep_messages(500)),
}  # fmt: skip
"""Every kind by its name."""

NAMES = {
    "CON": "_CON", "con.txt": "_con.txt", "Aux.tar.gz": "_Aux.tar.gz", "LPT9 .pdf": "_LPT9.pdf", "COM\u00b9.txt": "_COM\u00b9.txt", "CONIN$": "_CONIN$",
    "console.txt": "console.txt", "gpj.\u202eexe.jpg": "gpj.exe.jpg", "\u2066a\u2069.pdf": "a.pdf", "in\u200bvo\u200dice\ufeff.pdf": "invoice.pdf",
    "invoice.pdf                                   .exe": "invoice.pdf.exe", "invoice.pdf\u3000\u00a0\u2800\u3164.exe": "invoice.pdf.exe",
    "run.exe. . .": "run.exe", "run.exe\u2800": "run.exe", " .profile": "profile", "a/b\\c.txt": "c.txt", "../../etc/passwd": "passwd",
    "C:\\Temp\\a.doc": "a.doc", "a\u2215b\uff0fc\u2044d\uff3ce.txt": "a_b_c_d_e.txt", "~root": "_root", "~~a~~": "_~a~_", "a:b|c?.txt": "a_b_c_.txt",
    "n" * 5000 + ".pdf": "n" * 180 + ".pdf", "n" * 5000: "n" * 180, "a." + "x" * 5000: "a." + "x" * 178, "\r\nSet-Cookie: a=b.html": "Set-Cookie_ a=b.html",
    "%2e%2e%2fetc": "%2e%2e%2fetc", "\u202e": "attachment.octetstr", "..": "attachment.octetstr", "\U000e0041tagged.txt": "tagged.txt",
    "e\u0301" * 3 + ".txt": "\u00e9\u00e9\u00e9.txt", "\u00dcbersicht \u8a34\u8a1f.pdf": "\u00dcbersicht \u8a34\u8a1f.pdf", "a  b.txt": "a b.txt",
}  # fmt: skip
"""File names as senders write them, with the one under which they are shown and downloaded."""


def names() -> bytes:
    """A mail with a file under each of the odd names."""
    return letter(text="files", parts="".join(map(attached, NAMES)))


def logged(folder: Path) -> tuple[Path, dict[str, int]]:
    """A firm that has been sent all of these, and the number of each; "plain" is a mail as others are, too."""
    firm = Firm(folder)
    firm.case("Nguyen Trust", firm.contact("Minh", "minh@nguyen.example"))
    mails = folder / "mails"
    mails.mkdir()
    digests = {}
    for name, made in {**MAILS, "names": names, "plain": lambda: letter("<p>A <b>plain</b> mail")}.items():
        raw = made()
        digests[hashlib.sha256(raw).hexdigest()] = name
        (mails / f"{len(digests)}.eml").write_bytes(raw)
    archive.run(firm.db, [mails], user_id=firm.ada, jobs=1)
    rows = firm.all(
        "SELECT r.sha256, d.email_id FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
    )
    firm.db.close()
    return Path(firm.path), {digests[digest]: number for digest, number in rows}
