"""email print: one page that needs nothing, runs nothing, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import links, users
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.sight import EVERYTHING
from casefleet_cli.web import frame
from tests.firm import BCC, Firm, mail
from tests.timing import is_linear

Print = Callable[..., str]


def letter(html: str = "<p>as sent</p>", **fields: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Ada <ada@firm.example>", "Anna <anna@client.example>"
    message["Date"] = "Mon, 02 Nov 2026 09:30:00 +0100"
    for name, value in {"Subject": "Hearing", **fields}.items():
        message[name] = value
    message.set_content("as text")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="<b>deed.pdf")
    return message.as_bytes()


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


@pytest.fixture
def page(firm: Firm, capfd: pytest.CaptureFixture[str]) -> Print:
    def page(raw: bytes, *words: str) -> str:
        done = receive(firm.db, raw, Arrival(firm.ada, "pipe"))
        assert run(["--db", firm.path, "email", "print", str(done.email_id), *words]) == 0
        said = capfd.readouterr()
        assert said.err == ""
        return said.out

    return page


def fields(page: str) -> dict[str, str]:
    """What the table says, as text."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', page)
    return {label: re.sub("<(?!wbr).*?>", "", cell.replace("<br>", "\n")) for label, cell in found}


def test_who_when_what_and_where(page: Print, firm: Firm) -> None:
    settings_desk.put(firm.db, "timezone", "Europe/Berlin")
    case = firm.case("Trust", firm.contact("Anna", "anna@client.example"))
    raw = letter(Cc="Bert <bert@client.example>")
    first = receive(firm.db, raw, Arrival(firm.ada, "pipe")).email_id
    assert links.places_of(firm.db, first, EVERYTHING)[0]["id"] == case
    assert fields(page(raw)) == {
        "Subject": "Hearing",
        "From": "Ada &lt;ada@firm.example&gt;",
        "To": "Anna &lt;anna@client.example&gt;",
        "Cc": "Bert &lt;bert@client.example&gt;",
        "Date": "2026-11-02 09:30+01:00 (by its own Date field)",
        "E-mail": "1",
        "Filed to": "case 2026-101 Trust (open), linked by a rule",
        "Attachments": "&lt;b&gt;deed.pdf (application/pdf, 4 bytes)",
    }


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"From: a@b.example\n\nx", "not given; logged 20"),
        (b"Received: from x by y; Mon, 02 Nov 2026 09:30:00 +0100\nFrom: a@b.example\n\nx",
         "2026-11-02 08:30+00:00 (by its Received fields)"),
        (mail("x@else.example"), "2026-11-02 08:30+00:00 (by its own Date field)"),
    ],
)  # fmt: skip
def test_what_says_when(raw: bytes, said: str, page: Print) -> None:
    assert fields(page(raw))["Date"].startswith(said)


def test_as_sent_or_as_text(page: Print) -> None:
    whole = page(letter())
    assert "<p>as sent</p>" in whole and "as text" not in whole
    text = page(letter(), "--text")
    assert "as sent" not in text and "as text" in text
    plain = page(mail("x@else.example", text="1 < 2\n\n  as typed"))
    assert '<div style="white-space:pre-wrap" dir="auto">1 &lt; 2\n\n  as typed' in plain


class Fetched(HTMLParser):
    """What a page has that a browser runs or asks somebody for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.found += ["import"] * ("@import" in data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed", "form", "input", "video", "audio", "svg", "base"):
            self.found.append(tag)
        for name, value in attributes:
            is_fetched = name in ("src", "background", "srcset", "poster", "data") and not (value or "").startswith(
                "data:"
            )
            if is_fetched or name.startswith("on") or "url(" in (value or "").lower():
                self.found.append(f"{tag} {name}")
        if tag == "meta" and dict(attributes).get("http-equiv", "").lower() == "refresh":
            self.found.append("refresh")


HOSTILE = (
    "<script>alert(1)</script><p>rest",
    "<img src=https://spy.example/1.png><p>rest",
    "<style>@import 'https://spy.example/a.css'</style><p>rest",
    "<p style=\"background:url(https://spy.example)\">rest",
    "<meta http-equiv=refresh content='0;url=https://spy.example'><p>rest",
    "<link rel=stylesheet href=https://spy.example/a.css><p>rest",
    "<body onload=alert(1) background=https://spy.example/b.png><p>rest",
    "<iframe src=https://spy.example></iframe><p>rest",
    "<form action=https://spy.example><input name=a></form><p>rest",
    "</body></html><script>1</script><p>rest",
    "<base href=https://spy.example><p>rest",
    "<svg onload=alert(1)></svg><p>rest",
    "</table></div><!-- <p>rest",
)  # fmt: skip


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_runs_and_nobody_is_asked(html: str, page: Print) -> None:
    whole = page(letter(html))
    assert Fetched(whole).found == []
    assert whole.count("</body>") == whole.count("<body") == whole.count("</html>") == 1
    assert "default-src 'none'" in whole.partition("<title>")[0]
    assert "<!--" not in whole


def test_the_test_sees_what_is_fetched() -> None:
    assert all(Fetched(html).found for html in HOSTILE[:9])


@pytest.mark.parametrize("name", ["Subject", "From", "To", "Cc"])
def test_a_header_is_no_html(name: str, page: Print) -> None:
    raw = mail("x@else.example", msgid="1").replace(b"\n", b"\nX: y\n", 1)
    hostile = f'{name}: "</title></table><script>alert(1)</script>" <x@else.example>\n'.encode()
    raw = hostile + b"".join(line for line in raw.splitlines(True) if not line.startswith(f"{name}:".encode()))
    assert Fetched(page(raw)).found == []


def test_pictures_of_the_mail_are_in_the_page(page: Print) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "ada@firm.example", "anna@client.example"
    message.set_content("text")
    message.add_alternative('<p>see <img src="cid:one"></p>', subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<one>")  # type: ignore[index, union-attr]
    assert '<img src="data:image/png;base64,iVBORw==">' in page(message.as_bytes())


def test_secrets_are_masked(page: Print) -> None:
    for words in ((), ("--text",)):
        whole = page(letter(f"<p>{BCC['ada']}", Bcc=BCC["ada"]), *words)
        assert BCC["ada"].partition("@")[0] not in whole
    assert "***@log.firm.example" in page(letter(f"<p>{BCC['ada']}"))


def test_too_deep_is_its_text(page: Print) -> None:
    whole = page(letter("<b>" * 600 + "x"))
    assert frame.TOO_DEEP in whole
    assert "as text" in whole


def test_it_is_noted_who_had_it(page: Print, firm: Firm, capfd: pytest.CaptureFixture[str]) -> None:
    page(letter())
    settings_desk.put(firm.db, "read-log", "on")
    page(letter())
    run(["--db", firm.path, "reads", "--csv"])
    assert [line.rpartition(",")[2] for line in capfd.readouterr().out.splitlines()[1:]] == ["page"]


def test_a_place_out_of_sight_is_not_named(page: Print, firm: Firm, capfd: pytest.CaptureFixture[str]) -> None:
    anna = firm.contact("Anna", "anna@client.example")
    firm.case("Open", anna)
    firm.case("Walled", anna)
    done = receive(firm.db, letter(), Arrival(firm.ada, "pipe"))
    for number in (1, 2):
        links.add(firm.db, done.email_id, Place("case", number), user_id=None)
    firm.db.execute("UPDATE emails SET standing = 'linked'")
    firm.db.execute("UPDATE cases SET restricted = 1 WHERE id = 2")
    assert run(["--db", firm.path, "--as", "Carl", "email", "print", "1"]) == 0
    told = capfd.readouterr().out
    assert ("2026-101" in told, "Walled" in told) == (True, False)


def test_twice_the_html_takes_twice_the_time(firm: Firm) -> None:
    hidden = users.secrets(firm.db)
    assert is_linear(lambda raw: frame.inside(raw, hidden, ""), lambda n: letter("<p>word " * n), 2_000)
