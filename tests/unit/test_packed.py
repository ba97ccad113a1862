"""Archives and Apple Mail's files: every message comes out whole and once, and what is none is listed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import plistlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from casefleet_cli.sources import Item, Skipped, Source, byte_of, find, members, read
from tests.mailfiles import DATED, mail

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
    assert list(read(Source(tmp_path / "1.emlx", "eml"))) == [Item(str(tmp_path / "1.emlx"), 0, raw, labels)]


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
