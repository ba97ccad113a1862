"""What needs who looks, whom they ask about an e-mail, and what they may ask for by a click."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from casefleet_cli.desk import cases as case_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import notifications
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import paging, searching, server
from casefleet_cli.web.words import preview
from tests.firm import BCC, Firm, mail
from tests.web.conftest import Browser


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def asked(firm: Firm, user: int | None = None) -> Browser:
    return Browser(server.build(firm.path, user)).enter()


def unassigned(firm: Firm, subject: str, user: int | None = None, sender: str = "ada@firm.example") -> int:
    raw = mail(f"{subject.lower()}@else.example", subject=subject, sender=sender)
    return receive(firm.db, raw, Arrival(user or firm.ada, "pipe")).email_id


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.partition("<main")[2])).split())


def test_the_first_page_is_what_needs_who_looks_and_true_for_each(firm: Firm) -> None:
    assert "Nothing needs you." in text_of(asked(firm, firm.ada).ask("/").text)
    assert "Nothing waits" in text_of(asked(firm).ask("/").text)
    unassigned(firm, "Alpha")
    held = receive(
        firm.db, mail("x@else.example", sender="y@else.example", subject="Strange"), Arrival(firm.ada, "pipe")
    )
    notifications.add(firm.db, firm.ada, "exposed-address", email_id=1)
    ada, carl = (text_of(asked(firm, user).ask("/").text).partition("Lately")[0] for user in (firm.ada, firm.carl))
    assert "Of yours, to be assigned" in ada
    assert "Alpha" in ada
    assert "Held, for you to let in or reject" in ada
    assert f"casefleet release {held.email_id}" in ada
    assert "You were told" in ada
    assert "Nothing needs you. 1 e-mail of others waits to be assigned" in carl
    assert "Strange" not in carl
    machine = text_of(asked(firm).ask("/").text)
    assert "1 e-mail waits to be assigned" in machine
    assert "1 e-mail is held" in machine


def test_changes_that_stand_together_are_one_line_and_mail_is_none_of_it(firm: Firm) -> None:
    for number in range(3):
        case_desk.open_case(firm.db, f"Case {number}")
    unassigned(firm, "Alpha")
    page = asked(firm).ask("/").text
    assert "3 other changes" in page
    assert "to alpha@else.example" in text_of(page)
    assert "other changes" not in asked(firm).ask("/journal").text


def test_the_profile_is_one_s_own(firm: Firm) -> None:
    for user, name in ((firm.ada, "ada"), (firm.carl, "carl")):
        pages = asked(firm, user)
        page = pages.ask("/profile").text
        assert BCC[name] in page
        local, _, domain = BCC[name].partition("@")
        assert f"{local}+2026-104@{domain}" in page
        card = pages.ask("/profile/casefleet-bcc.vcf")
        assert f"EMAIL;TYPE=INTERNET:{BCC[name]}\r\n" in card.text
        assert card.headers["content-type"] == "text/vcard; charset=utf-8"
        assert pages.ask("/profile.json").json() == {
            "user": {"name": page_name(page), "role": "standard", "addresses": [f"{name}@firm.example"]}
        }
        other = BCC["carl" if name == "ada" else "ada"]
        assert other not in page
    assert asked(firm).ask("/profile").status_code == 404


def page_name(page: str) -> str:
    found = re.search("<h1>([^<]+)</h1>", page)
    assert found
    return found[1]


def test_what_waits_can_be_asked_for_what_is_one_s_own(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 1)
    for subject in ("Alpha", "Beta"):
        unassigned(firm, subject)
    unassigned(firm, "Gamma", firm.carl, "carl@firm.example")
    pages = asked(firm, firm.ada)
    found, address = [], "/unassigned.json?mine=1"
    while address:
        rows = pages.ask(address).json()
        found += [row["subject"] for row in rows["rows"]]
        address = rows["next"]
    assert found == ["Beta", "Alpha"]
    assert "All that you may see" in pages.ask("/unassigned").text
    lone = firm.user("Lone", "lone@firm.example", "lone-7k3mq9x2vt4hc8wnz@log.firm.example")
    assert "Nothing of yours waits here; 3 of others do." in text_of(asked(firm, lone).ask("/unassigned?mine=1").text)


def test_an_unassigned_email_has_its_candidates_and_one_without_any_says_so(firm: Firm) -> None:
    anna = firm.contact("Anna")
    for title in ("First", "Second"):
        firm.case(title, anna)
    receive(firm.db, mail("anna@client.example", subject="Several"), Arrival(firm.ada, "pipe"))
    unassigned(firm, "Nobody")
    text = text_of(asked(firm).ask("/unassigned").text)
    assert "casefleet link 1 --case 2026-101" in text
    assert "casefleet link 1 --case 2026-102" in text
    assert "Nothing is likely. casefleet link 2 --contact CONTACT --case NUMBER" in text


def test_notifications_can_be_asked_for_by_kind(firm: Firm) -> None:
    unassigned(firm, "Alpha")
    notifications.add(firm.db, firm.ada, "import-summary", detail="3 logged")
    pages = asked(firm, firm.ada)
    assert text_of(pages.ask("/notifications").text).count("no. ") == 2
    only = pages.ask("/notifications?kind=import-summary")
    assert text_of(only.text).count("no. ") == 1
    assert "3 logged" in only.text
    assert "Nothing of this kind." in pages.ask("/notifications?kind=<b>").text


def test_the_sender_is_linked_to_the_contact_or_to_the_command_that_adds_one(firm: Firm) -> None:
    contact = firm.contact("Anna")
    firm.case("Nguyen Trust", contact)
    known = mail("ada@firm.example", sender="Anna <ANNA@client.example>", subject="Known")
    new = mail("ada@firm.example", sender='"O\'Hara; rm -rf /" <new@else.example>', subject="New")
    for raw in (known, new, mail("anna@client.example", subject="Own")):
        receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    pages = asked(firm)
    command = "casefleet contact add 'O'\\''Hara; rm -rf /' --address 'new@else.example'"
    assert f'href="/contacts/{contact}"' in pages.ask("/emails/1").text.partition("<dt>To")[0]
    assert command in text_of(pages.ask("/emails/2").text)
    assert "contact add" not in pages.ask("/emails/1").text + pages.ask("/emails/3").text
    firm.role(firm.carl, "guest")
    firm.add("case_users", case_id=1, user_id=firm.carl)
    assert "contact add" not in asked(firm, firm.carl).ask("/emails/2").text


def test_who_may_see_a_case_is_told_to_colleagues_with_the_reason(firm: Firm) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    users = {role: firm.user(role.title(), f"{role}@firm.example", f"{role}-7k3mq9x2vt4hc8wnp@log.firm.example")
             for role in ("admin", "limited", "guest")}  # fmt: skip
    for role, number in users.items():
        firm.role(number, role)
    firm.add("case_users", case_id=case, user_id=users["limited"])
    rows = asked(firm, firm.carl).ask("/cases/1/viewers.json").json()["rows"]
    assert {row["name"]: row["why"] for row in rows} == {
        "Ada Berg": "Standard users see the cases of the firm.",
        "Carl Diaz": "Standard users see the cases of the firm.",
        "Admin": "Admins see everything.",
        "Limited": "On this case.",
    }
    assert 'href="/cases/1/viewers"' in asked(firm, firm.carl).ask("/cases/1").text
    assert asked(firm, users["limited"]).ask("/cases/1/viewers").status_code == 404
    assert "viewers" not in asked(firm, users["limited"]).ask("/cases/1").text
    firm.db.execute("UPDATE cases SET restricted = 1")
    assert asked(firm, firm.carl).ask("/cases/1/viewers").status_code == 404
    told = [row["name"] for row in asked(firm, users["admin"]).ask("/cases/1/viewers.json").json()["rows"]]
    assert told == ["Admin", "Limited"]


def test_who_may_see_an_email_is_told_to_colleagues_with_the_reason(firm: Firm) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    users = {role: firm.user(role.title(), f"{role}@firm.example", f"{role}-7k3mq9x2vt4hc8wnp@log.firm.example")
             for role in ("admin", "limited", "guest", "gone")}  # fmt: skip
    for role in ("admin", "limited", "guest"):
        firm.role(users[role], role)
    firm.db.execute("UPDATE users SET disabled_at = created_at WHERE id = ?", (users["gone"],))
    firm.add("case_users", case_id=case, user_id=users["limited"])
    receive(firm.db, mail("anna@client.example"), Arrival(firm.ada, "pipe"))
    rows = asked(firm, firm.carl).ask("/emails/1/viewers.json").json()["rows"]
    assert {row["name"]: row["why"] for row in rows} == {
        "Ada Berg": "It was logged for them.",
        "Carl Diaz": "Standard users see the mail of the firm.",
        "Admin": "Admins see everything.",
        "Limited": "On case 2026-101.",
    }
    assert asked(firm, users["limited"]).ask("/emails/1/viewers").status_code == 404
    firm.db.execute("UPDATE cases SET restricted = 1")
    told = {row["name"] for row in asked(firm).ask("/emails/1/viewers.json").json()["rows"]}
    for name, number in (
        ("Ada Berg", firm.ada),
        ("Carl Diaz", firm.carl),
        ("Admin", users["admin"]),
        ("Limited", users["limited"]),
    ):
        sees = asked(firm, number).ask("/emails/1").status_code == 200
        assert sees == (name in told), name


def test_the_journal_is_for_admins(firm: Firm) -> None:
    firm.role(firm.ada, "admin")
    assert asked(firm, firm.ada).ask("/journal").status_code == 200
    assert 'href="/journal"' in asked(firm, firm.ada).ask("/").text
    for role in ("standard", "limited", "guest"):
        firm.role(firm.carl, role)
        assert asked(firm, firm.carl).ask("/journal").status_code == 404
        assert 'href="/journal"' not in asked(firm, firm.carl).ask("/").text


def test_found_mail_stands_by_its_date_and_very_much_by_its_number(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    for subject, day in (("Second", "02 Nov 2019"), ("Last", "02 Nov 2026"), ("First", "01 Nov 2009")):
        raw = mail("x@else.example", subject=subject).replace(b"Mon, 02 Nov 2026", day.encode())
        receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)

    def found(pages: Browser) -> list[str]:
        subjects, address = [], "/search.json?q=court"
        while address:
            answer = pages.ask(address).json()
            subjects += [row["subject"] for row in answer["rows"]]
            address = answer["next"]
        return subjects

    assert found(asked(firm)) == ["Last", "Second", "First"]
    monkeypatch.setattr(paging, "CAP", 3)
    assert found(asked(firm)) == ["First", "Last", "Second"]
    assert "in the order they were logged" in asked(firm).ask("/search?q=court").text


def test_chips_add_and_take_a_term(firm: Firm) -> None:
    unassigned(firm, "Alpha")
    page = asked(firm).ask("/search?q=court+is:unassigned").text
    assert '/search?q=court%20is%3Aunassigned%20has%3Aattachment"' in page
    assert '/search?q=court" aria-current="true">Unassigned' in page
    assert all(chip.query for chip in searching.chips("court"))
    examples = re.findall(r'href="(/search\?q=[^"]+)"', asked(firm).ask("/search").text)
    assert len(examples) > 9
    for address in examples:
        answer = asked(firm).ask(html.unescape(address))
        assert answer.status_code == 200
        assert "cannot" not in text_of(answer.text), address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Dear Anna,\n\n> old\n>> older\nsee you.", "Dear Anna, see you."),
        ("See below.\n-----Original Message-----\nFrom: Bob <b@x.example>\nSent: Monday\nTo: Ada\nSubject: Deed\n\nHere.", "See below. Here."),
        ("Danke!\n\nAm 12.03.2024 um 10:00 schrieb Bob <b@x.example>:\n> alt", "Danke!"),
        ("________________\nVon: Bob\nGesendet: Montag\nAn: Ada\nBetreff: Urkunde\n\nHier.", "Hier."),
        ("=====\n* * *\nOnly this", "Only this"),
        ("Note: bring the deed", "Note: bring the deed"),
        ("The hearing is at 10:00, bring:", "The hearing is at 10:00, bring:"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_preview_leaves_out_what_mail_programs_write_around_quotes(text: str, shown: str) -> None:
    assert preview(text) == shown


@pytest.mark.parametrize(
    ("query", "is_there"), [("", False), ("before:twelfth", False), ("court", True), ("zebra", True)]
)
def test_only_an_answer_is_there_for_programs_too(firm: Firm, query: str, is_there: bool) -> None:
    assert ("Also as" in asked(firm).ask(f"/search?q={query}").text) == is_there
