"""Mail that passes for somebody else's: every list shows the true address, and `email show` says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import server
from tests.firm import Firm, mail
from tests.web.conftest import Browser

Ask = Callable[..., str]


def arrived(firm: Firm, sender: str, subject: str, source: str = "mbox", to: str = "") -> int:
    """The number of a mail that an archive had (so that it is not held), or that came in by pipe."""
    raw = mail(
        to or "ada@firm.example", sender="a@b.example", subject="x", text="Hello.", msgid=str(abs(hash(subject)))
    )
    raw = raw.replace(b"From: a@b.example\n", f"From: {sender}\n".encode()).replace(
        b"Subject: x\n", f"Subject: {subject}\n".encode()
    )
    return receive(firm.db, raw, Arrival(firm.ada, source), vouched=source == "mbox").email_id


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """One mail of each kind: 1 to 7 unassigned, 8 held, 9 held and with nothing suspicious."""
    made = Firm(tmp_path)
    contact_desk.add(made.db, "Müller, Anna", ["anna@client.example"], acting=None)
    numbers = [
        arrived(made, "Eve Else <eve@else.example>", "Ordinary"),
        arrived(made, '"ada@firm.example" <x1@evil.example>', "Address"),
        arrived(made, "Ada Berg <x2@evil.example>", "Name"),
        arrived(made, "Аda Bеrg <x3@evil.example>", "Homograph"),
        arrived(made, "Anna Muller <x4@evil.example>", "Contact"),
        arrived(made, "Eve\u200b Else <x5@evil.example>", "Hidden name"),
        arrived(made, "Eve Else <eve@else.example>", "In\u00advo\u200bice"),
        arrived(made, "Ada Berg <x8@evil.example>", "Held", "pipe"),
        arrived(made, "Grace Okafor <grace@else.example>", "Stranger", "pipe"),
    ]
    assert numbers == list(range(1, 10))
    return made


@pytest.fixture
def ask(firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("COLUMNS", "300")

    def asked(*words: str) -> str:
        assert run(["--db", firm.path, *words]) == 0
        return capsys.readouterr().out

    return asked


SHOWN = {
    1: "Eve Else",
    2: '! x1@evil.example ("ada@firm.example")',
    3: '! x2@evil.example ("Ada Berg")',
    4: '! x3@evil.example ("Аda Bеrg")',
    5: '! x4@evil.example ("Anna Muller")',
    6: '! x5@evil.example ("Eve Else")',
    7: "Eve Else",
    8: '! x8@evil.example ("Ada Berg")',
    9: 'grace@else.example ("Grace Okafor")',
}
REASONS = {
    1: [],
    2: ["address-in-name"],
    3: ["name-of-user"],
    4: ["looks-like-user", "mixed-scripts"],
    5: ["name-of-contact"],
    6: ["hidden-letters"],
    7: ["hidden-letters"],
    8: ["name-of-user"],
    9: [],
}
LISTS = (("email", "list"), ("unassigned",), ("search", "is:unassigned OR is:held"))


@pytest.mark.parametrize("words", LISTS)
def test_a_list_shows_the_true_address_of_who_deceives(ask: Ask, words: tuple[str, ...]) -> None:
    lines = {int(line.split()[0]): line for line in ask(*words).splitlines() if line.split()[0].isdigit()}
    assert set(lines) >= set(range(1, 8))
    for number, line in lines.items():
        assert SHOWN[number] in line
        assert line.count("! ") == bool(REASONS[number]), line
    assert "! Invoice" in lines[7]


@pytest.mark.parametrize("words", LISTS)
def test_programs_get_the_reasons(ask: Ask, words: tuple[str, ...]) -> None:
    rows = {row["id"]: row for row in json.loads(ask(*words, "--json"))}
    assert {number: row["suspicious"] for number, row in rows.items()} == {n: REASONS[n] for n in rows}
    assert rows[4]["from_name"] == "Аda Bеrg"  # as it came
    assert rows[7]["subject"] == "In\u00advo\u200bice"
    assert "looks-like-user; mixed-scripts" in ask(*words, "--csv")


def test_a_long_address_keeps_its_end(firm: Firm, ask: Ask) -> None:
    address = f"ada-{'x' * 60}@firm.example.{'y' * 60}.evil.example"
    number = arrived(firm, f"Ada Berg <{address}>", "Long")
    (line,) = [line for line in ask("email", "list").splitlines() if line.split()[0] == str(number)]
    assert f'! ada-{"x" * 15}…@…{"y" * 26}.evil.example ("Ada Berg")' in line
    assert f'{address} ("Ada Berg")' in ask("email", "show", str(number))


def test_feed_and_notifications_mark_the_subject(ask: Ask) -> None:
    for words in (("feed", "--all"), ("notifications",)):
        assert "! Invoice" in ask(*words)
        assert ask(*words).count("! ") == 1
        rows = {row["email_id"]: row["suspicious"] for row in json.loads(ask(*words, "--json")) if row["email_id"]}
        assert rows == {number: reasons for number, reasons in REASONS.items() if number in rows}
        assert 7 in rows


def test_the_plan_of_a_link_shows_it_too(firm: Firm, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.case("Trust")
    told = ask("link", "--from", "evil.example", "--case", "2026-101", "--contact", "1", "--yes")
    assert SHOWN[3] in told


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        (2, ['From: x1@evil.example ("ada@firm.example")', "Beware: The name in From holds another address, ada@firm.example; the true one is x1@evil.example."]),
        (3, ['From: x2@evil.example ("Ada Berg")', "Beware: The name in From is that of the user Ada Berg, but x2@evil.example is none of theirs."]),
        (4, ["The name in From looks like that of the user Ada Berg,", "The name in From mixes alphabets whose letters look alike."]),
        (5, ["The name in From is that of the contact Müller, Anna, but x4@evil.example is none of theirs."]),
        (6, ['From: x5@evil.example ("Eve Else")', "Beware: The name in From holds letters that nobody sees."]),
        (7, ["Subject: Invoice\n", "From: Eve Else <eve@else.example>\n", "Beware: The subject holds letters that nobody sees."]),
        (9, ['From: grace@else.example ("Grace Okafor")']),
    ],
)  # fmt: skip
def test_email_show_says_what_deceives(ask: Ask, number: int, lines: list[str]) -> None:
    told = ask("email", "show", str(number))
    for line in lines:
        assert f"{line.strip()} " in " ".join(told.split())
    found = json.loads(ask("email", "show", str(number), "--json"))["suspicions"]
    assert [one["reason"] for one in found] == REASONS[number]
    assert all(one["sentence"] in told and one["field"] in ("from", "subject") for one in found)
    assert ("Beware" in told) == bool(found)


def test_contacts_out_of_sight_are_not_named(firm: Firm, ask: Ask) -> None:
    firm.role(firm.carl, "limited")
    case = firm.case("Trust")
    firm.add("case_users", case_id=case, user_id=firm.carl)
    firm.add("email_cases", email_id=5, case_id=case, linked_by="person", linked_at="2026-01-01T00:00:00Z")
    firm.add("email_cases", email_id=3, case_id=case, linked_by="person", linked_at="2026-01-01T00:00:00Z")
    rows = {
        row["id"]: row["suspicious"] for row in json.loads(ask("--as", "carl@firm.example", "email", "list", "--json"))
    }
    assert rows == {5: [], 3: ["name-of-user"]}
    assert "Anna Muller <x4@evil.example>" in ask("--as", "carl@firm.example", "email", "show", "5")


def test_a_new_name_of_a_contact_counts_at_once(firm: Firm, ask: Ask) -> None:
    assert run(["--db", firm.path, "contact", "edit", "1", "--name", "Eve Else"]) == 0
    ask("email", "list")
    rows = {row["id"]: row["suspicious"] for row in json.loads(ask("email", "list", "--json"))}
    assert (rows[1], rows[5]) == (["name-of-contact"], [])


def test_recipients_forwards_and_alternatives_are_looked_at(firm: Firm, ask: Ask, tmp_path: Path) -> None:
    raw = (
        "From: Eve Else <eve@else.example>\nTo: ada@firm.example, Anna Müller <x9@evil.example>\nSubject: Fwd: Trust\n"
        "Date: Mon, 02 Nov 2026 09:30:00 +0100\nMessage-ID: <f@else.example>\n"
        "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
        "---------- Forwarded message ---------\nFrom: Ada Berg <y@evil.example>\nDate: Mon, 2 Nov 2026 at 09:00\nSubject: Trust\n"
        "To: Eve Else <eve@else.example>\n\nThe hearing is moved to Tuesday afternoon.\n--b\nContent-Type: text/html; charset=utf-8\n\n"
        "<p>Please transfer 5,000 EUR to our new account DE89 3704 0044.</p>\n--b--\n"
    ).encode()
    number = receive(firm.db, raw, Arrival(firm.ada, "mbox"), vouched=True).email_id
    found = json.loads(ask("email", "show", str(number), "--json"))["suspicions"]
    assert [(one["reason"], one["field"]) for one in found] == [
        ("alternatives-differ", "text"),
        ("name-of-user", "forward"),
        ("name-of-contact", "to"),
    ]
    assert "Its text and its HTML say different things" in ask("email", "show", str(number))
    (tmp_path / "x.eml").write_bytes(
        raw.replace(b"Eve Else <eve@else.example>\nTo", b'"ada@firm.example" <eve@else.example>\nTo')
    )
    answer = json.loads(ask("inspect", str(tmp_path / "x.eml")))
    assert [one["reason"] for one in answer["suspicions"]] == ["address-in-name", "alternatives-differ"]
    assert "alternatives-differ" in answer["defects"]


@pytest.mark.parametrize("page", ["/unassigned", "/held", "/search?q=-nothing", "/", "/notifications"])
def test_pages_show_the_true_address_and_a_mark(firm: Firm, page: str) -> None:
    firm.db.commit()
    text = Browser(server.build(firm.path)).enter().ask(page).text
    mark = '<span class="state beware" title="{}">look twice</span>'
    if page in ("/unassigned", "/", "/search?q=-nothing"):
        assert '<bdi><span class="address">x1@evil.example</span> <q>ada@firm.example</q></bdi> ' + mark.format(
            "the name holds another address") in text  # fmt: skip
        assert '<span class="address">x3@evil.example</span> <q>Аda Bеrg</q>' in text
        assert "<bdi>Eve Else</bdi>" in text
    if page in ("/held", "/"):
        assert '<span class="address">x8@evil.example</span> <q>Ada Berg</q>' in text
        assert '<span class="address">grace@else.example</span> <q>Grace Okafor</q>' in text
    if page != "/held":
        assert "<bdi>Invoice</bdi></a> " + mark.format("it holds letters that nobody sees") in text
    for name in ("<bdi>ada@firm.example</bdi>", "<bdi>Аda Bеrg</bdi>", "\u200b", "\u00ad"):
        assert name not in text.replace(" to <bdi>ada@firm.example</bdi>", "")


def test_the_page_of_an_email_says_the_whole_sentence(firm: Firm) -> None:
    firm.db.commit()
    browser = Browser(server.build(firm.path)).enter()
    text = browser.ask("/emails/3").text
    assert "<li>The name in From is that of the user Ada Berg, but x2@evil.example is none of theirs.</li>" in text
    assert '<dd><bdi><span class="address">x2@evil.example</span> <q>Ada Berg</q></bdi></dd>' in text
    assert 'class="strip beware"' not in browser.ask("/emails/1").text
    assert (
        '<dd><bdi><span class="address">grace@else.example</span> <q>Grace Okafor</q></bdi></dd>'
        in browser.ask("/emails/9").text
    )


def test_a_deceiving_recipient_is_shown_by_its_address_on_pages(firm: Firm) -> None:
    arrived(firm, "Eve Else <eve@else.example>", "Cc", to="Ada Berg <z@evil.example>, Carl <carl@firm.example>")
    text = Browser(server.build(firm.path)).enter().ask("/unassigned").text
    assert ' to <bdi><span class="address">z@evil.example</span> <q>Ada Berg</q></bdi>, <bdi>Carl</bdi>' in text
