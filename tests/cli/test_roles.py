"""Every command and every page, as every role: who may use it, and that nothing out of sight is in any answer."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import io
import json
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import typer

import casefleet_cli
from casefleet_cli import access
from casefleet_cli.access import RIGHTS
from casefleet_cli.cli.app import app, run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import admission, searches
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.web import pages
from tests.firm import Firm, mail

ROLES = {"ann": "admin", "olga": "standard", "ben": "standard", "lim": "limited", "gus": "guest"}
TOKEN = {name: f"{name}-{letter * 4}9x2vt4hc8wnp" for name, letter in zip(ROLES, "qrstu", strict=True)}
MINE, FOREIGN, HELD, REJECTED, LIMS, WAITS, WALLED = 1, 2, 3, 4, 5, 6, 7
"""The e-mails, by number."""
SECRETS = {f"secret of {name}": token.partition("-")[2] for name, token in TOKEN.items()}
WORDS = {
    "foreign case": "wolframcase",
    "foreign contact": "wolframperson",
    "foreign mail": "wolframsubject",
    "foreign file": "wolframfile",
    "foreign lead": "wolframlead",
    "held mail": "heldsubject",
    "held sender": "heldsender",
    "rejected mail": "rejectedsubject",
    "waiting mail": "waitingsubject",
    "walled case": "bismarckcase",
    "walled mail": "bismarcksubject",
    "walled number": "2026-777",
    **SECRETS,
}
"""Words that stand in one place each."""
FOREIGN_WORDS = {word for word in WORDS if word.startswith(("foreign", "walled"))}
WALLED_WORDS = {word for word in WORDS if word.startswith("walled")}
NOT_FOR = {
    "ann": set(),
    "olga": {"secret of ann", "secret of ben", "secret of lim", "secret of gus"},
    "ben": {"held mail", "held sender", "rejected mail"} | WALLED_WORDS | SECRETS.keys() - {"secret of ben"},
    "lim": {"held mail", "held sender", "rejected mail", "waiting mail"} | FOREIGN_WORDS | SECRETS.keys() - {"secret of lim"},
    "gus": {"held mail", "held sender", "rejected mail", "waiting mail"} | FOREIGN_WORDS | SECRETS.keys() - {"secret of gus"},
}  # fmt: skip
"""By user: the words that must be in no answer."""

EMAILS = "1 2 3 4 5 6 7 8 9"
LINES = {
    "init": (),
    "migrate": ("", "--dry-run"),
    "settings": ("", "date-order dmy", "date-order --default", "--json"),
    "user add": ("Eve eve@firm.example",),
    "user list": ("", "--json"),
    "user show": ("olga", "ann --json", "ben", "lim", "gus"),
    "user edit": ("ben --role admin", "olga --add-address o2@firm.example"),
    "user rotate": ("olga", "ben", "gus --grace 0d"),
    "user disable": ("olga", "ann"),
    "user enable": ("olga",),
    "user vcard": ("olga", "ann", "ben", "lim", "gus", "lim --case 2026-101"),
    "user password": ("olga", "ann --remove", "ben --remove", "lim --remove", "gus --remove"),
    "contact add": ("'New One' --address n@client.example",),
    "contact list": ("", "--json", "--csv"),
    "contact show": ("1", "2", "wolframperson", "w@client.example --json", "Anna"),
    "contact edit": ("1 --note x", "2 --note x"),
    "contact merge": ("1 2 --yes", "2 1 --yes", "1 2"),
    "contact unmerge": ("2", "9"),
    "contact split": ("1 Zed --address anna@client.example", "2 Zed --address x@y.example"),
    "contact import": ("people.csv", "people.csv --dry-run --json"),
    "contact export": ("", "--format vcard", "--format google", "--format outlook"),
    "case open": ("Fourth --number 2026-777", "Third --contact 1", "Third --contact 2"),
    "case list": ("", "--json", "--status open"),
    "case show": ("2026-777 --json", "bismarckcase", "2026-101", "2026-102", "102", "wolframcase --json", "Mine"),
    "case close": ("2026-101", "2026-102"),
    "case reopen": ("2026-101", "2026-102"),
    "case edit": ("2026-101 --title T", "2026-102 --number 2026-101"),
    "case assign": ("2026-101 --contact 2", "2026-102 --user gus"),
    "case freeze": ("2026-101 --reason claim",),
    "case thaw": ("2026-101 --reason over",),
    "case restrict": ("2026-101", "2026-102", "2026-777"),
    "case unrestrict": ("2026-777", "777"),
    "case unassign": ("2026-101 --contact 1", "2026-102 --contact 2"),
    "lead open": ("Fresh --contact 1",),
    "lead list": ("", "--json"),
    "lead show": ("1", "wolframlead --json"),
    "lead stage": ("1 talks",),
    "lead edit": ("1 --name N", "1 --source walk-in"),
    "lead lose": ("1",),
    "lead reopen": ("1",),
    "lead convert": ("1",),
    "deliver": (),
    "lmtp": ("--listen x.sock",),
    "redeliver": ("box",),
    "import": ("in.eml", "in.eml --user olga", "in.eml --dry-run", "in.eml --json"),
    "imports list": ("", "--json"),
    "imports show": ("1",),
    "inspect": ("in.eml",),
    "help": ("", "roles"),
    "route": ("< in.eml", "--user olga < in.eml", "--json < in.eml"),
    "explain": tuple(f"{n}{form}" for n in EMAILS.split() for form in ("", " --json")),
    "email list": ("", "--json", "--case 2026-102", "--lead 1", "--contact 2", "--user olga", "--since 2020-01-01",
                   "--mine --json", "--logged-since 2020-01-01 --csv --bom"),
    "email show": tuple(f"{n}{form}" for n in EMAILS.split() for form in ("", " --json", " --headers", " --html", " --raw")),
    "email give": ("5 --to olga", "5 --to lim", "2 --to olga", "3 --to lim"),
    "email print": tuple(f"{n}{form}" for n in EMAILS.split() for form in ("", " --text")),
    "email save": tuple(f"{n}{form}" for n in EMAILS.split() for form in (" --to out", " --eml --to out", " --to -", " --eml --to -")),
    "unassigned": ("", "--json", "--mine", "--user olga --json"),
    "triage": ("",),
    "link": ("1 --contact 2", "5 --contact 1 --case 2026-101", "2 --case 2026-101", "6 --contact 2 --case 102",
             "--suggested --yes", "--contact 2 --case 2026-101 --yes", "--query wolfram* --contact 1 --yes",
             "5 --suggested --thread", "3 --contact 1", "5 --new-contact", "2 --new-contact Eve"),
    "unlink": ("1 --case 2026-777", "1 --case 2026-101 --case 777", "1 --case 2026-101", "2 --case 2026-102", "1 --contact 1", "--batch 1"),
    "move": ("1 --from 2026-101 --to 2026-102 --reason wrong", "1 --from 2026-777 --to 2026-101 --reason wrong --yes",
             "2 --from 2026-102 --to 2026-101 --reason wrong", "1 --from 2026-101 --to lead-1 --reason wrong --yes"),
    "release": ("3", "4", "6"),
    "reject": ("3", "6"),
    "note": ("5 remember", "2 remember"),
    "label": ("5 urgent", "2 urgent"),
    "unlabel": ("5 urgent",),
    "never-log add": ("bank.example", "bank.example --user olga", "bank.example --user lim"),
    "never-log remove": ("bank.example", "bank.example --user olga"),
    "never-log list": ("", "--user olga", "--json"),
    "feed": ("777", "--user olga", "--user ann --since 2020-01-01 --json", "--case 777", "--all", "--all --json", "--case 2026-101", "--case 2026-102", "--lead 1", "--contact 1", "--contact 2"),
    "notifications": ("", "--all --json", "--user olga", "--user ben"),
    "notifications read": ("1", "--all"),
    "who": ("wolframperson", "bismarckcase --json", "w@client.example", "wolfram bismarck heldsubject", "x --record", "--recorded"),
    "search": ("bismarck*", "case:777", "wolfram*", "heldsubject", "is:held", "is:rejected", "is:unassigned", "case:2026-102", "case:wolframcase",
               "contact:wolframperson", "lead:wolframlead", "-nothing", "qqqq*", "tttt9x2vt4hc8wnp", "--saved court",
               "--list-saved", "--save mine wolfram", "--forget court", "filename:wolframfile --json", "user:olga --csv"),
    "count": ("--by case,month,user,outcome --json", "--by case", "--by case wolfram*", "--by user is:held", "--by month case:777"),
    "serve": (),
    "signin": ("olga", "ann", "ben", "lim", "gus"),
    "atom add": ("/", "/cases/2", "/cases/3", "/contacts/2", "/emails/3", "'/search?q=wolfram*'", "/held", "/nowhere"),
    "atom list": ("", "--json"),
    "atom revoke": ("1", "2", "3", "9"),
    "publish": ("out.db", "out.db --as ben", "out.db --as lim --case 2026-101"),
    "reads": ("", "--email 1 --json", "--user olga"),
    "export": ("--case 2026-101 --to out", "--case 2026-102 --to out", "--lead 1 --to out.zip",
               "--case 2026-101 --to out.zip --privilege-log"),
    "verify": ("",),
    "backup": ("copy.db",),
    "restore": ("copy.db",),
    "recover": ("copy.db",),
    "reparse": ("1", "--all --dry-run"),
    "install": ("",),
    "doctor": ("", "--json"),
    "sudoers": ("",),
    "postfix": ("",),
}  # fmt: skip
"""By command: what is typed after it."""
ONLY_REFUSED = {"lmtp", "redeliver", "restore", "recover", "install", "doctor", "postfix", "sudoers"}
"""Commands about the machine, which an admin does not try here."""


class Office(Firm):
    """Users of each role; case 2026-101 is Lim's and Gus's, 2026-102 is not."""

    users: dict[str, int]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    firm = Office(tmp_path_factory.mktemp("roles"))
    firm.db.execute("UPDATE users SET disabled_at = '2026-01-01T00:00:00Z'")
    firm.users = {
        name: firm.user(name.title(), f"{name}@firm.example", f"{TOKEN[name]}@log.firm.example") for name in ROLES
    }
    for name, role in ROLES.items():
        firm.role(firm.users[name], role)
    olga, lim = firm.users["olga"], firm.users["lim"]
    anna = firm.contact("Anna", "anna@client.example")
    other = firm.contact("wolframperson", "w@client.example")
    firm.case("Mine", anna)
    firm.case("wolframcase", other)
    firm.lead("wolframlead", other)
    for name in ("lim", "gus"):
        firm.add("case_users", case_id=1, user_id=firm.users[name])
    traced = {"Received": f"from x by y for <{TOKEN['olga']}@log.firm.example>"}
    attached = EmailMessage()
    attached["From"], attached["To"], attached["Subject"] = "olga@firm.example", "w@client.example", "wolframsubject"
    attached["Message-ID"] = "<2@mail.example>"
    attached.set_content("wolframsubject")
    attached.add_alternative("<p>wolframsubject</p>", subtype="html")
    attached.add_attachment(b"wolframsubject", maintype="text", subtype="plain", filename="wolframfile.txt")
    for raw, user, vouched in (
        (mail("anna@client.example", sender="olga@firm.example", msgid="1", **traced), olga, False),
        (attached.as_bytes(), olga, False),
        (mail("olga@firm.example", sender="heldsender@else.example", subject="heldsubject", msgid="3", **traced), olga, False),
        (mail("olga@firm.example", sender="heldsender@else.example", subject="rejectedsubject", msgid="4"), olga, False),
        (mail("x@else.example", sender="lim@firm.example", subject="limssubject", msgid="5",
              Received=f"for <{TOKEN['lim']}@log.firm.example>"), lim, False),
        (mail("olga@firm.example", sender="w@client.example", subject="waitingsubject 2026-102", msgid="6",
              References="<2@mail.example>"), olga, True),
        (mail("anna@client.example", sender="olga@firm.example", subject="bismarcksubject 2026-777", msgid="7"), olga, False),
        (mail("olga@firm.example", sender="anna@client.example", subject="Re: it", msgid="8",
              References="<7@mail.example>"), olga, True),
    ):  # fmt: skip
        receive(firm.db, raw, Arrival(user, "eml" if vouched else "pipe"), vouched=vouched)
    admission.reject(firm.db, REJECTED)
    firm.case("bismarckcase", anna)
    firm.db.execute("UPDATE cases SET number = '2026-777' WHERE id = 3")
    firm.add("case_users", case_id=3, user_id=olga)
    link_desk.unlink(firm.db, WALLED, places=(Place("case", 1),))
    batch_desk.carry_out(
        firm.db, batch_desk.plan(firm.db, [MINE, WALLED], (anna,), (Place("case", 3),)).steps, acting=firm.users["ben"]
    )
    tagged = mail("anna@client.example", sender="olga@firm.example", subject="tagged", msgid="9")
    receive(firm.db, tagged, Arrival(olga, "pipe", tag="777"))
    case_desk.restrict(firm.db, 3)
    link_desk.link(firm.db, MINE, contacts=(other,), acting=olga)
    searches.save(firm.db, "court", "court OR police", acting=olga)
    firm.db.commit()
    standings = [row[0] for row in firm.all("SELECT standing FROM emails ORDER BY id")]
    assert standings == [
        "linked",
        "linked",
        "held",
        "rejected",
        "unassigned",
        "unassigned",
        "linked",
        "unassigned",
        "linked",
    ]
    placed = firm.all("SELECT email_id, case_id FROM email_cases ORDER BY 1, 2")
    assert placed == [(MINE, 1), (MINE, 3), (FOREIGN, 2), (WALLED, 3), (9, 3)]
    Path(firm.path).parent.joinpath("in.eml").write_bytes(
        mail("w@client.example", sender="olga@firm.example", msgid="7")
    )
    Path(firm.path).parent.joinpath("people.csv").write_text("name,address\nEve,eve@client.example\n")
    firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return firm


@pytest.fixture
def firm(model: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a copy of the firm, to be in."""
    for name in ("CASEFLEET_DB", "CASEFLEET_USER"):
        monkeypatch.delenv(name, raising=False)
    for path in Path(model.path).parent.iterdir():
        if path.suffix in (".db", ".eml", ".csv"):
            shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def asked(user: str, command: str, line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command that a user uses."""
    words, _, given = line.partition("<")
    content = Path(given.strip()).read_bytes() if given else b""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return run(["--as", user, *command.split(), *shlex.split(words)])


def leaves(command: Any, words: str = "") -> Iterator[str]:
    """The words of every command that does something."""
    below = getattr(command, "commands", None)
    if below is None or command.invoke_without_command:
        yield words
    for name in below or ():
        yield from leaves(command.get_command(None, name), f"{words} {name}".strip())


def all_commands() -> list[str]:
    whole = typer.main.get_command(app)
    return [leaf for name in whole.list_commands(None) for leaf in leaves(whole.get_command(None, name), name)]  # type: ignore[attr-defined, arg-type]


def is_refused(user: str, command: str) -> bool:
    return bool(RIGHTS[command].roles) and ROLES[user] not in RIGHTS[command].roles


def test_every_command_and_page_has_a_right_and_nothing_else() -> None:
    every = {*all_commands(), *(f"page {answer.__name__}" for _, answer in pages.ROUTES), "page data"}
    of_options = {what for what in RIGHTS if " --" in what}
    assert every == RIGHTS.keys() - of_options, "access.RIGHTS says who may use it"
    assert every >= LINES.keys() and {one for one in every if not one.startswith("page ")} == LINES.keys()


READING = """who, contact list, contact show, contact export, case list, case show, lead list, lead show, email list, email show, email print, email save, unassigned,
    explain, route, feed, notifications, never-log list, search, count, serve, user show, user vcard, user password, signin,
    atom add, atom list, atom revoke,
    page home, page all_cases, page all_leads, page all_contacts, page case, page case_journal, page case_files,
    page lead, page lead_journal, page lead_files, page contact, page email,
    page email_html, page email_people, page email_files, page attachment, page unassigned, page held, page found, page told,
    page profile, page vcard, page data"""
"""For everybody, guests too: what shows, and what a user needs to get in."""
FILING = """triage, note, label, unlabel, email give, link, unlink, move, release, reject, never-log add, never-log remove, notifications read, case restrict,
    case unrestrict, import, export,
    search --save, search --forget"""
"""Not for guests."""
KEEPING = """link --new-contact, contact add, contact edit, contact merge, contact unmerge, contact split, contact import, case open, case edit, case close, case reopen, case assign,
    case unassign, lead open, lead edit, lead stage, lead lose, lead reopen, lead convert, user list, page email_viewers, page case_viewers"""
"""For those who see the firm: the matters and the people that rules file by."""
RUNNING = """case freeze, case thaw, who --record, who --recorded, settings, user add, user edit, user rotate, user disable, user enable, imports list, imports show, reads,
    verify, reparse, publish, page journal, migrate, lmtp, redeliver, backup, restore, recover, install, doctor, postfix, sudoers"""
"""For admins."""
UNASKED = "init, deliver, inspect, help"
"""For who can start it: nothing of a firm is shown or changed but what the mail system brings."""
AT_THE_MACHINE = """init, deliver, publish, migrate, serve, lmtp, redeliver, backup, restore, recover, install, doctor, postfix,
    sudoers"""
"""Never for who comes through sudo, an admin included."""
FROM_FILES = {
    "contact import": ("path",),
    "import": ("paths",),
    "inspect": ("paths",),
    "export": ("to",),
    "email save": ("to",),
}
"""What takes no names of files from who comes through sudo."""


def named(words: str) -> set[str]:
    return {" ".join(one.split()) for one in words.split(",")}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("nobody", (UNASKED,)),
        ("guest", (UNASKED, READING)),
        ("limited", (UNASKED, READING, FILING)),
        ("standard", (UNASKED, READING, FILING, KEEPING)),
        ("admin", (UNASKED, READING, FILING, KEEPING, RUNNING)),
    ],
)
def test_what_a_role_may_do_and_nothing_more(role: str, allowed: tuple[str, ...]) -> None:
    viewer = access.Viewer(7, "Nora", role)
    assert {what for what in RIGHTS if viewer.may(what)} == set().union(*map(named, allowed))


def test_what_a_colleague_never_does_through_sudo() -> None:
    assert {what for what, right in RIGHTS.items() if right.is_of_machine} == named(AT_THE_MACHINE)
    assert {what: right.files for what, right in RIGHTS.items() if right.files} == FROM_FILES


def test_what_has_no_right_is_for_nobody() -> None:
    assert not access.THIS_COMPUTER.may("user pay")
    with pytest.raises(access.NotAllowedError, match="is for nobody yet"):
        access.require(access.THIS_COMPUTER, "user pay")


@pytest.mark.parametrize("user", [user for user in ROLES if user != "olga"])
@pytest.mark.parametrize("command", [command for command, right in RIGHTS.items() if command in LINES and right.roles])
def test_a_role(
    command: str, user: str, firm: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = is_refused(user, command)
    if command in ONLY_REFUSED and not refused:
        return
    for line in LINES[command]:
        shutil.rmtree("work", ignore_errors=True)
        shutil.copytree(firm, "work", ignore=shutil.ignore_patterns("work"))
        monkeypatch.chdir(firm / "work")
        before, untouched = content(), rows()
        code = asked(user, command, line, monkeypatch)
        told = "".join(capsys.readouterr()) + written()
        if refused:
            assert (code, told.startswith(f"casefleet: casefleet {command} is for ")) == (2, True), line
            assert {**content(), "casefleet.db-wal": b""} == {**before, "casefleet.db-wal": b""}  # type: ignore[arg-type]
        else:
            assert f"casefleet {command} is for" not in told, line
            assert code in (0, 1, 2), told
            if user == "gus" and command not in OF_ACCOUNTS:
                assert rows() == untouched, line
        typed = set(line.split())
        shown = {name for name, word in WORDS.items() if word in told and not any(word in each for each in typed)}
        assert not shown & NOT_FOR[user], f"{line}: {told}"
        monkeypatch.chdir(firm)


@pytest.mark.parametrize("user", ROLES)
def test_a_snapshot_holds_what_its_viewer_sees(
    user: str, firm: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither held nor rejected mail, of nobody; and of all the rest, the mail that the lists show."""
    assert asked("ann", "publish", f"out.db --as {user}", monkeypatch) == 0
    waiting = {"held mail", "held sender", "rejected mail"}
    shown = {name for name, word in WORDS.items() if word in written()}
    assert not shown & (NOT_FOR[user] | waiting | SECRETS.keys())
    with contextlib.closing(sqlite3.connect("out.db")) as out:
        numbers = [number for (number,) in out.execute("SELECT number FROM mail ORDER BY 1")]
        unlinked = out.execute("SELECT count(*) FROM filings WHERE mail NOT IN (SELECT number FROM mail)").fetchone()
        assert out.execute("PRAGMA foreign_key_check").fetchall() == []
        assert out.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert out.execute("PRAGMA application_id").fetchone() == (0,)
    capsys.readouterr()
    assert asked(user, "email list", "--json --limit 100", monkeypatch) == 0
    listed = {row["id"] for row in json.loads(capsys.readouterr().out) if row["standing"] in ("linked", "unassigned")}
    assert (set(numbers), unlinked) == (listed, (0,))


OF_ACCOUNTS = ("user password", "signin", "atom add", "atom revoke")
"""What a guest changes: how the own account is got into."""


def rows() -> list[str]:
    """All that the database holds, as SQL."""
    with closing(sqlite3.connect(f"{Path('casefleet.db').absolute().as_uri()}?mode=ro", uri=True)) as db:
        return list(db.iterdump())


def content() -> dict[str, bytes]:
    """All files here with their bytes, but what SQLite keeps beside a database for those who read."""
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.suffix != ".db-shm"}


def written() -> str:
    """The bytes of all files that an export wrote."""
    folders = [path for path in Path().iterdir() if path.name.startswith("out")]
    files = [path for folder in folders for path in ([folder] if folder.is_file() else sorted(folder.rglob("*")))]
    return "".join(path.read_bytes().decode("latin-1") for path in files if path.is_file())


HIDDEN = {
    "case show {}": ("2026-102", "2026-109"),
    "case show --json {}": ("102", "109"),
    "contact show {}": ("2", "9"),
    "lead show {}": ("1", "9"),
    "email show {}": ("2", "9"),
    "email show --raw {}": ("3", "9"),
    "email show --headers {}": ("6", "9"),
    "email print {}": ("3", "9"),
    "email save --eml {}": ("3", "9"),
    "explain {}": ("3", "9"),
    "link {} --contact 1": ("2", "9"),
    "link 5 --contact {}": ("2", "9"),
    "release {}": ("3", "9"),
    "unlink 1 --case {}": ("102", "109"),
    "export --to out --case {}": ("102", "109"),
    "feed --case {}": ("102", "109"),
    "feed {}": ("102", "109"),
    "email {}": ("2", "9"),
    "feed --contact {}": ("2", "9"),
    "email list --lead {}": ("1", "9"),
    "search case:{}": ("102", "109"),
    "count --by month case:{}": ("102", "109"),
    "user vcard lim --case {}": ("102", "109"),
}
"""What Lim may not see, and what is nowhere."""


@pytest.mark.parametrize("line", HIDDEN)
def test_what_is_out_of_sight_is_answered_as_what_is_nowhere(
    line: str, firm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for named in HIDDEN[line]:
        code = run(["--as", "lim", *line.format(named).split()])
        answers.append((code, "".join(capsys.readouterr()).replace(named, "N")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 2


def test_an_owner_sees_and_decides_the_own_held_mail(firm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--as", "olga", "email", "show", "3"]) == 0
    assert "heldsubject" in capsys.readouterr().out
    assert run(["--as", "olga", "release", "3"]) == 0
    assert run(["--as", "olga", "email", "show", "3", "--raw"]) == 0
    assert TOKEN["olga"] in capsys.readouterr().out


def test_of_mail_held_for_two_each_lets_in_the_own(firm: Path) -> None:
    with database.open_database("casefleet.db") as db:
        raw = mail("olga@firm.example", sender="heldsender@else.example", subject="heldsubject", msgid="3",
                   Received=f"from x by y for <{TOKEN['olga']}@log.firm.example>")  # fmt: skip
        (ben,) = db.execute("SELECT id FROM users WHERE name = 'Ben'").fetchone()
        assert receive(db, raw, Arrival(ben, "pipe")).email_id == HELD
        assert run(["--as", "ben", "release", str(HELD)]) == 0
        rows = db.execute(
            "SELECT u.name, d.standing FROM deliveries AS d JOIN users AS u ON u.id = d.user_id WHERE email_id = 3"
        )
        assert rows.fetchall() == [("Olga", "held"), ("Ben", "released")]


@pytest.mark.parametrize("option", ["--save other court", "--save court police", "--forget court", "--forget nothing"])
def test_a_guest_keeps_and_forgets_no_search(option: str, firm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    untouched = rows()
    assert run(["--as", "gus", "search", *option.split()]) == 2
    named = option.split(maxsplit=1)[0]
    said = f"casefleet search {named} is for everybody but guests, and Gus is a guest; ask an admin."
    assert said in capsys.readouterr().err
    assert rows() == untouched


def test_who_files_mail_keeps_and_forgets_searches(firm: Path) -> None:
    assert run(["--as", "lim", "search", "--save", "other", "court"]) == 0
    assert run(["--as", "lim", "search", "--forget", "other"]) == 0


def test_who_runs_the_machine_is_not_asked(firm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["email", "show", str(HELD), "--raw"]) == 0
    assert TOKEN["olga"] in capsys.readouterr().out
    assert run(["user", "disable", "Ben"]) == 0


def test_each_function_that_knows_of_sight_is_given_one() -> None:
    """A command or page that forgets it would show everything."""
    root = Path(casefleet_cli.__file__).parent
    lacking = []
    for path in [*root.joinpath("cli").glob("*.py"), *root.joinpath("web").glob("*.py")]:
        module = importlib.import_module(f"casefleet_cli.{path.parent.name}.{path.stem}")
        for node in ast.walk(ast.parse(path.read_text())):
            if not (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
            ):
                continue
            called = getattr(getattr(module, node.func.value.id, None), node.func.attr, None)
            if not inspect.isfunction(called) or "sight" not in inspect.signature(called).parameters:
                continue
            position = list(inspect.signature(called).parameters).index("sight")
            if len(node.args) <= position and not any(keyword.arg == "sight" for keyword in node.keywords):
                lacking.append(f"{path.name}:{node.lineno} {ast.unparse(node.func)}")
    assert lacking == []
