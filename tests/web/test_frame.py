from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from casefleet_cli.web import frame
from tests import hostile
from tests.timing import is_linear
from tests.web.conftest import BCC, PNG

FILE_NAMES = [(given, "application/octet-stream", name) for given, name in hostile.NAMES.items()]


def shown(html: str, **pictures: Any) -> str:
    return frame.harmless(html, pictures, str).partition("<body>")[2]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example></SCRIPT>", "<p onclick=alert(1)>a</p>", "<svg onload=alert(1)><a/></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>", "<base href=//evil.example>", "<link rel=stylesheet href=//evil.example>",
        "<form action=//evil.example><input name=p><button formaction=//evil.example>go</button></form>", "<object data=//evil.example>",
        "<img src=//evil.example/p.gif>", "<img src=https://evil.example/p.gif>", "<img srcset='//evil.example/p.gif 1x'>", "<img src='/logout'>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>", "<img src=cid:none>", "<picture><source srcset=//evil.example/p></picture>",
        "<a href=javascript:alert(1)>a</a>", "<a href=' java\tscript:alert(1)'>a</a>", "<a href='&#106;avascript:alert(1)'>a</a>",
        "<a href=vbscript:x>a</a>", "<a href='data:text/html,x'>a</a>", "<a href='//evil.example'>a</a>", "<a href='file:///etc/passwd'>a</a>",
        "<p style='background:url(//evil.example)'>a</p>", "<p style='position:fixed;inset:0;z-index:9'>a</p>", "<style>*{background:url(//evil.example)}</style>",
        "<p style='color:expression(alert(1))'>a</p>", "<table background=//evil.example></table>", "<body background=//evil.example onload=alert(1)>",
        "<video src=//evil.example autoplay poster=//evil.example></video>", "<audio src=//evil.example></audio>", "<embed src=//evil.example>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "<textarea><script>alert(1)</script></textarea>",
        "<!--[if gte mso 9]><script>alert(1)</script><![endif]-->", "<p id=x class=bar name=main>a</p>", "<a href=https://e.example target=_self>a</a>",
        "<plaintext><script>alert(1)", "<xmp><script>alert(1)</script></xmp>", "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>", "<p style='width:1px;background-image:url(//evil.example)'>",
        "<font face='x\" onload=alert(1)'>a</font>", "<marquee onstart=alert(1)>a</marquee>", "<details open ontoggle=alert(1)>a</details>",
    ],
)  # fmt: skip
def test_nothing_acts_or_asks(html: str) -> None:
    made = shown(html)
    tags = re.findall(r"<[^>]*>", made)
    bare = [re.sub(r'"[^"]*"', '""', tag) for tag in tags]
    assert not [
        tag
        for tag in tags
        if re.match(
            r"</?(script|svg|math|iframe|meta|base|link|form|input|button|object|embed|video|audio|style)\b", tag
        )
    ]
    assert not [tag for tag in bare if re.search(r"\son\w+\s*=", tag)]
    assert not [
        tag
        for tag in tags
        if re.search(r"javascript:|vbscript:|data:(?!image/(png|jpeg|gif);base64)|//evil|url\(|position", tag)
    ]
    assert not [
        tag
        for tag in tags
        if re.search(r"\s(id|class|name|srcset|background)\s*=", tag) and "casefleet-note" not in tag
    ]
    assert not [tag for tag in tags if tag.startswith("<a") and 'target="_blank"' not in tag]


def test_what_reads_stays() -> None:
    made = shown(
        "<h1>Title</h1><table width=100><tr><td bgcolor=#fff colspan=2>cell</td></tr></table><p style='color:red;text-align:right'>red</p>"
        "<a href='https://court.example/a?b=1'>portal</a><a href='mailto:a@b.example'>mail</a><ul><li>one</ul>"
    )
    for kept in ("<h1>Title</h1>", 'colspan="2"', "color:red", "text-align:right", 'href="https://court.example/a?b=1"', "mailto:a@b.example",
                 "<li>one</li>", 'rel="noopener noreferrer nofollow"'):  # fmt: skip
        assert kept in made


def test_own_pictures_are_shown_and_others_counted() -> None:
    made = shown(
        "<img src=cid:logo><img src=cid:bad><img src=https://a.example/x>",
        logo=("image/png", PNG),
        bad=("image/svg+xml", b"<svg>"),
    )
    assert "data:image/png;base64,iVBOR" in made
    assert "svg" not in made
    assert "2 pictures not loaded" in made


def test_pictures_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MAX_PICTURE_OCTETS", len(PNG) * 4)
    assert shown("<img src=cid:a>" * 5, a=("image/png", PNG)).count("base64") == 4
    monkeypatch.setattr(frame, "MAX_PICTURES", 2)
    made = shown("<img src=cid:a>" * 5, a=("image/png", PNG))
    assert made.count("base64") == 2
    assert "3 pictures not loaded." in made


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 300_000,
        "<b></p>" * 200_000,
        "<UL >" * 300_000,
        "<div></b>" * 200_000,
        "<b><p>" * 8_000,
        "<table><tr><td>" * 8_000,
        "<a href='" * 40_000,
        "&" * 100_000,
        "\0" * 100,
        "\ud800",
    ],
)
def test_huge_and_deep_html_is_survived(html: str) -> None:
    with contextlib.suppress(frame.TooDeepError):
        assert frame.harmless(html.encode("utf-8", "replace").decode(), {}, str).endswith("</html>\n")


DEEP = {
    "lists in definitions": "<li><dd>",
    "a list that seems to end": "<ul><table><td>" + "<li></ul><dd></dl>",
    "sections": "<div>",
    "fonts that never end": "<font color=red>x",
    "cells and lists": "<table><tr><td><li>",
}


@pytest.mark.parametrize("html", DEEP.values(), ids=DEEP)
def test_what_is_too_deep_is_not_shown(html: str) -> None:
    with pytest.raises(frame.TooDeepError):
        shown(html * 2000)


LONG = {
    "an open list": ("<ul>", "<li>a"),
    "an open table": ("<table>", "<tr><td>a<td>b"),
    "open definitions": ("<dl>", "<dt>a<dd>b"),
    "open paragraphs": ("", "<p>a"),
    "lists in cells": ("<table>", "<tr><td><ul><li>a<li>b</ul><td>c"),
    "closed by the book": ("", "<div><table><tr><td><b>a</b></td></tr></table><ul><li>b</li></ul></div>"),
    "an end too many": ("", "<p>a</div></b></p>"),
}


@pytest.mark.parametrize(("begins", "goes_on"), LONG.values(), ids=LONG)
def test_what_is_long_is_shown(begins: str, goes_on: str) -> None:
    assert shown(begins + goes_on * 1500).count("a") >= 1500


HEAVY = {
    "one tag with very many attributes": lambda n: "<p " + " ".join(f"a{each}=1" for each in range(n)) + ">x",
    "such a tag in a foreign element": lambda n: (
        "<svg><style><img " + " ".join(f"a{each}=1" for each in range(n)) + ">"
    ),
    "such a tag behind a comment": lambda n: (
        '<!-- <a "> -->' + "<p " + " ".join(f"a{each}=1" for each in range(n)) + ">"
    ),
    "open cells": lambda n: "<table>" + "<td>a" * n,
    "lists in definitions": lambda n: "<li><dd>" * n,
    "a long style": lambda n: f"<p style='{'color:red;' * n}'>",
}


@pytest.mark.parametrize("made", HEAVY.values(), ids=HEAVY)
def test_twice_the_html_takes_twice_the_time(made: Callable[[int], str]) -> None:
    def work(html: str) -> None:
        with contextlib.suppress(frame.TooDeepError):
            frame.harmless(html, {}, str)

    assert is_linear(work, made, 20_000)


@pytest.mark.parametrize(
    ("given", "content_type", "name"),
    [
        ("records.pdf", "application/pdf", "records.pdf"), ('evil"\r\nSet-Cookie: a=b.html', "text/html", "evil_Set-Cookie_ a=b.html"),
        ("../../etc/passwd", "text/plain", "passwd"), ("C:\\Temp\\a.doc", "application/msword", "a.doc"), ("gpj.\u202eexe.jpg", "image/jpeg", "gpj.exe.jpg"),
        ("Übersicht 訴訟.pdf", "application/pdf", "Übersicht 訴訟.pdf"), ("", "image/png", "attachment.png"), (None, "x/y", "attachment.y"),
        ("..", "text/html", "attachment.html"), (".htaccess", "text/plain", "htaccess"), ("a" * 500 + ".pdf", "application/pdf", "a" * 180 + ".pdf"),
        *FILE_NAMES, ("訴" * 200, "x/y", "訴" * 60), ("a\0b.txt", "text/plain", "ab.txt"), ("\ud800.txt", "text/plain", "txt"),
    ],
)  # fmt: skip
def test_downloads_have_safe_names(given: str | None, content_type: str, name: str) -> None:
    header = frame.disposition(given, content_type)
    assert frame.safe_name(given, content_type) == name
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9 ._()+-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", header)
    assert unquote(header.rpartition("''")[2]) == frame.safe_name(given, content_type)


def test_the_frame_of_a_hostile_mail(admin: Any) -> None:
    response = admin.ask("/emails/1/html")
    assert response.status_code == 200
    assert "sandbox allow-popups" in response.headers["content-security-policy"]
    assert "allow-scripts" not in response.headers["content-security-policy"]
    assert "allow-same-origin" not in response.headers["content-security-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-frame-options"] == "SAMEORIGIN"
    body = response.text
    assert "Dear Ada" in body
    assert "data:image/png;base64," in body
    assert "evil.example" not in body
    assert "alert(" not in body
    assert BCC not in body
    assert "***@log.firm.example" in body
    assert "https://court.example/portal" in body


def test_attachments_are_downloads_whatever_they_say(admin: Any) -> None:
    html = admin.ask("/emails/1/attachments/11")
    assert html.status_code == 200
    assert html.headers["content-type"] == "application/octet-stream"
    assert html.headers["content-disposition"].startswith("attachment; ")
    assert "set-cookie" not in html.headers
    assert html.headers["x-content-type-options"] == "nosniff"
    assert BCC.encode() not in html.content
    pdf = admin.ask("/emails/1/attachments/12")
    assert pdf.content == b"%PDF-1.7 \x00\xff records"
    assert unquote(pdf.headers["content-disposition"].rpartition("''")[2]) == "Übersicht 訴訟.pdf"
    assert admin.ask("/emails/2/attachments/11").status_code == 404
