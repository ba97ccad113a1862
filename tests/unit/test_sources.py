"""Sources: what is found under a path, in which order, and what is listed instead."""

from __future__ import annotations

import ast
import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from casefleet_cli.core.rules import explanation
from casefleet_cli.errors import NoInputError, UsageError
from casefleet_cli.sources import Item, Skipped, Source, find, items, many, read
from tests.mailfiles import DATED, found, mail, raws, tree

ROOT = Path(__file__).parents[2]


def test_what_is_found_in_a_folder(tmp_path: Path) -> None:
    root = tree(tmp_path, {
        "b/2.eml": mail(2), "b/10.eml": mail(10), "a/no-name-says-it": DATED + mail(1), "a/.hidden": mail(9),
        "c/m/cur/1:2,S": mail(3), "c/m/new/.gitkeep": b"", ".git/x.eml": mail(9), "Inbox.msf": b"x", "Inbox.lock": b"",
        "Inbox": DATED + mail(4), "c/notes.txt": b"some prose\n", "d.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ".Old/cur/1": mail(5), ".Old/new/.gitkeep": b"",
    })  # fmt: skip
    assert [(name, kind if len(kind) < 10 else "-") for name, kind in found(root)] == [
        (".Old", "maildir"),
        ("Inbox", "mbox"),
        ("a/.hidden", "-"),
        ("a/no-name-says-it", "mbox"),
        ("b/10.eml", "eml"),
        ("b/2.eml", "eml"),
        ("c/m", "maildir"),
        ("c/notes.txt", "-"),
        ("d.msg", "eml"),
    ]
    assert list(find([root])) == list(find([root]))
    passed = [thing for thing in find([root]) if isinstance(thing, Skipped) and thing.is_bookkeeping]
    assert [(os.path.relpath(thing.origin, root), thing.reason) for thing in passed] == [
        (".git", "This folder is the book-keeping of a program: not searched."),
        *((name, "This is hidden, a lock, or one of the books that mail programs keep: not read.")
          for name in ("Inbox.lock", "Inbox.msf")),
    ]  # fmt: skip


def test_paths_are_found_in_their_order_and_a_hidden_one_that_is_named_too(tmp_path: Path) -> None:
    tree(tmp_path, {"b.eml": mail(1), "a.eml": mail(2), ".c": mail(3)})
    paths = [tmp_path / name for name in ("b.eml", "a.eml", ".c")]
    assert list(find(paths)) == [Source(path, "eml") for path in paths]
    assert list(read(Source(paths[0], "eml"))) == [Item(str(paths[0]), 0, mail(1))]
    assert list(read(Source(paths[0], "eml"), after=0)) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("eml", [("box", "eml"), ("m/cur/1", "eml"), ("prose", "eml"), ("x.zip", None)]),
        ("mbox", [("box", "mbox"), ("m/cur/1", "mbox"), ("prose", "mbox"), ("x.zip", None)]),
        ("maildir", [("box", None), ("m", "maildir"), ("prose", None), ("x.zip", None)]),
    ],
)
def test_a_type_overrules_looking(tmp_path: Path, kind: str, expected: list[tuple[str, str | None]]) -> None:
    root = tree(tmp_path, {
        "box": DATED + mail(1), "m/cur/1": mail(2), "m/new/.gitkeep": b"", "m/tmp/2": mail(2), "prose": b"Hello\n",
        "x.zip": b"PK\x03\x04",
    })  # fmt: skip
    assert [(name, said if len(said) < 10 else None) for name, said in found(root, kind)] == expected


def test_links_do_not_lead_out_and_do_not_loop(tmp_path: Path) -> None:
    root = tree(tmp_path / "ada", {"x/1.eml": mail(1)})
    tree(tmp_path / "bob", {"2.eml": mail(2)})
    for name, target in {"bob": "../bob", "loop": ".", "up": "..", "2.eml": "../bob/2.eml", "self": "self",
                         "same.eml": "x/1.eml", "x/back": "..", "nowhere": "gone"}.items():  # fmt: skip
        (root / name).symlink_to(target)
    assert [(name, kind.split()[0]) for name, kind in found(root)] == [
        ("2.eml", "This"), ("bob", "This"), ("nowhere", "Cannot"), ("same.eml", "eml"), ("self", "Cannot"), ("up", "This"),
        ("x/1.eml", "eml"),
    ]  # fmt: skip
    (root / "bob").rename(tmp_path / "named")
    (tmp_path / "named").unlink()
    (tmp_path / "named").symlink_to("bob")
    assert found(tmp_path / "named") == [("2.eml", "eml")]


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path) -> None:
    start = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_100):
            Path("d").mkdir()
            os.chdir("d")
        Path("1.eml").write_bytes(mail(1))
        assert [source.kind for source in find([tmp_path]) if isinstance(source, Source)] == ["eml"]
    finally:  # step by step: shutil.rmtree calls itself too deep
        Path("1.eml").unlink(missing_ok=True)
        while not Path.cwd().samefile(tmp_path):
            os.chdir("..")
            Path("d").rmdir()
        os.chdir(start)


@pytest.mark.parametrize("name", ["gone", "gone/deeper", "file/below"])
def test_a_path_that_is_not_there_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(mail(1))
    with pytest.raises(NoInputError, match="There is no file or folder .*" + name):
        find([tmp_path / "file", tmp_path / name])


def test_a_type_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="eml, maildir, mbox"):
        find([tmp_path], "pst")


def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    tree(tmp_path, {"a/1.eml": mail(1), "b.eml": mail(2)})
    os.mkfifo(tmp_path / "pipe")
    gone = [Source(tmp_path / "gone", kind) for kind in ("eml", "mbox", "maildir")]
    for source in gone:
        things = list(read(source))
        assert things
        assert all(isinstance(thing, Skipped) and thing.reason.startswith("Cannot be read: ") for thing in things)
    (tmp_path / "a").chmod(0)
    (tmp_path / "b.eml").chmod(0)
    # Root reads everything; without that power it is as any other user.
    meek = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    program = f"from tests.mailfiles import *; print(found(Path({str(tmp_path)!r})))"
    try:
        told = subprocess.run([*meek, sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    finally:
        (tmp_path / "a").chmod(0o700)
    assert [name for name, said in ast.literal_eval(told.stdout.decode()) if said.startswith("Cannot be read")] == [
        "a",
        "b.eml",
    ]


def test_a_name_that_is_no_utf_8_gives_a_clean_origin(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.eml")
    Path(path).write_bytes(mail(1))
    (source,) = find([tmp_path])
    assert isinstance(source, Source)
    (item,) = read(source)
    assert item.origin == f"{tmp_path}/caf\\xe9.eml"
    item.origin.encode()


OF_TWO = {"mbox": DATED + mail(1) + b"\n" + DATED + mail(2)}
"""A file with the mails 1 and 2 in each format in which one file holds many."""


@pytest.mark.parametrize("kind", many.READERS)
def test_a_format_of_many_mails_is_read_alike_wherever_it_lies(tmp_path: Path, kind: str) -> None:
    assert kind in OF_TWO, "a further format needs an example in OF_TWO"
    tree(tmp_path, {"a": OF_TWO[kind], "b.gz": gzip.compress(OF_TWO[kind])})
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("a", OF_TWO[kind])
    sources = [source for source in find([tmp_path]) if isinstance(source, Source)]
    assert [source.kind for source in sources] == [kind, "packed", "packed"]
    whole = [list(read(source)) for source in sources]
    assert [raws(things) for things in whole] == [[mail(1), mail(2)]] * 3
    # An import keeps what an item says of itself, else its source.
    words = [{thing.kind or source.kind for thing in things} for source, things in zip(sources, whole, strict=True)]
    assert words == words[:1] * 3
    assert words[0] <= set(items.KINDS), "`deliveries.source` takes no other word: an Item of it says its kind"
    for source, (first, second) in zip(sources, whole, strict=True):
        assert list(read(source, first.position)) == [second]
        assert list(read(source, second.position)) == []


@pytest.mark.parametrize("kind", many.READERS)
def test_a_file_of_many_mails_that_was_cut_raises_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    for end in range(len(OF_TWO[kind])):
        path.write_bytes(OF_TWO[kind][:end])
        assert mail(2) not in raws(list(read(Source(path, kind))))


def test_every_format_is_told_in_words() -> None:
    readme = (ROOT / "README.md").read_text()
    assert set(explanation._FORMATS) == set(items.FORMATS)
    assert [name for name in items.FORMATS if f"`{name}`" not in readme] == []
