"""Archives and Apple Mail's files: every message comes out whole and once, and what is none is listed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import plistlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.sources import Item, Skipped, Source, byte_of, find, members, read
from tests.mailfiles import DATED, mail, raws, tree
from tests.timing import is_linear

MEMBERS = {
    "1.eml": mail(1),
    "boxes/Inbox": DATED + mail(2) + b"\n" + DATED + mail(3),
    "md/.Sent.2003/cur/9:2,SR": mail(4),
    "notes.txt": b"some prose\n",
    "__MACOSX/._1.eml": b"\x00\x05",
    "md/tmp/1": mail(9),
    "empty/": b"",
    "5.emlx": b"%d\n%b" % (len(mail(5)), mail(5)) + plistlib.dumps({"flags": 1 | 1 << 4}),
}
WHOLE = [
    ("1.eml", "eml", 1, ()),
    ("boxes/Inbox#1", "mbox", 2, ()),
    ("boxes/Inbox#2", "mbox", 3, ()),
    ("md/.Sent.2003/cur/9:2,SR", "maildir", 4, ("Sent/2003", "replied", "seen")),
    ("5.emlx", "eml", 5, ("flagged", "seen")),
]


def zipped(members: dict[str, bytes] = MEMBERS, **options: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:  # type: ignore[arg-type]
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in MEMBERS.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.eml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return file.getvalue()


ARCHIVES = {
    "zip": zipped(),
    "deflated.zip": zipped(compression=zipfile.ZIP_DEFLATED),
    "lzma.zip": zipped(compression=zipfile.ZIP_LZMA),
    "tar": tarred("w"),
    "tar.gz": tarred("w:gz"),
    "tar.bz2": tarred("w:bz2"),
    "tar.xz": tarred("w:xz"),
}


def source(folder: Path, content: bytes, name: str = "archive") -> Source:
    path = folder / name
    path.write_bytes(content)
    (found,) = find([path])
    assert isinstance(found, Source), found
    return found


def told(things: list[Item | Skipped]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [
        (thing.origin.partition("!")[2], thing.kind, int(thing.raw.split(b"Subject: ")[1].split()[0]), thing.labels)
        for thing in things
        if isinstance(thing, Item)
    ]


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_message_of_an_archive(tmp_path: Path, name: str) -> None:
    archive = source(tmp_path, ARCHIVES[name])
    assert archive.kind == "packed"
    things = list(read(archive))
    assert told(things) == WHOLE
    assert next(thing.raw for thing in things if isinstance(thing, Item)) == mail(1)
    skipped = {thing.origin.partition("!")[2]: thing for thing in things if isinstance(thing, Skipped)}
    # Whatever is no mail is listed: prose, what is in tmp/, the books of macOS, the link that leads out of a tar.
    assert [name for name, thing in skipped.items() if not thing.is_bookkeeping] == [
        "notes.txt",
        *(["link.eml"] if "tar" in name else []),
    ]
    assert [name for name, thing in skipped.items() if thing.is_bookkeeping] == ["__MACOSX/._1.eml", "md/tmp/1"]
    positions = [thing.position for thing in things]
    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)


@pytest.mark.parametrize("name", ["zip", "tar.gz"])
def test_reading_goes_on_after_any_position(tmp_path: Path, name: str) -> None:
    archive = source(tmp_path, ARCHIVES[name])
    things = list(read(archive))
    for number, thing in enumerate(things):
        assert list(read(archive, thing.position)) == things[number + 1 :]
    inbox = [thing for thing in things if "#2" in thing.origin]
    assert byte_of(inbox[0].position) == len(DATED + mail(2)) + 1


@pytest.mark.parametrize(("compress", "end"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")])
@pytest.mark.parametrize("content", [mail(1), DATED + mail(1) + b"\n" + DATED + mail(2)])
def test_a_compressed_file(tmp_path: Path, compress: object, end: str, content: bytes) -> None:
    things = list(read(source(tmp_path, compress(content), f"2003-01.{end}")))  # type: ignore[operator]
    assert [number for _, _, number, _ in told(things)] == list(range(1, len(things) + 1))
    assert things[0].origin.partition("!")[2].startswith("2003-01")


def test_an_archive_inside_an_archive_is_listed(tmp_path: Path) -> None:
    (thing,) = read(source(tmp_path, zipped({"inner.zip": zipped()})))
    assert isinstance(thing, Skipped)
    assert "archive inside" in thing.reason


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_damaged_archive_gives_what_there_is_and_says_so(tmp_path: Path, name: str) -> None:
    content = ARCHIVES[name]
    for cut in (len(content) // 2, len(content) - 30):
        things = list(read(source(tmp_path, content[:cut])))
        assert {type(thing) for thing in things} <= {Item, Skipped}
        assert isinstance(things[-1], Skipped) or told(things) == WHOLE


def test_a_damaged_member_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    content = bytearray(zipped({"1.eml": mail(1), "2.eml": mail(2), "3.eml": mail(3)}))
    at = content.index(b"Subject: 2")
    content[at : at + 7] = b"SUBJECT"
    things = list(read(source(tmp_path, bytes(content))))
    assert [number for _, _, number, _ in told(things)] == [1, 3]
    assert "damaged" in next(thing.reason for thing in things if isinstance(thing, Skipped))


def test_a_member_with_a_password(tmp_path: Path) -> None:
    content = bytearray(zipped({"1.eml": mail(1)}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (thing,) = read(source(tmp_path, bytes(content)))
    assert isinstance(thing, Skipped)
    assert "password" in thing.reason


def test_what_unpacks_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "ALWAYS", 10_000_000)
    monkeypatch.setattr(members, "MOST_FOLD", 1)
    bomb = source(tmp_path, gzip.compress(mail(1) + b"0" * 50_000_000))
    (thing,) = read(bomb)
    assert isinstance(thing, Skipped)
    assert "unpacks to far more" in thing.reason


def test_hostile_names_of_members_are_only_words(tmp_path: Path) -> None:
    names = ["../../etc/cron.d/x.eml", "/etc/passwd", "a\x1b[2J.eml", "x" * 5000]
    things = list(read(source(tmp_path, zipped({name: mail(1) for name in names}))))
    assert [thing.origin.partition("!")[2] for thing in things] == names
    assert {path.name for path in tmp_path.iterdir()} == {"archive"}


# --- Apple Mail ---


@pytest.mark.parametrize(
    ("content", "raw", "labels"),
    [
        (b"%d\n%b" % (len(mail(1)), mail(1)), mail(1), ()),
        (b"%d      \r\n%b" % (len(mail(1)), mail(1)) + plistlib.dumps({"flags": 1}), mail(1), ("seen",)),
        (b"99999\n" + mail(1), mail(1), ()),
        (b"5\n" + mail(1), b"5\n" + mail(1), ()),
    ],
    ids=["bare", "flags", "cut", "no-emlx"],
)
def test_an_emlx(tmp_path: Path, content: bytes, raw: bytes, labels: tuple[str, ...]) -> None:
    (tmp_path / "1.emlx").write_bytes(content)
    form = "emlx" if raw == mail(1) else ""
    assert list(read(Source(tmp_path / "1.emlx", "eml"))) == [
        Item(str(tmp_path / "1.emlx"), 0, raw, labels, format=form)
    ]


# --- Gmail ---


@pytest.mark.parametrize(
    ("field", "labels"),
    [
        (b"X-Gmail-Labels: Inbox,Important", ("Inbox", "Important")),
        (b'X-Gmail-Labels: "Smith, John",Opened', ("Smith, John", "Opened")),
        (b"X-Gmail-Labels: =?UTF-8?Q?Ge=C3=B6ffnet,Posteingang?=", ("Geöffnet", "Posteingang")),
        (b"x-gmail-labels: A,\r\n B,\r\n\tC, A,,", ("A", "B", "C")),
        (b"X-Other: X-Gmail-Labels", ()),
        (b"X-Gmail-Labels:", ()),
    ],
)
def test_the_labels_of_gmail(tmp_path: Path, field: bytes, labels: tuple[str, ...]) -> None:
    (tmp_path / "All mail.mbox").write_bytes(DATED + field + b"\n" + mail(1))
    (item,) = read(Source(tmp_path / "All mail.mbox", "mbox"))
    assert isinstance(item, Item)
    assert item.labels == labels


# --- standard input ---


@pytest.mark.parametrize(
    ("content", "origins"), [(mail(1), ["-"]), (DATED + mail(1) + DATED + mail(2), ["-#1", "-#2"])]
)
def test_standard_input(content: bytes, origins: list[str]) -> None:
    code = ("from pathlib import Path; from casefleet_cli.sources import find, read\n"
            "for source in find([Path('-')]):\n  for item in read(source): print(item.origin)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)
    assert done.stdout.decode().split() == origins


# --- links, damage, compressed members ---


def tar_of(*entries: tuple[str, bytes, str, bytes], end: bool = True) -> bytes:
    """A tar of (name, type, target, content)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind, target, content in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue() if end else file.getvalue()[: archive.offset - 1024]


FILE, HARD, LINK, FOLDER = tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_links_in_a_tar_are_followed_or_listed(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    content = tar_of(
        ("M/tmp/1.M1.mx", FILE, "", mail(1)),
        ("M/cur/1.M1.mx:2,S", HARD, "M/tmp/1.M1.mx", b""),
        ("M/cur/0.M1.mx:2,", LINK, "../new/2.M2.mx", b""),
        ("M/new/2.M2.mx", FILE, "", mail(2)),
        ("M/cur/chain:2,F", LINK, "1.M1.mx:2,S", b""),
        ("M/loop", LINK, "loop", b""),
        ("M/out", LINK, "../../etc/passwd", b""),
        ("M/gone", HARD, "M/nowhere", b""),
        ("M/dir", LINK, "cur", b""),
        ("M/cur", FOLDER, "", b""),
        ("M/pipe", tarfile.FIFOTYPE, "", b""),
    )
    archive = source(tmp_path, compress(content))
    things = list(read(archive))
    assert [(name.partition("M/")[2], number, labels) for name, _, number, labels in told(things)] == [
        ("new/2.M2.mx", 2, ()),
        ("cur/1.M1.mx:2,S", 1, ("seen",)),
        ("cur/0.M1.mx:2,", 2, ()),
    ]
    assert {
        thing.origin.partition("M/")[2]: thing.reason.split(":")[0] for thing in things if isinstance(thing, Skipped)
    } == {
        "tmp/1.M1.mx": "This is in tmp/, where a delivery that never ended left it",
        "pipe": "This is no regular file.",
        "loop": "This is a link that leads out of the folder that is read",
        "out": "This is a link that leads out of the folder that is read",
        "dir": "This is a link to a folder",
        "cur/chain:2,F": "This is one more link to M/tmp/1.M1.mx, which is read.",
        "gone": "This is a link to M/nowhere, which is no file in this archive.",
    }
    positions = [thing.position for thing in things]
    assert positions == sorted(set(positions))
    for number, thing in enumerate(things):
        assert list(read(archive, thing.position)) == things[number + 1 :]


def test_links_in_a_zip_are_followed_or_listed(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/1.eml", mail(1))
        for name, target in (("b/2.eml", "../a/1.eml"), ("out.eml", "/etc/passwd"), ("gone.eml", "nowhere")):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
    things = list(read(source(tmp_path, file.getvalue())))
    assert [(name, number) for name, _, number, _ in told(things)] == [("a/1.eml", 1), ("b/2.eml", 1)]
    assert [thing.reason.split(":")[0] for thing in things if isinstance(thing, Skipped)] == [
        "This is a link that leads out of the folder that is read",
        "This is a link to nowhere, which is no file in this archive.",
    ]


BOX = b"".join(DATED + mail(n, b"%d\n" % (n * 7919) * 40) + b"\n" for n in range(1, 200))


@pytest.mark.parametrize(("compress", "least"), [(gzip.compress, 90), (bz2.compress, 0), (lzma.compress, 0)])
def test_what_comes_before_the_damage_is_read(tmp_path: Path, compress: Callable[[bytes], bytes], least: int) -> None:
    packed_box = compress(BOX)
    whole = len(told(list(read(source(tmp_path, packed_box)))))
    assert whole == 199
    damaged = packed_box[: len(packed_box) // 2] + b"\xff" * 40 + packed_box[len(packed_box) // 2 + 40 :]
    for content, word in (
        (packed_box[: len(packed_box) // 2], "cut"),
        (damaged, "damaged"),
        (packed_box + b"\0" * 600 + b"tail", "4 bytes behind the end"),
    ):
        things = list(read(source(tmp_path, content)))
        found = raws(things)
        sure = min(90, len(found) - 1) if word == "damaged" else len(found) - 1
        assert found[:sure] == [mail(n, b"%d\n" % (n * 7919) * 40) for n in range(1, sure + 1)]
        assert len(found) >= (199 if word.startswith("4") else least)
        last = things[-1]
        assert isinstance(last, Skipped)
        assert word in last.reason
    assert [thing for thing in read(source(tmp_path, packed_box + b"\0" * 600)) if isinstance(thing, Skipped)] == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (tar_of(("1.eml", FILE, "", mail(1)), end=False), "ends before its end mark"),
        (tar_of(("1.eml", FILE, "", mail(1)), end=False) + b"x" * 512, "ends before its end mark"),
        (tar_of(("1.eml", FILE, "", mail(1))) + tar_of(("2.eml", FILE, "", mail(2))), "follows the end"),
        (
            gzip.compress(tar_of(("1.eml", FILE, "", mail(1)), ("2.eml", FILE, "", os.urandom(9_000))))[:4_000],
            "damaged",
        ),
    ],
)
def test_damage_of_a_tar_is_listed(tmp_path: Path, content: bytes, word: str) -> None:
    things = list(read(source(tmp_path, content)))
    assert [number for _, _, number, _ in told(things)][:1] == [1]
    assert any(word in thing.reason for thing in things if isinstance(thing, Skipped))


def test_a_compressed_member_is_read_and_no_deeper(tmp_path: Path) -> None:
    things = list(
        read(
            source(
                tmp_path,
                zipped({
                    "M/cur/1.M1.mx:2,S": gzip.compress(mail(1)),
                    "2.eml.gz": bz2.compress(mail(2)),
                    "2003-01.txt.gz": gzip.compress(DATED + mail(3) + b"\n" + DATED + mail(4)),
                    "deep.gz": gzip.compress(gzip.compress(mail(5))),
                    "tar.gz": gzip.compress(tar_of(("1.eml", FILE, "", mail(6)))),
                }),
            )
        )
    )  # fmt: skip
    assert [(name, kind, number) for name, kind, number, _ in told(things)] == [
        ("M/cur/1.M1.mx:2,S", "maildir", 1),
        ("2.eml.gz", "eml", 2),
        ("2003-01.txt.gz#1", "mbox", 3),
        ("2003-01.txt.gz#2", "mbox", 4),
    ]
    assert [thing.origin.partition("!")[2] for thing in things if isinstance(thing, Skipped)] == ["deep.gz", "tar.gz"]


def test_a_file_and_a_member_of_an_archive_are_told_apart_by_the_same_question(tmp_path: Path) -> None:
    files = {
        "M/cur/1.M1.mx:2,S": b"no header at all\n", "M/cur/2.M1.mx:2,S": gzip.compress(mail(2)), "M/cur/3.M1.mx": b"%PDF-1",
        "M/.hidden": mail(3), "box": DATED + mail(4), "prose": b"Dear Ada\n", "new/prose": b"Dear\n", "Drafts/5.eml": mail(5), ".DS_Store": b"\0",
        "M/.Trash/cur/1479288536.M1.mx:2,T": mail(6), "M/new/7.M1.mx": b"From -\n" + mail(7) + b"\nFrom -\n" + mail(8),
    }  # fmt: skip
    tree(tmp_path / "t", files)
    by_walking = [
        thing for found in find([tmp_path / "t"]) for thing in (read(found) if isinstance(found, Source) else [found])
    ]

    def told_as(things: list[Item | Skipped], root: str) -> set[tuple[object, ...]]:
        return {
            (thing.origin.removeprefix(root), type(thing), *(
                (thing.raw, thing.state, thing.moment) if isinstance(thing, Item) else (thing.reason, thing.is_bookkeeping)
            ))
            for thing in things
        }  # fmt: skip

    for content in (zipped(files), tar_of(*((name, FILE, "", content) for name, content in files.items()))):
        archive = source(tmp_path, content)
        things = list(read(archive))
        assert told_as(things, f"{archive.path}!") == told_as(by_walking, f"{tmp_path}/t/")


@pytest.mark.parametrize(
    "content",
    [
        lambda size: tar_of(*((f"{n}", LINK, f"{n + 1}", b"") for n in range(size))),
        lambda size: zipped({f"{n}": b"" for n in range(size)}),
        lambda size: b"".join(tar_of((f"d{n}", tarfile.XHDTYPE, "", b""))[:512] for n in range(size)) + b"\0" * 1024,
        lambda _: tar_of(("x", FILE, "", b""))[:124] + b"77777777777\0" + tar_of(("x", FILE, "", b""))[136:],
    ],
    ids=["chain of links", "empty members", "headers upon headers", "a size that is a lie"],
)
def test_hostile_archives_take_linear_time_and_raise_nothing(tmp_path: Path, content: Callable[[int], bytes]) -> None:
    path = tmp_path / "archive"

    def work(archive: bytes) -> None:
        path.write_bytes(archive)
        things = list(read(Source(path, "packed")))
        assert things
        assert all(isinstance(thing, Skipped) for thing in things)

    assert is_linear(work, content, 1_500)
