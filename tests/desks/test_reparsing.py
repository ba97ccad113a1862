"""Deriving anew: a bug that is gone is mended, a better parser changes what is found, and nothing moves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.custody import reparsing
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests import outlook
from tests.containers import letter, part
from tests.fakes import bug_in
from tests.firm import BCC, Firm, mail

MOVED_BY_NOTHING = "raw_messages email_contacts email_cases email_leads deliveries decisions notifications".split()
DERIVED = "emails email_recipients email_references attachments".split()


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.case("Nguyen Trust", made.contact("Anna"))
    return made


@pytest.fixture
def bare(firm: Firm) -> Firm:
    """A firm with an email that a bug in the parser kept us from understanding."""
    with bug_in(messages, "parse"):
        receive(firm.db, raw(), Arrival(firm.ada, "pipe"))
    assert firm.one("SELECT subject FROM emails") is None
    return firm


def raw(**changes: str) -> bytes:
    whole = {"to": "anna@client.example", "References": "<a@x> <b@x>", "text": f"Ask {BCC['ada']}."}
    return mail(**{**whole, **changes})


def tables(firm: Firm, names: list[str]) -> dict[str, list[tuple]]:
    return {name: firm.all(f"SELECT * FROM {name}") for name in names}


def outcomes(firm: Firm, **options: object) -> list[str]:
    return [done.outcome for done in reparsing.reparse(firm.db, reparsing.everything(firm.db), **options)]


def test_a_bare_email_is_mended_and_stays_where_it_is(bare: Firm) -> None:
    before = tables(bare, MOVED_BY_NOTHING)
    assert reparsing.broken(bare.db) == [1]
    assert [done.outcome for done in reparsing.reparse(bare.db, [1], acting=bare.ada)] == ["mended"]
    assert bare.all("SELECT subject, from_address, standing FROM emails") == [
        ("Hearing", "ada@firm.example", "unassigned")
    ]
    assert bare.all("SELECT kind, address FROM email_recipients") == [("to", "anna@client.example")]
    assert bare.count("email_references") == 2
    assert bare.all("SELECT rowid FROM email_search WHERE email_search MATCH 'hearing'") == [(1,)]
    assert BCC["ada"] not in str(tables(bare, DERIVED))
    assert tables(bare, MOVED_BY_NOTHING) == before
    assert bare.all("SELECT verb, email_id, user_id FROM activities")[-1] == ("reparsed", 1, bare.ada)
    assert reparsing.broken(bare.db) == []


def test_mended_is_what_it_would_have_been(bare: Firm, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Firm(tmp_path / "other")
    receive(other.db, raw(), Arrival(other.ada, "pipe"))
    outcomes(bare)
    where = "fingerprint, msgid, subject, from_name, from_address, sent_at, text, people, filenames, has_html, defects"
    assert bare.all(f"SELECT {where} FROM emails") == other.all(f"SELECT {where} FROM emails")
    # And so the same mail for another user is the same email.
    receive(bare.db, raw(), Arrival(bare.carl, "pipe"))
    assert bare.count("emails") == 1


def test_a_second_run_changes_nothing(firm: Firm) -> None:
    for subject in ("One", "Two"):
        receive(firm.db, raw(subject=subject), Arrival(firm.ada, "pipe"))
    before = tables(firm, [*DERIVED, *MOVED_BY_NOTHING, "activities"])
    assert outcomes(firm) == ["unchanged", "unchanged"]
    assert tables(firm, [*DERIVED, *MOVED_BY_NOTHING, "activities"]) == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE emails SET subject = 'Old'",
        "UPDATE emails SET text = 'old', people = ''",
        "UPDATE emails SET forwards = '[1]', sent_at = NULL",
        "DELETE FROM email_recipients",
        "UPDATE email_references SET msgid = 'old'",
        "INSERT INTO attachments (email_id, part, content_type, size) VALUES (1, '9', 'x/y', 1)",
    ],
)
def test_what_a_poorer_parser_left_is_put_anew(firm: Firm, spoil: str) -> None:
    receive(firm.db, raw(), Arrival(firm.ada, "pipe"))
    before = tables(firm, [*DERIVED, *MOVED_BY_NOTHING])
    firm.db.execute(spoil)
    assert outcomes(firm, dry_run=True) == ["changed"]
    assert tables(firm, [*DERIVED, *MOVED_BY_NOTHING]) != before
    assert outcomes(firm) == ["changed"]
    after = tables(firm, [*DERIVED, *MOVED_BY_NOTHING])
    ids = {"email_recipients", "attachments"}
    assert {name: [row[1:] if name in ids else row for row in rows] for name, rows in after.items()} == {
        name: [row[1:] if name in ids else row for row in rows] for name, rows in before.items()
    }
    assert firm.activities("detail", "verb = 'reparsed'") == [("1 changed",)]
    firm.db.execute("INSERT INTO email_search (email_search, rank) VALUES ('integrity-check', 1)")


def test_the_recipients_of_every_copy_stay(firm: Firm) -> None:
    receive(firm.db, raw(bcc="hidden@client.example"), Arrival(firm.ada, "pipe"))
    receive(firm.db, raw(received="by mx"), Arrival(firm.carl, "lmtp"))
    receive(firm.db, raw(bcc="other@client.example"), Arrival(firm.carl, "pipe"))
    assert firm.count("emails") == 1
    assert outcomes(firm) == ["unchanged"]
    firm.db.execute("DELETE FROM email_recipients")
    assert outcomes(firm) == ["changed"]
    assert sorted(firm.all("SELECT kind, address FROM email_recipients")) == [
        ("bcc", "hidden@client.example"),
        ("bcc", "other@client.example"),
        ("to", "anna@client.example"),
    ]


def test_a_mail_that_came_again_meanwhile_is_not_lost(bare: Firm) -> None:
    receive(bare.db, raw(received="by another mx"), Arrival(bare.carl, "pipe"))
    assert bare.count("emails") == 2
    assert outcomes(bare) == ["mended", "unchanged"]
    assert json.loads(str(bare.one("SELECT defects FROM emails WHERE id = 1")))[:1] == ["twin"]
    assert bare.one("SELECT count(DISTINCT fingerprint) FROM emails") == 2
    assert outcomes(bare) == ["unchanged", "unchanged"]


def test_what_is_still_not_understood_stays_whole(bare: Firm) -> None:
    before = tables(bare, [*DERIVED, *MOVED_BY_NOTHING, "activities"])
    with bug_in(messages, "parse"):
        assert outcomes(bare) == ["not understood"]
    assert tables(bare, [*DERIVED, *MOVED_BY_NOTHING, "activities"]) == before


def test_what_an_extra_was_missing_for_is_mended_once_it_is_there(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("olefile", reason="needs casefleet[msg]")
    attached = outlook.msg({0x0037: "Survey", 0x1000: "The meadow floods."}, attachments=(("m.pdf", "a/b", b"x"),))
    text = b"Content-Type: text/plain\n\nSee attached.\n"
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "olefile", None)
        receive(firm.db, letter(text, part("application/vnd.ms-outlook", "s.msg", attached)), Arrival(firm.ada, "pipe"))
    defects, filenames, before = firm.all("SELECT defects, filenames, fingerprint FROM emails")[0]
    assert json.loads(defects) == ["msg-needs-casefleet[msg]"]
    assert filenames == "s.msg"
    assert firm.all("SELECT rowid FROM email_search WHERE email_search MATCH 'meadow'") == []
    assert reparsing.broken(firm.db) == [1]
    assert [done.outcome for done in reparsing.reparse(firm.db, [1])] == ["changed"]
    defects, filenames, after = firm.all("SELECT defects, filenames, fingerprint FROM emails")[0]
    assert (json.loads(defects), filenames, after) == ([], "s.msg\nm.pdf", before)
    assert firm.all("SELECT rowid FROM email_search WHERE email_search MATCH 'meadow'") == [(1,)]
    assert firm.all("SELECT part, filename FROM attachments") == [("2", "s.msg"), ("2.2", "m.pdf")]
    assert reparsing.broken(firm.db) == []
