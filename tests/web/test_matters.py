"""Cases, leads and contacts: their mail by its own moment, whose it is, their journal and files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casefleet_cli.core.address import normal
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.custody import rekeying
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import correspondence, database
from casefleet_cli.store.correspondence import TOP, Spot
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.sight import EVERYTHING
from casefleet_cli.web import paging, server
from tests import schemas
from tests.firm import Firm, mail
from tests.web.conftest import Browser


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def dated(day: str, subject: str, to: str = "anna@client.example", **more: str) -> bytes:
    """A mail of a day like "02 Nov 2019"."""
    raw = mail(to, subject=subject, msgid=subject, **more)
    return raw.replace(b"Mon, 02 Nov 2026", day.encode())


def log(firm: Firm, raw: bytes, source: str = "eml", **how: object) -> int:
    return receive(firm.db, raw, Arrival(firm.ada, source, **how), vouched=True).email_id  # type: ignore[arg-type]


def subjects(text: str) -> list[str]:
    return re.findall(r'<h3><a href="/emails/\d+"><bdi>([^<]+)', text)


def asked(firm: Firm, user: int | None = None) -> Browser:
    return Browser(server.build(firm.path, user)).enter()


def test_a_case_lists_its_mail_by_the_mail_s_own_moment(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    for day, subject in (("02 Nov 2019", "Second"), ("02 Nov 2026", "Last"), ("01 Nov 2009", "First")):
        log(firm, dated(day, subject))
    log(firm, dated("02 Nov 2026", "Dateless").replace(b"\nDate:", b"\nX-Date:"))
    pages = asked(firm)
    assert subjects(pages.ask("/cases/1").text) == ["Dateless", "Last", "Second", "First"]
    journal = pages.ask("/cases/1/journal").text
    assert subjects(journal) == ["Dateless", "First", "Last", "Second"]
    assert 'aria-current="page">Journal</a>' in journal
    assert [row["subject"] for row in pages.ask("/cases/1.json").json()["rows"]][1:] == ["Last", "Second", "First"]


def test_pages_of_a_case_have_each_mail_once(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 3)
    firm.case("Nguyen Trust", firm.contact("Anna"))
    for number in range(8):
        log(firm, dated("02 Nov 2019" if number % 2 else "02 Nov 2026", f"No {number}"))
    pages, address, seen = asked(firm), "/cases/1", []
    for _ in range(9):
        text = pages.ask(address).text
        seen += subjects(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if not following:
            break
        address = following[1]
    assert seen == [f"No {number}" for number in (6, 4, 2, 0, 7, 5, 3, 1)]


@pytest.mark.parametrize("before", ["x", "1", "1.", ".1", "9" * 40 + ".1", "1.1.1", "-1.-1", "٣.1"])
def test_a_place_in_a_list_that_is_none_is_the_top(firm: Firm, before: str) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    log(firm, dated("02 Nov 2019", "Only"))
    assert subjects(asked(firm).ask(f"/cases/1?before={before}").text) == ["Only"]


def test_in_and_out_are_told_by_the_firm_s_own_addresses(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    log(firm, dated("02 Nov 2019", "Sent", sender="Ada <ADA@firm.example>"))
    got = dated("03 Nov 2019", "Got", "ada@firm.example", sender="Anna <anna@client.example>")
    link_desk.link(firm.db, log(firm, got), contacts=(1,), places=(Place("case", 1),))
    rows = asked(firm).ask("/cases/1.json").json()["rows"]
    assert [(row["subject"], row["direction"]) for row in rows] == [("Got", "in"), ("Sent", "out")]
    text = asked(firm).ask("/cases/1").text
    assert re.findall(r'<span class="way (\w+)">(\w+)</span>', text) == [("in", "In"), ("out", "Out")]


def test_a_case_has_the_mail_of_the_lead_it_was_on_its_page_in_its_count_and_in_searches(firm: Firm) -> None:
    lead = firm.lead("Nguyen", firm.contact("Anna"))
    log(firm, dated("02 Nov 2019", "Early"))
    lead_desk.convert(firm.db, lead, number="2026-104", title="Nguyen Trust")
    pages = asked(firm)
    text = pages.ask("/cases/1").text
    assert subjects(text) == ["Early"]
    assert "1 e-mail" in re.sub("<[^>]+>", "", text)
    assert "1 e-mail" in pages.ask("/cases").text
    for query in ("case:2026-104", "case:2026-104 -nothing", "case:2026-104 OR from:nobody"):
        assert [row["subject"] for row in pages.ask(f"/search.json?q={query}").json()["rows"]] == ["Early"], query
    found = pages.ask("/search.json?in=case:2026-104&q=court").json()["rows"]
    assert [row["subject"] for row in found] == ["Early"]
    assert pages.ask("/search.json?in=case:2026-104&q=zebra").json()["rows"] == []


def test_a_contact_has_all_mail_of_its_addresses_linked_or_not(firm: Firm) -> None:
    contact = firm.contact("Anna")
    other = firm.contact("Bert")
    log(firm, dated("02 Nov 2019", "To", "Anna <ANNA@client.example>"))
    log(firm, dated("03 Nov 2019", "From", "ada@firm.example", sender="anna@client.example"))
    log(firm, dated("04 Nov 2019", "Copied", "x@else.example", cc="anna@client.example, bert@client.example"))
    log(firm, dated("05 Nov 2019", "Later", "new@client.example"))
    pages = asked(firm)
    assert subjects(pages.ask(f"/contacts/{contact}").text) == ["Copied", "From", "To"]
    assert subjects(pages.ask(f"/contacts/{other}").text) == ["Copied"]
    contact_desk.edit(firm.db, contact, add_addresses=["new@client.example"])
    assert subjects(pages.ask(f"/contacts/{contact}").text) == ["Later", "Copied", "From", "To"]


def test_held_and_rejected_mail_of_others_is_on_no_contact_page(firm: Firm) -> None:
    contact = firm.contact("Anna")
    receive(firm.db, dated("02 Nov 2019", "Strange", sender="x@else.example"), Arrival(firm.ada, "pipe"))
    assert firm.one("SELECT standing FROM emails") == "held"
    assert subjects(asked(firm, firm.carl).ask(f"/contacts/{contact}").text) == []
    assert subjects(asked(firm, firm.ada).ask(f"/contacts/{contact}").text) == ["Strange"]
    firm.db.execute("UPDATE emails SET standing = 'rejected'")
    assert subjects(asked(firm, firm.ada).ask(f"/contacts/{contact}").text) == []


def test_the_files_of_a_case_stand_with_their_mail(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    for day, name in (("02 Nov 2026", "deed.pdf"), ("02 Nov 2009", "../will.pdf")):
        log(firm, with_file(dated(day, f"With {name}"), name))
    log(firm, dated("02 Nov 2020", "Without"))
    pages = asked(firm)
    text = pages.ask("/cases/1/attachments").text
    assert re.findall(r"<bdi>(\w+\.pdf)</bdi>", text) == ["deed.pdf", "will.pdf"]
    assert "Without" not in text
    rows = pages.ask("/cases/1/attachments.json").json()["rows"]
    assert [[file["filename"] for file in row["files"]] for row in rows] == [["deed.pdf"], ["will.pdf"]]
    file = re.search(r'href="(/emails/1/attachments/\d+)"', text)
    assert file is not None
    assert pages.ask(file[1]).content == b"x"


def with_file(raw: bytes, name: str) -> bytes:
    head, _, text = raw.partition(b"\n\n")
    lines = [line for line in head.split(b"\n") if not line.lower().startswith((b"content-", b"mime-"))]
    disposition = f'Content-Disposition: attachment; filename="{name}"'.encode()
    return b"\n".join(
        [*lines, b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="B"', b"", b"--B", b"", text, b"--B",
         b"Content-Type: application/pdf", disposition, b"", b"x", b"--B--", b""]
    )  # fmt: skip


def test_a_chart_counts_each_week_and_has_a_table(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    for number, day in enumerate(
        ("05 Oct 2026", "11 Oct 2026", "12 Oct 2026", "26 Oct 2026", "01 Jan 2001", "01 Jan 2099")
    ):
        log(firm, dated(day, f"No {number}"))
    text = asked(firm).ask("/cases/1").text
    assert text.count("<rect ") == 3
    assert 'aria-label="4 e-mails in 4 weeks, 2 in the fullest"' in text
    cells = re.findall(r"<tr><td>([^<]+)</td><td>(\d+)</td></tr>", text)
    assert cells == [("26 October 2026", "1"), ("12 October 2026", "1"), ("5 October 2026", "2")]
    assert "style=" not in text


def test_no_chart_counts_what_is_out_of_sight(firm: Firm) -> None:
    mine, wall = firm.case("Mine", firm.contact("Anna")), firm.case("Wall", firm.contact("Bert"))
    for number, day in enumerate(("05 Oct 2026", "12 Oct 2026", "26 Oct 2026")):
        log(firm, dated(day, f"No {number}"))
    firm.role(firm.carl, "limited")
    assert asked(firm, firm.carl).ask(f"/cases/{mine}").status_code == 404
    firm.add("case_users", case_id=mine, user_id=firm.carl)
    assert "<rect " in asked(firm, firm.carl).ask(f"/cases/{mine}").text
    for page in ("", "/journal", "/attachments"):
        assert asked(firm, firm.carl).ask(f"/cases/{wall}{page}").status_code == 404


def test_lists_of_what_waits_stand_by_the_date_they_show(firm: Firm) -> None:
    for day, subject in (("02 Nov 2019", "Second"), ("02 Nov 2026", "Last"), ("01 Nov 2009", "First")):
        log(firm, dated(day, subject, "x@else.example"))
    text = asked(firm).ask("/unassigned").text
    assert re.findall(r'<h2 class="title"><a href="/emails/\d+"><bdi>([^<]+)', text) == ["Last", "Second", "First"]


def in_order(firm: Firm) -> None:
    """What lists are read from is what the mail says."""
    wanted, moments = set(), {}
    for number, at, sender in firm.all(f"SELECT id, {correspondence.SORTS_AT}, from_address FROM emails"):
        moments[number] = at
        people = [
            sender,
            *(row[0] for row in firm.all("SELECT address FROM email_recipients WHERE email_id = ?", number)),
        ]
        wanted |= {(normal(address), at, number) for address in people if address}
    assert set(firm.all("SELECT * FROM email_addresses")) == wanted
    for table in ("email_cases", "email_leads", "email_contacts"):
        for number, at in firm.all(f"SELECT email_id, sorts_at FROM {table}"):
            assert moments[number] == at, table


def test_lists_follow_when_mail_is_read_anew_or_another_copy_comes(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = dated("02 Nov 2019", "Hearing")
    log(firm, raw)
    log(firm, raw.replace(b"\nSubject:", b"\nBcc: hidden@client.example\nSubject:"), "mbox")
    in_order(firm)
    assert ("hidden@client.example",) in firm.all("SELECT address FROM email_addresses")
    firm.db.execute("UPDATE emails SET sent_at = '2001-01-01T00:00:00Z', from_address = 'old@else.example'")
    firm.db.execute("DELETE FROM email_addresses")
    correspondence.note_anew(firm.db, 1)
    in_order(firm)
    firm.db.execute("PRAGMA foreign_keys = 0")
    firm.db.execute("INSERT INTO recomputations (name) VALUES ('0013_rekeying')")
    assert rekeying.migrate(firm.db) == ["0013_reading"]
    in_order(firm)
    assert firm.one("SELECT sent_at FROM emails") == "2019-11-02T08:30:00Z"


@pytest.mark.parametrize("form", schemas.LATER)
def test_the_mail_of_an_earlier_schema_is_put_in_order(tmp_path: Path, form: str) -> None:
    firm = object.__new__(Firm)
    firm.db = database.open_database(schemas.later(tmp_path, form), migrating=True)
    rekeying.migrate(firm.db)
    assert firm.count("email_addresses") > 0
    in_order(firm)


def test_a_list_is_read_from_its_index_whatever_its_length(firm: Firm) -> None:
    """No temporary B-tree sorts, and no row is looked at but those that the page shows."""
    firm.case("Nguyen Trust", firm.contact("Anna"))
    for source in (("email_cases", "case_id", 1), ("email_addresses", "address", "anna@client.example")):
        plans: list[str] = []

        def trace(statement: str, plans: list[str] = plans) -> None:
            if statement.startswith("SELECT l.sorts_at"):
                plans.append(statement)

        firm.db.set_trace_callback(trace)
        correspondence.newest(firm.db, EVERYTHING, [source], Spot(5, 5), 3)
        firm.db.set_trace_callback(None)
        (statement,) = plans
        plan = " ".join(row[3] for row in firm.all(f"EXPLAIN QUERY PLAN {statement}"))
        assert "TEMP B-TREE" not in plan
        assert "(sorts_at,email_id)<(?,?)" in plan.replace(" ", ""), plan
    assert correspondence.newest(firm.db, EVERYTHING, [("email_cases", "case_id", 1)], TOP, 3) == []


def test_lists_of_cases_leads_and_contacts_have_the_latest_mail_beside(firm: Firm) -> None:
    anna = firm.contact("Anna")
    firm.case("Nguyen Trust", anna)
    lead = firm.lead("Sato", firm.contact("Ken"))
    firm.db.execute("UPDATE leads SET stage = 'first call' WHERE id = ?", (lead,))
    firm.lead("Lost one", firm.contact("Bert"), status="lost")
    for day, subject, to in (
        ("02 Nov 2019", "Later", "anna"),
        ("02 Nov 2009", "Earlier", "anna"),
        ("03 Nov 2019", "Offer", "ken"),
    ):
        log(firm, dated(day, subject, f"{to}@client.example"))
    pages = asked(firm)
    for address, latest in (("/cases", {"Nguyen Trust": "Later"}), ("/leads", {"Sato": "Offer", "Lost one": None}),
                            ("/contacts", {"Anna": "Later", "Ken": "Offer", "Bert": None})):  # fmt: skip
        rows = pages.ask(f"{address}.json").json()["rows"]
        told = {row.get("title") or row["name"]: row["latest"] and row["latest"]["subject"] for row in rows}
        assert told == latest, address
        text = pages.ask(address).text
        assert all(subject in text for subject in latest.values() if subject), address
    assert re.findall(r'<h2 class="group">([^<]+?) *<', pages.ask("/leads").text) == [
        "First call",
        "Converted and lost",
    ]


def test_no_latest_mail_is_out_of_sight(firm: Firm) -> None:
    contact = firm.contact("Anna")
    case = firm.case("Mine", contact)
    log(firm, dated("02 Nov 2009", "Filed"))
    firm.db.execute("UPDATE cases SET restricted = 1 WHERE id = ?", (case,))
    rows = asked(firm, firm.carl).ask("/contacts.json").json()["rows"]
    assert [(row["name"], row["latest"]) for row in rows] == [("Anna", None)]
