"""No spelling of a secret is in any answer: every page and every command that shows mail, as every role."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import sqlite3
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.desk import feeds as feed_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database, settings
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import atom, pages, server
from tests.canaries import ADDRESS, CLOSED, PLACES, SPELLINGS, TOKEN, planted, shows
from tests.firm import Firm, mail
from tests.volume import SOAK
from tests.web.conftest import Browser

ROLES = {"ann": "admin", "olga": "standard", "ben": "standard", "lim": "limited", "gus": "guest"}
MAY_HAVE = ("", "ann", "olga")
"""Who may have a document with Olga's secret in it: who runs this machine, an admin, herself."""


class Planted(NamedTuple):
    """A firm with a secret of Olga's in every mail of case 2026-101."""

    path: Path
    users: dict[str, int]
    mails: dict[int, tuple[str, str]]
    """By number: the spelling and the place."""


def chosen() -> list[tuple[str, str]]:
    """Every spelling and every place; in a soak all pairs of them."""
    if SOAK:
        return list(itertools.product(SPELLINGS, PLACES))
    turning = itertools.cycle(SPELLINGS)
    pairs = [(next(turning), place) for place in (*PLACES, *CLOSED)]
    return list(dict.fromkeys([*pairs, *((spelling, "text") for spelling in SPELLINGS)]))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    firm = Firm(tmp_path_factory.mktemp("canaries"))
    users = {}
    for name, role in ROLES.items():
        address = ADDRESS if name == "olga" else f"{name}-{name[0] * 4}9x2vt4hc8wnp@log.firm.example"
        users[name] = firm.user(name.title(), f"{name}@firm.example", address)
        firm.role(users[name], role)
    firm.db.execute("UPDATE users SET disabled_at = '2026-01-01T00:00:00Z' WHERE id IN (?, ?)", (firm.ada, firm.carl))
    firm.case("Mine", firm.contact("Anna", "anna@client.example"))
    for name in ("lim", "gus"):
        firm.add("case_users", case_id=1, user_id=users[name])
    mails = {}
    for number, (spelling, place) in enumerate(chosen(), 1):
        raw = planted(spelling, place, number)
        assert shows(raw), f"{spelling}, {place}: planted so that nobody could find it"
        receive(firm.db, raw, Arrival(users["olga"], "pipe"))
        mails[number] = (spelling, place)
    assert firm.count("emails") == len(mails)
    assert firm.all("SELECT DISTINCT standing FROM emails") == [("linked",)]
    held = EmailMessage()
    held["From"], held["To"], held["Subject"] = "x@else.example", "olga@firm.example", f"held {TOKEN}"
    held.set_content(ADDRESS)
    receive(firm.db, held.as_bytes(), Arrival(users["olga"], "pipe"))
    receive(
        firm.db, mail("other@client.example", sender="olga@firm.example", text=ADDRESS), Arrival(users["olga"], "pipe")
    )
    firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Planted(Path(firm.path), users, mails)


def viewers(*usual: str) -> pytest.MarkDecorator:
    """Try a test with everybody in a soak; else with one of those who may have a document, and one who may not."""
    return pytest.mark.parametrize("viewer", ["", *ROLES] if SOAK else usual, ids=lambda name: name or "this computer")


def lists() -> Iterator[str]:
    """Every page but those of one mail, with what a page takes and what other pages of Datasette would."""
    ways = ("", "?before=99", "?all=1", "?view=html", f"?q={TOKEN[:4]}*", "?_fts_table=bcc_addresses", "?_where=1=1",
            "?_through={}", "?sql=select+*+from+bcc_addresses", "?_format=json", "?_nocol=x&_size=max", "?_shape=array",
            "?_extra=private", "?x=%00", "?" + "a=1&" * 50)  # fmt: skip
    for address, _ in pages.ROUTES:
        if "emails" not in address and not address.startswith("/profile"):  # the one place for the own address
            concrete = address.replace("([1-9][0-9]{0,17})", "1")
            yield from (f"{concrete}{way}" for way in ways)
            yield from (f"{concrete}{ending}" for ending in (".json", ".csv", ".atom", ".JSON", "/", "%2ejson"))
    for name in (
        "mail",
        "filings",
        "cases",
        "leads",
        "contacts",
        "people",
        "contact_mail",
        "attachments",
        "arrivals",
        "decisions",
        "feed",
    ):
        yield from (
            f"/data/{name}{ending}"
            for ending in ("", ".json", ".csv", ".json?_shape=objects&_size=max&_labels=on", f"?_search={TOKEN[:4]}")
        )


@viewers("olga", "gus")
def test_no_page_shows_it(firm: Planted, viewer: str) -> None:
    browser = Browser(server.build(str(firm.path), firm.users[viewer] if viewer else None)).enter()
    asked = 0
    for address in lists():
        answer = browser.ask(address)
        asked += 1
        # What is typed into the search field stands in it again.
        assert not shows(answer.content.replace(f"{TOKEN[:4]}*".encode(), b"")), address
    for number, (spelling, place) in firm.mails.items():
        what = f"{spelling}, {place}: /emails/{number}"
        page = browser.ask(f"/emails/{number}")
        assert page.status_code == 200
        assert not shows(page.content + str(page.headers).encode()), what
        for way in ("?view=html", "/html", ".json", ".eml", "/raw"):
            answer = browser.ask(f"/emails/{number}{way}")
            assert not shows(answer.content + str(answer.headers).encode()), what + way
            asked += 1
        for file in re.findall(rf"/emails/{number}/attachments/[0-9]+", page.text):
            answer = browser.ask(file)
            asked += 1
            may_have = place in CLOSED and viewer in MAY_HAVE
            assert shows(answer.content) == may_have, f"{what} {file}"
            assert not shows(str(answer.headers).encode()), what
            assert answer.status_code == (403 if place in CLOSED and not may_have else 200), f"{what} {file}"
            if answer.status_code == 403:
                assert "only that user and admins may have it" in answer.text
    assert asked > 400


@viewers("olga", "gus")
def test_no_feed_shows_it(firm: Planted, viewer: str, tmp_path: Path) -> None:
    """Neither to a feed reader nor to who is signed in, where the firm wants subjects in feeds."""
    db = database.open_database(shutil.copy(firm.path, tmp_path / "casefleet.db"))
    settings.put(db, settings.ATOM_SUBJECTS, "on")
    user = firm.users[viewer or "ann"]
    site = server.build(str(tmp_path / "casefleet.db"), user)
    browser, reader = Browser(site).enter(), Browser(site)
    one = [f"/emails/{number}" for number in firm.mails]
    subjects = 0
    for page in (*("/", "/cases", "/cases/1", "/contacts", "/contacts/1", "/unassigned", "/search?q=canary", "/search?q=hearing",
                   "/held", "/notifications?all=1"), *one, *(f"{each}/recipients" for each in one)):  # fmt: skip
        base, mark, query = page.partition("?")
        signed_in = browser.ask(f"{'/feed' if base == '/' else base}.atom{mark}{query}")
        added = feed_desk.add(db, page, user, acting=user)
        for answer in (signed_in, reader.ask(atom.address_of(added.token))):
            assert answer.status_code == 200, page
            assert not shows(answer.content + str(answer.headers).encode()), page
            subjects += answer.text.count("<title>canary</title>")
    assert subjects > len(firm.mails)
    db.close()


@viewers("", "olga", "ben", "gus")
def test_the_own_profile_shows_the_own_address_and_no_other(firm: Planted, viewer: str) -> None:
    browser = Browser(server.build(str(firm.path), firm.users[viewer] if viewer else None)).enter()
    for address in ("/profile", "/profile/casefleet-bcc.vcf"):
        for way in ("", "?user=1", "?mine=1"):
            answer = browser.ask(address + way)
            assert answer.status_code == (200 if viewer else 404)
            assert shows(answer.content) == (viewer == "olga"), address
    for ending in (".json", ".csv"):
        assert not shows(browser.ask(f"/profile{ending}").content)


@viewers("", "olga", "ben", "gus")
def test_nobody_finds_it_by_searching(firm: Planted, viewer: str) -> None:
    browser = Browser(server.build(str(firm.path), firm.users[viewer] if viewer else None)).enter()
    for query in (f"{TOKEN[:4]}*", TOKEN, f"olga-{TOKEN}", ADDRESS, f'"{TOKEN}"', f"to:{ADDRESS}", f"from:{TOKEN[:6]}*",
                  f"filename:{TOKEN[:5]}*", f"subject:{TOKEN[:2]}*", f"*{TOKEN[4:]}"):  # fmt: skip
        answer = browser.ask(f"/search?q={query.replace('*', '%2A')}")
        assert answer.status_code == 200
        assert "/emails/" not in answer.text, query


FORMS = ("email show {}", "email show {} --json", "email show {} --headers", "email show {} --html", "explain {}",
         "explain {} --json")  # fmt: skip
ONCE = ("email list --json", "email list", "unassigned --json", "feed --all --json", "feed --case 2026-101", "case show 2026-101 --json",
        "contact list --json", "contact show 1 --json", "notifications --all --json", "search hearing --json", "search canary", f"search {TOKEN[:4]}*",
        f"search {TOKEN}", "imports list --json", "search --list-saved")  # fmt: skip


@viewers("", "ben")
def test_no_command_shows_it(
    firm: Planted, viewer: str, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CASEFLEET_USER", raising=False)
    who = ["--as", viewer] if viewer else []

    def said(line: str) -> bytes:
        run(["--db", str(firm.path), *who, *line.split()])
        return b"".join(capfdbinary.readouterr())

    for line in ONCE:
        assert not shows(said(line).replace(line.split()[-1].encode(), b"")), line
    for number, (spelling, place) in firm.mails.items():
        for form in FORMS:
            assert not shows(said(form.format(number))), f"{spelling}, {place}: {form}"
        raw = said(f"email show {number} --raw")
        assert shows(raw) == (viewer in MAY_HAVE), f"{spelling}, {place}: --raw"
        assert (b"hold the BCC address of another user" in raw) != (viewer in MAY_HAVE)


@viewers("", "olga", "ben", "gus")
def test_no_export_shows_it(
    firm: Planted, viewer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is handed over by those who may not have it: text is masked, and a document that holds it is not there."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(firm.path, tmp_path / "casefleet.db")
    who = ["--as", viewer] if viewer else []
    code = run([*who, "export", "--case", "2026-101", "--to", "out"])
    said = "".join(capsys.readouterr())
    if viewer == "gus":
        assert (code, "casefleet export is for everybody but guests" in said) == (2, True)
        return
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > len(firm.mails)
    found = [path for path in files if shows(path.read_bytes())]
    assert bool(found) == (viewer in MAY_HAVE), found


@viewers("olga", "gus")
def test_no_snapshot_shows_it(
    firm: Planted, viewer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(firm.path, tmp_path / "casefleet.db")
    connection = sqlite3.connect("casefleet.db")
    for table, column in (("contacts", "note"), ("contacts", "name"), ("cases", "title"), ("users", "name")):
        connection.execute(f"UPDATE {table} SET {column} = ? || {column} WHERE id = 1", (f"{ADDRESS} ",))
    connection.commit()
    assert run(["publish", "out.db", *(["--as", viewer] if viewer else [])]) == 0, capsys.readouterr()
    with contextlib.closing(sqlite3.connect("out.db")) as out:
        for (table,) in out.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in out.execute(f'SELECT * FROM "{table}"'):  # cell by cell: in the bytes a text stands across pages
                assert not any(shows(cell if isinstance(cell, bytes) else str(cell).encode()) for cell in row), table
        assert out.execute("SELECT count(*) FROM mail").fetchone() == (
            len(firm.mails) + (viewer not in ("lim", "gus")),
        )
    assert not shows(Path("metadata.yaml").read_bytes())
    connection.execute("UPDATE emails SET text = ? WHERE id = 3", (f"as an earlier release kept it: {TOKEN}x",))
    connection.commit()
    Path("out.db").unlink()
    assert run(["publish", "out.db"]) == 78
    assert "mail.text would hold a BCC address, so nothing is published" in capsys.readouterr().err
    assert not Path("out.db").exists()
