"""Every command that only reads works where nothing can be written, and says the same there.

On a read-only mount without changes in a -wal the file is read as it is; with a -wal that nobody took in, a private
copy of both is. A database of mode 0400 is read by its owner in place, or as it is where its folder is closed, too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casefleet_cli.access import RIGHTS
from casefleet_cli.cli.app import run
from tests.e2e import installed
from tests.firm import mail
from tests.refusals import Office, office
from tests.volume import SOAK
from tests.web.test_serve import opened, serving

pytestmark = pytest.mark.e2e

READING = {
    "settings": "settings", "user list": "user list", "user show": "user show 1", "user vcard": "user vcard 1",
    "contact list": "contact list", "contact show": "contact show 1", "contact export": "contact export", "case list": "case list",
    "case show": "case show 2026-101", "lead list": "lead list", "lead show": "lead show 1", "imports list": "imports list",
    "imports show": "imports show 1", "inspect": "inspect in.eml", "help": "help dates", "route": "route", "explain": "explain 1",
    "email list": "email list", "email show": "email show 3 --raw", "email save": "email save 3 --eml", "email print": "email print 3", "unassigned": "unassigned",
    "never-log list": "never-log list", "feed": "feed --all", "notifications": "notifications --all",
    "search": "search court", "who": "who Anna", "count": "count --by case,month,user,outcome", "export": "export --case 2026-101 --to out.zip", "verify": "verify",
    "backup": "backup copy.db", "postfix": "postfix --user nobody", "import": "import in.eml --dry-run",
    "migrate": "migrate --dry-run", "reads": "reads", "atom list": "atom list",
}  # fmt: skip
"""A line by the command that access knows."""
ELSEWHERE = {"serve", "doctor", "signin", "sudoers"}  # below, tests/e2e/test_doctor.py; a running server; sudo
CHANGING = {
    "init", "case freeze", "case thaw", "who --record", "who --recorded", "search --save", "search --forget", "user add", "user edit", "user password", "user rotate", "user disable", "user enable", "contact add", "contact edit",
    "contact merge", "contact unmerge", "contact split", "contact import", "case open", "case edit", "lead edit", "case close", "case reopen", "case assign",
    "case unassign", "case restrict", "case unrestrict", "lead open", "lead stage", "lead lose", "lead reopen",
    "lead convert", "deliver", "lmtp", "redeliver", "triage", "note", "label", "unlabel", "email give", "link", "link --new-contact", "unlink", "move", "release", "reject", "never-log add",
    "never-log remove", "notifications read", "restore", "recover", "reparse", "install", "publish",
    "atom add", "atom revoke",
}  # fmt: skip


@pytest.fixture
def firm(place: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    installed.need("mount", "umount")
    for name in ("CASEFLEET_DB", "CASEFLEET_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    out = place / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    folder = place / "firm"
    folder.mkdir()
    firm = office(folder)
    (out / "in.eml").write_bytes(mail("anna@client.example", text="new"))
    assert run(["--db", firm.path, "import", "in.eml", "--user", "1"]) == 0
    return firm


@contextmanager
def mounted_read_only(folder: Path) -> Iterator[None]:
    for words in (["--bind", folder, folder], ["-o", "remount,ro,bind", folder]):
        if subprocess.run(["mount", *words]).returncode:
            installed.missing("the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def closed(folder: Path, mode: int) -> Iterator[None]:
    """The database is its owner's, and nobody may write it; the folder is of this mode."""
    for path in (folder, *folder.iterdir()):
        os.chown(path, 65534, 65534)
        path.chmod(mode if path == folder else 0o400)
    yield


def said(path: str, line: str, *, user: int = 0) -> tuple[int, str]:
    """Exit code and output of a command, by a process of its own as this unix user; files that it makes are removed."""
    told = Path("told")
    child = os.fork()
    if not child:
        code = 70
        try:
            with told.open("w") as stream, Path("in.eml").open() as mail_in:
                for number, target in ((mail_in.fileno(), 0), (stream.fileno(), 1), (stream.fileno(), 2)):
                    os.dup2(number, target)
            sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, (0, 1, 2), "rww")
            if user:
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
            code = run(["--db", path, *line.split()])
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    for made in (Path("out.zip"), Path("copy.db"), Path("email-3.eml")):
        made.unlink(missing_ok=True)
    words = told.read_text().replace(str(Path(path).parent), "FOLDER")
    return os.waitstatus_to_exitcode(status), words


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def copied(firm: Office, to: Path, *ends: str) -> str:
    to.mkdir()
    for end in ("", *ends):
        shutil.copy(firm.path + end, to)
    return str(to / "casefleet.db")


def test_every_reading_command_says_the_same(firm: Office, place: Path) -> None:
    Path.cwd().chmod(0o777)
    assert set(READING) | ELSEWHERE | CHANGING == {name for name in RIGHTS if not name.startswith("page ")}
    firm.db.execute("UPDATE cases SET title = 'Only in the -wal' WHERE id = 1")
    snapshot = copied(firm, place / "snap", "-wal")
    live = copied(firm, place / "live", "-wal", "-shm")
    firm.db.close()
    clean, mine, shut = (copied(firm, place / name) for name in ("flat", "mine", "shut"))  # as long as "firm"
    for line in READING.values():  # in this process, so that its children have imported everything
        if line != "route":
            run(["--db", firm.path, *line.split()])
    for made in (Path("out.zip"), Path("copy.db")):
        made.unlink(missing_ok=True)
    wanted = {line: said(firm.path, line) for line in READING.values()}
    assert {code for code, _ in wanted.values()} == {0}, wanted
    assert "Only in the -wal" in wanted["case list"][1]
    left = names(Path(tempfile.gettempdir()))
    states: dict[str, tuple[Callable[[], contextlib.AbstractContextManager[None]], str, int]] = {
        "read-only mount": (lambda: mounted_read_only(Path(clean).parent), clean, 0),
        "read-only mount, its owner": (lambda: mounted_read_only(Path(clean).parent), clean, 65534),
        "read-only mount with a -wal": (lambda: mounted_read_only(Path(snapshot).parent), snapshot, 0),
        "read-only mount with -wal and -shm": (lambda: mounted_read_only(Path(live).parent), live, 0),
        "mode 0400": (lambda: closed(Path(mine).parent, 0o700), mine, 65534),
        "mode 0400 in a folder of mode 0500": (lambda: closed(Path(shut).parent, 0o500), shut, 65534),
    }
    for number, (state, (closing, path, user)) in enumerate(states.items()):
        # Which way a file is opened is decided once for all commands: each is tried in four of the states, in a soak in all.
        everything = SOAK or state in ("read-only mount", "read-only mount with a -wal")
        asked = list(READING.values())[0 if everything else number % 2 :: 1 if everything else 2]
        if user:
            for file in (Path(path).parent, Path(path)):
                os.chown(file, user, user)
        before = names(Path(path).parent)
        with closing():
            # Another user need not be able to run this environment's Python, which import starts anew.
            lines = [line for line in asked if not (user and line.startswith("import "))]
            found = {line: said(path, line, user=user) for line in lines}
        assert found == {line: wanted[line] for line in lines}, state
        assert names(Path(path).parent) == before or state == "mode 0400"
    new = names(Path(tempfile.gettempdir())) - left
    assert not [name for name in new if name.startswith("casefleet-") and "-test-" not in name and "-e2e-" not in name]


def test_the_pages_are_served_from_there(firm: Office, place: Path) -> None:
    """With all that stands in a -wal, too; the journal of the database is told as what it is."""
    firm.db.execute("UPDATE cases SET title = 'Only in the -wal' WHERE id = 1")
    snapshot = copied(firm, place / "snap", "-wal")
    firm.db.close()
    clean = copied(firm, place / "flat")
    for path in (clean, snapshot):
        with mounted_read_only(Path(path).parent), serving(Path(path), "serve") as (address, _):
            visitor = opened()
            with visitor.open(address) as page:
                assert "Lately" in page.read().decode()
            with visitor.open(address.partition("/login")[0] + "/cases") as page:
                assert "Only in the -wal" in page.read().decode()


def test_what_changes_something_is_refused_there(firm: Office, place: Path) -> None:
    firm.db.close()
    path = copied(firm, place / "flat")
    with mounted_read_only(Path(path).parent):
        code, told = said(path, "user add Eva eva@firm.example")
    assert (code, told) == (
        78,
        "casefleet: FOLDER/casefleet.db is on a read-only mount; to change it, mount that anew.\n",
    )
