"""Every command that writes to the database, on a full disk: exit code 75, one sentence, nothing changed; then it works."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from casefleet_cli.cli.app import app
from casefleet_cli.store import feed_tokens, never_log, visits
from tests.firm import BCC, mail
from tests.mortal import Runner, runner
from tests.refusals import Office, everything, log, moved, office

pytestmark = pytest.mark.e2e

WRITING = (
    "settings date-order dmy",
    "user add 'Eve Holm' eve@firm.example",
    "user edit 1 --name 'Ada Bergson'",
    "user rotate 1 --grace 0d",
    "user disable 2",
    "user enable 3",
    "user password 2 --remove",
    "contact add 'Eve Stone' --address eve@else.example",
    "contact edit 1 --note x",
    "contact merge 1 3 --yes",
    "contact split 3 Bart --address office@other.example",
    "case edit 2026-101 --title New",
    "lead edit 1 --name New",
    "contact import {there}/book.csv",
    "case open New",
    "case close 2026-101",
    "case reopen 2026-102",
    "case restrict 2026-101",
    "case unrestrict 2026-102",
    "case assign 2026-101 --contact 2",
    "case unassign 2026-101 --contact 1",
    "lead open New --contact 1",
    "lead stage 1 talking",
    "lead lose 1",
    "lead reopen 2",
    "lead convert 1",
    "redeliver {there}/box",
    "import {there}/mail.eml --user 1",
    "email give 1 --to 2",
    "note 1 remember",
    "case freeze 2026-101 --reason claim",
    "who Anna --record",
    "label 1 urgent",
    "link 1 --case 2026-101 --contact 1",
    "unlink 3 --case 2026-101",
    "move 3 --from 2026-101 --to 2026-102 --reason wrong --yes",
    "release 2",
    "reject 2",
    "never-log add max@else.example",
    "never-log remove bob@else.example",
    "notifications read --all",
    "atom revoke 1",
    "search --save police police",
    "search --forget court",
    "reparse --all",
    "recover {there}/other.db",
)
IN_STEPS = ("import ", "recover ", "redeliver ", "reparse ")
"""Every mail is committed by itself: what was done stays, and the same command goes on."""
ELSEWHERE = {
    "init", "backup", "restore", "export", "email save", "publish", "postfix", "migrate",  # tests/e2e/test_whole.py
    "deliver", "lmtp",  # tests/e2e/test_faults.py
    "install",  # files of the machine
    "unlabel", "case thaw",  # as what they take back
    "contact unmerge",  # what a merge leaves, in tests/desks/test_people.py
    "atom add",  # a running server, too: below
}  # fmt: skip
READING = {
    "user list", "user show", "user vcard", "contact list", "contact show", "contact export", "case list", "case show", "lead list",
    "lead show", "imports list", "imports show", "inspect", "help", "route", "explain", "email list", "email show", "email print",
    "unassigned", "triage", "never-log list", "feed", "count", "serve", "verify", "doctor", "sudoers", "signin", "reads", "atom list",
}  # fmt: skip


def commands() -> Iterator[str]:
    """Every command there is; one of a group with the word of the group."""
    root = typer.main.get_command(app)
    context = typer.Context(root)
    for name in root.list_commands(context):  # type: ignore[attr-defined]
        found = root.get_command(context, name)  # type: ignore[attr-defined]
        yield from (f"{name} {inner}" for inner in found.commands) if hasattr(found, "commands") else (name,)


def test_none_is_left_out() -> None:
    tried = {name for name in commands() if any(f"{words} ".startswith(f"{name} ") for words in WRITING)}
    assert set(commands()) - tried == ELSEWHERE | READING


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    firm = office(tmp_path_factory.mktemp("model"))
    never_log.add(firm.db, "bob@else.example", None)
    firm.db.execute("UPDATE emails SET text = 'as an earlier release read it' WHERE id = 1")
    firm.db.execute("INSERT INTO passwords VALUES (2, '$argon2id$', '2026-01-01T00:00:00Z')")
    firm.db.execute("UPDATE cases SET restricted = 1 WHERE number = '2026-102'")
    feed_tokens.put(firm.db, 1, firm.ada, "/", "of a feed reader")
    return firm


@pytest.fixture(scope="module")
def there(model: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on another disk with what is read."""
    folder = tmp_path_factory.mktemp("there")
    (folder / "moved").mkdir()
    other = moved(model, folder / "moved")
    log(other, mail("x@else.example", msgid="new"))
    other.db.close()
    (folder / "moved" / "casefleet.db").rename(folder / "other.db")
    (folder / "book.csv").write_text("name,address\nEve Stone,eve@else.example\n")
    (folder / "mail.eml").write_bytes(mail("y@else.example", msgid="7"))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with runner(tmp_path_factory.mktemp("said")) as made:
        yield made


@pytest.mark.parametrize("words", WRITING)
def test_nothing_is_changed_on_a_full_disk(
    words: str, model: Office, there: Path, run: Runner, small_disk: Path
) -> None:
    firm = moved(model, small_disk)
    box = f"From x Mon Nov  2 09:30:00 2026\nDelivered-To: {BCC['ada']}\n".encode() + mail("z@else.example", msgid="8")
    (there / "box").write_bytes(box)
    command = ("--db", firm.path, *shlex.split(words.format(there=there)))
    firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    free = os.statvfs(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (free.f_bavail * free.f_bsize))
    before = everything(firm)
    code, said, _ = run(*command)
    assert (code, said) == (75, f"casefleet: No room is left on the disk of {firm.path}; free some and try again.\n")
    assert everything(firm) == before
    assert (there / "box").read_bytes() == box
    for pages in () if words.startswith(IN_STEPS) else (1, 2, 4, 8, 16, 32):
        os.truncate(filler, max(0, filler.stat().st_size - pages * 4096))
        code, said, _ = run(*command)
        if not code:
            break
        assert (code, everything(firm) == {**before, "filler": filler.read_bytes()}) == (75, True)
    filler.unlink()
    if everything(firm) != {name: rows for name, rows in before.items() if name != "filler"}:
        return  # it had room enough
    assert run(*command)[:2] == (0, "")
    before.pop("filler")
    assert everything(firm) != before


def test_no_feed_is_added_on_a_full_disk(model: Office, run: Runner, small_disk: Path) -> None:
    firm = moved(model, small_disk)
    book = visits.beside(firm.path)
    filler = small_disk / "filler"
    with book.serving("http://127.0.0.1:8001"):
        firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        free = os.statvfs(small_disk)
        filler.write_bytes(b"\0" * (free.f_bavail * free.f_bsize))
        before = everything(firm)
        command = ("--db", firm.path, "--as", "Carl", "atom", "add", "/")
        code, said, _ = run(*command)
        is_same = everything(firm) == before
        filler.unlink()
        sentence = f"casefleet: {visits.path_beside(firm.path)} cannot be used now: database or disk is full.\n"
        assert (code, said, is_same) == (75, sentence, True)
        assert (run(*command)[0], firm.count("feed_tokens")) == (0, 2)
    book.close()
