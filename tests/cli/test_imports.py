"""imports list and show: what was imported, and what was left out with its place and reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from casefleet_cli import archive
from casefleet_cli.cli.archives import imports_app
from casefleet_cli.cli.state import State
from tests.firm import Firm, mail


@pytest.fixture
def state(tmp_path: Path) -> State:
    firm = Firm(tmp_path)
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "good.eml").write_bytes(mail("anna@client.example"))
    (folder / "noise.bin").write_bytes(b"\x89PNG\r\n")
    archive.run(firm.db, [folder], user_id=firm.ada)
    made = State()
    made.database_path = firm.path
    return made


def test_list_counts_by_outcome(state: State) -> None:
    found = CliRunner().invoke(imports_app, ["list", "--json"], obj=state)
    (one,) = json.loads(found.output)
    assert (one["id"], one["user"]) == (1, "Ada Berg")
    assert one["counts"] == {"filed": 0, "unassigned": 1, "duplicate": 0, "skipped": 1}
    assert "Ada Berg" in CliRunner().invoke(imports_app, ["list"], obj=state).output


def test_show_names_every_skipped_item_with_its_reason(state: State) -> None:
    shown = CliRunner().invoke(imports_app, ["show", "1"], obj=state).output
    assert "noise.bin: This is a picture." in shown
    assert "1 unassigned, 1 skipped" in shown
    (skip,) = json.loads(CliRunner().invoke(imports_app, ["show", "1", "--json"], obj=state).output)["skipped"]
    assert (skip["origin"].rpartition("/")[2], skip["position"]) == ("noise.bin", 0)


def test_an_unknown_import_is_a_usage_error(state: State) -> None:
    assert "There is no import 9" in str(CliRunner().invoke(imports_app, ["show", "9"], obj=state).exception)


def every_kind(root: Path) -> dict[str, str]:
    """A tree with everything that a folder of archives can hold, and what becomes of it."""
    one, two, three = (mail("anna@client.example", msgid=name) for name in ("one", "two", "three"))
    box = b"From a@b.example Mon May  3 10:00:00 2010\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("in/four.eml", mail("anna@client.example", msgid="four")), ("in/notes.txt", b"prose\n")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    files = {
        "one.eml": one, "again.eml": one, "notes.txt": b"some prose\n", "empty.eml": b"", "old.eml": b"\x89PNG\r\n",
        "Inbox": box + two + b"\n" + box + three + b"\n" + box + b"\nFrom Ada\nSubject: x\n", "Inbox.msf": b"x",
        ".hidden": one, ".DS_Store": b"\0", ".git/config": b"x", ".mail/five.eml": mail("anna@client.example", msgid="five"),
        "M/cur/1.M1.mx:2,S": mail("anna@client.example", msgid="six"), "M/tmp/2.M1.mx": one, "M/cur/.gitkeep": b"",
        "M/.Sent/cur/3.M1.mx:2,S": gzip.compress(mail("anna@client.example", msgid="seven")), "M/dovecot-uidlist": b"3",
        "a.tar.gz": packed.getvalue(), "cut.gz": gzip.compress(box + two)[:-9],
    }  # fmt: skip
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.utime(root / "Inbox", (1_000_000_000, 1_000_000_000))
    (root / "out.eml").symlink_to("/etc/passwd")
    return {
        "": "7 found: 1 logged, 1 known, 5 skipped", ".mail": "1 found: 1 logged", "M": "1 found: 1 logged",
        "M/.Sent": "1 found: 1 logged", "Inbox": "4 found: 3 logged, 1 skipped", "a.tar.gz": "2 found: 1 logged, 1 skipped",
        "cut.gz": "2 found: 1 known, 1 skipped",
    }  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_file_of_a_tree_of_all_kinds_is_accounted_for(tmp_path: Path, jobs: int) -> None:
    firm, root = Firm(tmp_path), tmp_path / "tree"
    wanted = every_kind(root)
    done = archive.run(firm.db, [root], user_id=firm.ada, jobs=jobs)
    state = State()
    state.database_path = firm.path
    told = json.loads(CliRunner().invoke(imports_app, ["show", "1", "--json"], obj=state).output)
    places = [
        Path(origin.partition("!")[0].partition("#")[0]) for (origin,) in firm.all("SELECT origin FROM deliveries")
    ]
    places += [
        Path(skip["origin"].partition("!")[0].partition("#")[0]) for skip in (*told["skipped"], *told["bookkeeping"])
    ]
    files = {path for path in root.rglob("*") if path.is_file() or path.is_symlink()}
    # Every file is logged, skipped or passed over by its name; of .git the folder, and of what was known the account.
    known = {root / "again.eml", root / "one.eml"}
    assert files - set(places) - known == {root / ".git/config"}
    assert root / ".git" in places
    assert sum(done.counts.values()) == sum(source["found"] for source in told["sources"])
    assert done.counts["skipped"] == len(told["skipped"]) == sum(source["skipped"] for source in told["sources"])
    assert all(source["is_done"] for source in told["sources"])
    shown = CliRunner().invoke(imports_app, ["show", "1"], obj=state).output
    for place, words in wanted.items():
        assert f"{(root / place) if place else root}: {words}\n" in shown, shown


def test_show_tells_the_bytes_of_what_was_left_out(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    line = b"From a@b.example Mon May  3 10:00:00 2010\n"
    first, odd = line + mail("anna@client.example", msgid="one") + b"\n", line
    half = line + b"From: ada@firm.example\nSubject: half\n\nhalf a sen"
    box, cut = tmp_path / "Inbox", tmp_path / "cut.gz"
    box.write_bytes(first + odd + half)
    cut.write_bytes(gzip.compress(first, mtime=0)[:-8])
    archive.run(firm.db, [box, cut], user_id=firm.ada)
    state = State()
    state.database_path = firm.path
    shown = CliRunner().invoke(imports_app, ["show", "1"], obj=state).output.splitlines()
    begin, middle, end = len(first), len(first + odd), len(first + odd + half)
    assert f"{box}#2, bytes {begin} to {middle}: There is nothing between this From_ line and the next." in shown
    assert any(row.startswith(f"{box}#3, bytes {middle} to {end}: The last mail") for row in shown)
    assert any(row.startswith(f"{cut}!cut, from byte {len(first)}: This compressed file was cut") for row in shown)
    told = json.loads(CliRunner().invoke(imports_app, ["show", "1", "--json"], obj=state).output)["skipped"]
    ranges = {(skip["begins_at"], skip["ends_at"]) for skip in told}
    assert ranges == {(begin, middle), (middle, end), (len(first), None)}
    # Once more, when the mail is whole: what is listed of the file is listed anew.
    box.write_bytes(first + odd + half + b"tence.\n")
    archive.run(firm.db, [box], user_id=firm.ada)
    told = json.loads(CliRunner().invoke(imports_app, ["show", "2", "--json"], obj=state).output)["skipped"]
    assert [(skip["begins_at"], skip["ends_at"]) for skip in told] == [(begin, middle)]


def run(firm: Firm, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "import", *words], capture_output=True, text=True
    )


def test_import_says_nothing_but_what_went_wrong_when_quiet(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    good, bad = tmp_path / "good.eml", tmp_path / "bad.bin"
    good.write_bytes(mail("anna@client.example"))
    bad.write_bytes(b"\x89PNG\r\n")
    done = run(firm, str(good), "--user", "Ada Berg", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run(firm, str(bad), "--user", "Ada Berg", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "casefleet imports show 2" in done.stderr
    assert "This is a picture." in done.stderr


def test_import_on_other_terms_is_told_by_show(state: State, tmp_path: Path) -> None:
    other = tmp_path / "other.eml"
    other.write_bytes(mail("bob@client.example"))
    firm_path = state.database_path
    words = ["--db", firm_path, "import", str(other), "--user", "Ada Berg", "--route", "none", "--as-of", "sent"]
    done = subprocess.run([sys.executable, "-m", "casefleet_cli", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "Import 2: 1 unassigned.\n")
    assert "as-of sent, route none" in CliRunner().invoke(imports_app, ["show", "2"], obj=state).output


@pytest.mark.parametrize("words", [("--route", "all"), ("--as-of", "yesterday"), ("--type", "pst")])
def test_import_with_words_it_does_not_know_is_a_usage_error(tmp_path: Path, words: tuple[str, str]) -> None:
    done = run(Firm(tmp_path), str(tmp_path), *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_format_of_an_archive_is_shown_wherever_its_mail_is(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    archive_ = tmp_path / "tree"
    archive_.mkdir()
    (archive_ / "1.emlx").write_bytes(
        b"%d\n" % len(mail("anna@client.example", msgid="1")) + mail("anna@client.example", msgid="1")
    )
    (archive_ / "All mail.mbox").write_bytes(
        b"From 1@xxx Mon May  3 10:00:00 2010\nX-Gmail-Labels: Sent\n" + mail("anna@client.example", msgid="2")
    )
    (archive_ / "plain.eml").write_bytes(mail("anna@client.example", msgid="3"))
    archive.run(firm.db, [archive_], user_id=firm.ada)
    assert firm.all("SELECT source, format FROM deliveries ORDER BY id") == [
        ("eml", "emlx"), ("mbox", "takeout"), ("eml", None),
    ]  # fmt: skip
    state = State()
    state.database_path = firm.path
    words = (
        ("eml (emlx)", "It came as an .emlx of Apple Mail."),
        ("mbox (takeout)", "It came as part of a Google Takeout."),
        ("eml,", ""),
    )
    for number, (by, sentence) in enumerate(words, 1):

        def said(*command: str, of: int = number) -> str:
            return subprocess.run(
                [sys.executable, "-m", "casefleet_cli", "--db", firm.path, *command, str(of)],
                capture_output=True,
                text=True,
            ).stdout

        assert f"for Ada Berg by {by}" in said("email", "show")
        told = [json.loads(said(*command, "--json")) for command in (("email", "show"), ("explain",))]
        form = firm.one("SELECT format FROM deliveries WHERE id = ?", number)
        assert told[0]["deliveries"][0]["format"] == told[1]["decisions"][0]["format"] == form
        assert ("It came as" in said("explain")) == bool(sentence)
        assert sentence in said("explain")


def test_mail_that_dovecot_compressed_with_zstd_is_listed_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compression.zstd", "backports.zstd", "pyzstd"):
        monkeypatch.setitem(sys.modules, name, None)
    firm, holder = Firm(tmp_path), tmp_path / "m" / "cur"
    holder.mkdir(parents=True)
    (holder / "1.M1.mx,S=900,W=920:2,S").write_bytes(b"(\xb5/\xfd\x04\x00\x99")
    (holder / "2.M1.mx:2,S").write_bytes(mail("anna@client.example"))
    done = archive.run(firm.db, [tmp_path / "m"], user_id=firm.ada)
    assert done.counts == {"filed": 0, "unassigned": 1, "duplicate": 0, "skipped": 1}
    state = State()
    state.database_path = firm.path
    shown = CliRunner().invoke(imports_app, ["show", "1"], obj=state).output
    assert "1.M1.mx,S=900,W=920:2,S: This is compressed with zstd: install the Python package backports.zstd" in shown
    assert f"{tmp_path / 'm'}: 2 found: 1 logged, 1 skipped\n" in shown
