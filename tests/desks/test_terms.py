"""An archive brought in on other terms: only kept, or judged by what was open when a mail was sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.cli import progress
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.store import deliveries, imports
from casefleet_cli.store.history import History
from tests.firm import DAYS, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def sent(folder: Path, *dates: str) -> Path:
    """An mbox of mails to Anna of these dates; "" for none."""
    path = folder / "sent.mbox"
    raws = []
    for number, date in enumerate(dates):
        raw = mail("anna@client.example", text=f"number {number}", msgid=f"{number}")
        line = f"Date: {date}\n".encode() if date else b""
        raws.append(raw.replace(b"Date: Mon, 02 Nov 2026 09:30:00 +0100\n", line))
    path.write_bytes(b"".join(b"From a@b.example Mon May  3 10:00:00 2010\n" + raw + b"\n" for raw in raws))
    return path


def filed(firm: Firm) -> dict[int, int]:
    """Case by number of the mail."""
    rows = firm.all("SELECT e.text, l.case_id FROM emails AS e JOIN email_cases AS l ON l.email_id = e.id")
    return {int(text.split()[1]): case_id for text, case_id in rows}


def test_kept_only(firm: Firm, tmp_path: Path) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    summary = archive.run(
        firm.db, [sent(tmp_path, "1 Mar 2015 10:00 +0000")], terms=archive.Terms(is_routed=False), jobs=1
    )
    assert summary.counts["unassigned"] == 1
    assert firm.all("SELECT outcome, reason, verdicts FROM decisions") == [("unassigned", "not-routed", "[]")]
    assert firm.count("email_contacts") == 1
    (told,) = deliveries.decisions(firm.db, 1)
    assert "without asking the rules" in " ".join(sentences(told, DAYS))
    assert next(imports.listed(firm.db))["options"] == {"route": "none"}
    # Routing it later by another import would be a second decision about the same mail: people link it instead.
    assert archive.run(firm.db, [sent(tmp_path, "1 Mar 2015 10:00 +0000")]).counts["duplicate"] == 1


def test_what_was_open_then_counts(firm: Firm, tmp_path: Path) -> None:
    anna = firm.contact("Anna")
    old = case_desk.open_case(firm.db, "Old", contacts=[anna], on="2010-01-01T00:00:00Z")["id"]
    case_desk.close(firm.db, old, on="2014-12-31T00:00:00Z")
    new = case_desk.open_case(firm.db, "New", contacts=[anna], on="2014-06-01T00:00:00Z")["id"]
    path = sent(tmp_path, "1 Mar 2009 10:00 +0000", "1 Mar 2012 10:00 +0000", "1 Aug 2014 10:00 +0000",
                "1 Mar 2015 10:00 +0000", "")  # fmt: skip
    rehearsed = archive.run(firm.db, [path], terms=archive.Terms(as_of_sent=True), dry_run=True).counts
    counts = archive.run(firm.db, [path], terms=archive.Terms(as_of_sent=True)).counts
    assert counts == rehearsed
    assert filed(firm) == {1: old, 3: new, 4: old}
    reasons = firm.all(
        "SELECT d.as_of, v.value ->> 'reason' FROM decisions AS d, json_each(verdicts) AS v ORDER BY d.id"
    )
    assert reasons == [
        ("2009-03-01T10:00:00Z", "nothing-open"),
        ("2012-03-01T10:00:00Z", None),
        ("2014-08-01T10:00:00Z", "several-open-cases"),
        ("2015-03-01T10:00:00Z", None),
        ("2010-05-03T10:00:00Z", None),  # no Date: its From_ line says
    ]
    (told,) = deliveries.decisions(firm.db, 2)
    assert "What counted is what was open on 2012-03-01" in " ".join(sentences(told, DAYS))


def test_row_32_what_nothing_dates_is_not_filed_by_what_was_open_then(firm: Firm, tmp_path: Path) -> None:
    case = case_desk.open_case(firm.db, "Old", contacts=[firm.contact("Anna")], on="2010-01-01T00:00:00Z")["id"]
    raw = mail("anna@client.example").replace(b"Date: Mon, 02 Nov 2026 09:30:00 +0100\n", b"")
    (tmp_path / "a.eml").write_bytes(raw)
    counts = archive.run(firm.db, [tmp_path / "a.eml"], terms=archive.Terms(as_of_sent=True)).counts
    assert (counts["unassigned"], firm.one("SELECT reason FROM decisions")) == (1, "no-date")
    assert firm.one("SELECT contact_id FROM email_contacts") == 1
    assert firm.all("SELECT sent_at, moment_from FROM emails") == [(None, None)]
    archive.run(firm.db, [tmp_path / "a.eml"], terms=archive.Terms())
    (tmp_path / "b.eml").write_bytes(b"X-Other: copy\n" + raw)
    archive.run(firm.db, [tmp_path / "b.eml"], terms=archive.Terms())
    assert firm.all("SELECT case_id FROM email_cases") == [(case,)]


def test_by_default_what_is_open_now_counts(firm: Firm, tmp_path: Path) -> None:
    anna = firm.contact("Anna")
    old = case_desk.open_case(firm.db, "Old", contacts=[anna], on="2010-01-01T00:00:00Z")["id"]
    case_desk.close(firm.db, old)
    new = case_desk.open_case(firm.db, "New", contacts=[anna])["id"]
    archive.run(firm.db, [sent(tmp_path, "1 Mar 2012 10:00 +0000")])
    assert filed(firm) == {0: new}


@pytest.mark.parametrize(
    ("moment", "was_open"),
    [
        ("2009-12-31T00:00:00Z", False),
        ("2010-01-01T00:00:00Z", True),
        ("2011-06-01T00:00:00Z", False),
        ("2012-06-01T00:00:00Z", True),
        ("2013-06-01T00:00:00Z", False),
    ],
)
def test_closed_and_reopened(firm: Firm, moment: str, was_open: bool) -> None:
    case = firm.add("cases", number="1", title="x", opened_at="2010-01-01T00:00:00Z", status="closed",
                    closed_at="2013-01-01T00:00:00Z")  # fmt: skip
    for verb, at in (("closed", "2011"), ("reopened", "2012"), ("closed", "2014")):
        firm.add("activities", at=f"{at}-01-01T00:00:00Z", verb=verb, case_id=case)
    assert History(firm.db).was_open("case", case, moment) is was_open


def test_leads_have_their_times_too(firm: Firm) -> None:
    lead = lead_desk.open_lead(firm.db, "Inquiry", [firm.contact("Anna")])
    history = History(firm.db)
    assert not history.was_open("lead", lead, "2010-01-01T00:00:00Z")
    assert history.was_open("lead", lead, "2999-01-01T00:00:00Z")
    lead_desk.lose(firm.db, lead)
    assert not History(firm.db).was_open("lead", lead, "2999-01-01T00:00:00Z")


def test_progress_counts_every_octet_once(firm: Firm, tmp_path: Path) -> None:
    path = sent(tmp_path, *["1 Mar 2012 10:00 +0000"] * 50)
    seen: list[archive.Progress] = []
    archive.run(firm.db, [path], progress=seen.append)
    archive.run(firm.db, [path], progress=seen.append)
    assert seen[0].octets <= path.stat().st_size
    assert seen[-1].octets == seen[-1].total == path.stat().st_size


@pytest.mark.parametrize(
    ("octets", "total", "seconds", "words"),
    [
        (50, 200, 60.0, "3 filed; 0 a second; 25 %, about 3:00 min left"),
        (50, 2_000_000, 60.0, "3 filed; 0 a second; 0 %, about 666:39 h left"),
        (50, None, 1.5, "3 filed; 2 a second"),
        (300, 200, 60.0, "3 filed; 0 a second"),
    ],
)
def test_progress_in_words(octets: int, total: int | None, seconds: float, words: str) -> None:
    assert progress.in_words(archive.Progress({"filed": 3}, octets, total), seconds) == words
