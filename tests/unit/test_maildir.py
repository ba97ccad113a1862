"""A Maildir: its folders, its flags, what is missing of it and what is wrong in it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import zlib
from pathlib import Path

import pytest

from casefleet_cli.sources import Item, Skipped, Source, find, read
from casefleet_cli.sources.maildir import flags, folder_name
from tests.mailfiles import mail, raws, tree


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1.a.host:2,", ()),
        ("1.a.host", ()),
        ("1.a.host:2,RS", ("replied", "seen")),
        ("1.a.host;2,FP", ("flagged", "passed")),
        ("1.a.host,S=10:2,DSTabz", ("draft", "seen", "trashed")),
        ("1.a.host:1,S", ()),
    ],
)
def test_the_flags_of_a_maildir_name(name: str, words: tuple[str, ...]) -> None:
    assert flags(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".Sent", "Sent"),
        (".Sent.2003", "Sent/2003"),
        (".Entw&APw-rfe", "Entwürfe"),
        (".A &- B", "A & B"),
        (".&bad!-", "&bad!-"),
        (".&2D0-", "&2D0-"),
    ],
)
def test_the_name_of_a_maildir_folder(name: str, words: str) -> None:
    assert folder_name(name) == words


def test_a_maildir_with_its_folders(tmp_path: Path) -> None:
    root = tree(tmp_path / "Maildir", {
        "cur/2.b.host:2,S": mail(2), "new/1.a.host": mail(1), "new/3.c.host": b"no header at all\n",
        "tmp/9.z.host": mail(9), "cur/.hidden": b"x", "new/4.d.host": b"", "dovecot-uidlist": b"3 V1", "maildirfolder": b"",
        ".Sent.2003/cur/5.e.host:2,RS": mail(5), ".Sent.2003/new/.gitkeep": b"", ".Sent.2003/tmp/x": mail(9),
        "Boxes/cur/6.f.host:2,": mail(6), "Boxes/new/.gitkeep": b"",
    })  # fmt: skip
    everything = list(find([root]))
    sources = [source for source in everything if isinstance(source, Source)]
    assert sources == [
        Source(root, "maildir"),
        Source(root / ".Sent.2003", "maildir", ("Sent/2003",)),
        Source(root / "Boxes", "maildir", ("Boxes",)),
    ]
    things = [thing for source in sources for thing in read(source, after=0)]
    assert [os.path.relpath(thing.origin, root) for thing in (*everything, *things) if getattr(thing, "is_bookkeeping", 0)] == [
        "dovecot-uidlist", "maildirfolder", "cur/.hidden", "tmp/9.z.host", ".Sent.2003/new/.gitkeep", ".Sent.2003/tmp/x",
        "Boxes/new/.gitkeep",
    ]  # fmt: skip
    assert [thing for thing in things if isinstance(thing, Item) or not thing.is_bookkeeping] == [
        Item(f"{root}/new/1.a.host", 0, mail(1), ()),
        Item(f"{root}/cur/2.b.host:2,S", 0, mail(2), ("seen",)),
        Item(f"{root}/new/3.c.host", 0, b"no header at all\n", ()),
        Skipped(f"{root}/new/4.d.host", 0, "The file is empty."),
        Item(f"{root}/.Sent.2003/cur/5.e.host:2,RS", 0, mail(5), ("Sent/2003", "replied", "seen")),
        Item(f"{root}/Boxes/cur/6.f.host:2,", 0, mail(6), ("Boxes",)),
    ]


def test_a_link_out_of_a_maildir_is_listed(tmp_path: Path) -> None:
    tree(tmp_path, {"m/cur/1:2,": mail(1), "m/new/.gitkeep": b"", "secret": mail(2)})
    (tmp_path / "m/new/2").symlink_to(tmp_path / "secret")
    (tmp_path / "m/new/3").symlink_to(tmp_path / "m/cur/1:2,")
    (tmp_path / "m/new/4").symlink_to("4")
    os.mkfifo(tmp_path / "m/new/5")
    _, first, second, *rest = read(Source(tmp_path / "m", "maildir"))
    assert (raws([first]), raws([second])) == ([mail(1)], [])
    assert [type(thing) for thing in rest] == [Item, Skipped, Skipped]


# --- what is missing or wrong ---


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        ({"m/cur/1.M1.mx:2,S": b""}, ["maildir"]),
        ({"m/new/1.M1.mx": b""}, ["maildir"]),
        ({"m/cur/x": b"", "m/tmp/y": b""}, ["maildir"]),
        ({"m/cur/x": b"", "m/new/y": b""}, ["maildir"]),
        ({"m/.Sent/cur/1.M1.mx:2,S": b""}, ["maildir"]),
        ({"m/cur/1.M1.mx:2,S": b"", "m/.Sent/cur/2.M1.mx:2,S": b""}, ["maildir", "maildir"]),
        ({"m/cur/x.eml": mail(1)}, ["eml"]),  # a folder that happens to be called so
        ({"m/new/x.eml": mail(1)}, ["eml"]),
    ],
)
def test_a_maildir_that_lost_its_empty_folders(tmp_path: Path, files: dict[str, bytes], kinds: list[str]) -> None:
    root = tree(tmp_path, files)
    assert [source.kind for source in find([root / "m"]) if isinstance(source, Source)] == kinds


def test_mail_is_read_where_new_is_missing(tmp_path: Path) -> None:
    root = tree(tmp_path / "m", {"cur/1.M1.mx:2,S": mail(1)})
    assert raws(list(read(Source(root, "maildir")))) == [mail(1)]


PACKINGS = {
    "gzip": gzip.compress, "zlib": zlib.compress, "bzip2": bz2.compress, "xz": lzma.compress,
}  # fmt: skip


@pytest.mark.parametrize("name", PACKINGS)
def test_mail_that_the_server_compressed(tmp_path: Path, name: str) -> None:
    root = tree(tmp_path / "m", {"cur/1.M1.mx,S=9:2,S": PACKINGS[name](mail(1)), "new/2.M1.mx": mail(2)})
    assert raws(list(read(Source(root, "maildir")))) == [mail(1), mail(2)]


def test_damage_in_compressed_mail_is_listed_and_what_comes_before_is_kept(tmp_path: Path) -> None:
    long = mail(1, b"".join(b"%d\n" % (n * 7919) for n in range(20_000)))
    root = tree(
        tmp_path / "m", {"cur/1.M1.mx:2,S": gzip.compress(long)[:5_000], "cur/2.M1.mx:2,": gzip.compress(b"\x1f\x8b0")}
    )
    item, damage, nested = read(Source(root, "maildir"))
    assert isinstance(item, Item)
    assert long.startswith(item.raw)
    assert len(item.raw) > 5_000
    assert isinstance(damage, Skipped)
    assert "cut" in damage.reason
    assert isinstance(nested, Skipped)
    assert "archive inside" in nested.reason


def test_zstd_without_its_library_is_listed_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "m", {"cur/1.M1.mx:2,S": b"(\xb5/\xfd\x04\x00"})
    for name in ("compression.zstd", "backports.zstd", "pyzstd"):
        monkeypatch.setitem(sys.modules, name, None)
    (skipped,) = read(Source(root, "maildir"))
    assert isinstance(skipped, Skipped)
    assert "backports.zstd" in skipped.reason


def test_an_mbox_in_a_maildir_is_no_single_mail(tmp_path: Path) -> None:
    root = tree(tmp_path / "m", {"cur/1479288536.M1.mx:2,S": b"From -\n" + mail(1) + b"\nFrom -\n" + mail(2)})
    first, second = read(Source(root, "maildir"))
    assert raws([first, second]) == [mail(1), mail(2)]
    assert isinstance(first, Item)
    assert (first.labels, first.moment, first.kind) == (("seen",), "2016-11-16T09:28:56Z", "")


def test_a_folder_in_cur_is_listed(tmp_path: Path) -> None:
    root = tree(tmp_path / "m", {"cur/deep/1.eml": mail(1), "new/1.M1.mx": mail(2)})
    item, skipped = read(Source(root, "maildir"))
    assert raws([item]) == [mail(2)]
    assert skipped.origin == f"{root}/cur/deep"
