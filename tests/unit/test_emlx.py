"""Apple Mail's .partial.emlx: put together from what lies beside it, and what is missing is told."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.sources import Item, Skipped, Source, find, read
from casefleet_cli.sources.items import MEMBER
from tests.mailfiles import items, mail, tree


def partial(parts: list[bytes], end: bytes = b"\n") -> bytes:
    head = b"From: a@x.example\nSubject: 7\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b7\n\n"
    body = b"".join(b"--b7\n" + part + b"\n" for part in parts) + b"--b7--\n"
    content = (head + body).replace(b"\n", end)
    return (
        b"%d\n%b" % (len(content), content) + b"<?xml?><plist><dict><key>flags</key><integer>1</integer></dict></plist>"
    )


TEXT = b"Content-Type: text/plain\n\nThe deed is attached."


def emptied(name: str, encoding: str, gap: bytes = b"") -> bytes:
    return (f'Content-Disposition: attachment; filename="{name}"\nContent-Type: application/octet-stream\n'
            f"Content-Transfer-Encoding: {encoding}\nX-Apple-Content-Length: 49\n").encode() + gap  # fmt: skip


def things(root: Path) -> list[Item | Skipped]:
    found: list[Item | Skipped] = []
    for thing in find([root]):
        found += read(thing) if isinstance(thing, Source) else [thing]
    return found


def attachments(item: Item) -> dict[str | None, bytes]:
    found = messages.parse(item.raw).attachments
    return {one.filename: (messages.part_bytes(item.raw, one.part) or ("", b""))[1] for one in found}


@pytest.mark.parametrize("gap", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "7bit", "x-odd"])
def test_a_partial_emlx_is_put_together(tmp_path: Path, encoding: str, end: bytes, gap: bytes) -> None:
    content = b"%PDF the bytes = 20 \xc3\xa4" + b"line\n" * 30
    root = tree(tmp_path, {
        "INBOX.mbox/Messages/7.partial.emlx": partial([TEXT, emptied("deed.pdf", encoding, gap)], end),
        "INBOX.mbox/Attachments/7/2/deed.pdf": content,
    })  # fmt: skip
    found = things(root)
    (item,) = items(found)
    assert attachments(item) == {"deed.pdf": content}
    assert item.labels == ("seen", "put together from .partial.emlx")
    assert "The deed is attached." in messages.parse(item.raw).text
    (passed,) = [thing for thing in found if isinstance(thing, Skipped)]
    assert passed.is_bookkeeping
    assert passed.reason == "These are attachments of 7.partial.emlx in Messages: read with it where it lacks them."


def test_what_is_missing_and_what_belongs_nowhere_is_listed(tmp_path: Path) -> None:
    root = tree(tmp_path, {
        "Messages/7.partial.emlx": partial([TEXT, emptied("deed.pdf", "base64"), emptied("b.pdf", "base64")]),
        "Attachments/7/3/b.pdf": b"second", "Attachments/7/9/c.pdf": b"stray", "Attachments/8/2/lost.eml": mail(8),
    })  # fmt: skip
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "Attachments/7/2").mkdir()
    (root / "Attachments/7/2/deed.pdf").symlink_to(tmp_path / "secret")
    found = things(root)
    first, second = sorted(items(found), key=lambda item: item.origin, reverse=True)
    assert attachments(first) == {"deed.pdf": b"", "b.pdf": b"second"}
    assert second.raw == mail(8)  # the message that it belongs to is gone: it is read as it is
    said = [
        thing.reason
        for thing in found
        if isinstance(thing, Skipped) and not thing.is_bookkeeping and "7" in thing.origin.removeprefix(str(root))
    ]
    assert said == [
        "The bytes of deed.pdf (part 2) are missing: Apple Mail kept them in Attachments, beside Messages.",
        "This belongs to no part of 7.partial.emlx that lacks its content.",
    ]


def test_parts_of_parts(tmp_path: Path) -> None:
    inner = (b"Content-Type: multipart/mixed; boundary=c\n\n--c\n" + TEXT + b"\n--c\n" + emptied("x.bin", "base64")
             + b"\n--c--")  # fmt: skip
    root = tree(tmp_path, {"Messages/7.partial.emlx": partial([TEXT, inner]), "Attachments/7/2.2/x.bin": b"inner"})
    (item,) = items(things(root))
    assert attachments(item) == {"x.bin": b"inner"}


def test_a_partial_emlx_alone_says_what_it_lacks(tmp_path: Path) -> None:
    content = partial([TEXT, emptied("deed.pdf", "base64")])
    root = tree(tmp_path, {"7.partial.emlx": content})
    item, skipped = things(root)
    assert isinstance(item, Item)
    assert item.raw == content.partition(b"\n")[2].partition(b"<?xml")[0]
    assert item.labels == ("seen",)
    assert isinstance(skipped, Skipped)
    assert "deed.pdf" in skipped.reason


# In an archive.


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def packed(folder: Path, content: bytes) -> Source:
    (folder / "mail").write_bytes(content)
    (source,) = find([folder / "mail"])
    assert isinstance(source, Source)
    assert source.kind == "packed"
    return source


def said(found: list[Item | Skipped]) -> list[tuple[str, str, bool]]:
    """The name of the file in the archive, the sentence, whether it is book-keeping."""
    return [
        (one.origin.rpartition("/")[2], one.reason, one.is_bookkeeping) for one in found if isinstance(one, Skipped)
    ]


BOX = "V9/INBOX.mbox/Data/9"
FILES = {
    f"{BOX}/Messages/7.partial.emlx": partial([TEXT, emptied("deed.pdf", "base64"), emptied("lost.pdf", "base64")]),
    f"{BOX}/Attachments/7/2/deed.pdf": b"%PDF deed",
    f"{BOX}/Attachments/7/9/stray.pdf": b"%PDF stray",
    f"{BOX}/Attachments/7/2/.DS_Store": b"\0",
    f"{BOX}/Messages/8.emlx": b"%d\n%b" % (len(mail(8)), mail(8)),
    f"{BOX}/Attachments/8/2/copy.eml": mail(88),
    f"{BOX}/Attachments/9/2/alone.eml": mail(9),
    # Another mailbox has a message of this number, and attachments that are not the first one's.
    "V9/Sent.mbox/Data/9/Messages/7.partial.emlx": partial([emptied("lost.pdf", "base64")]),
    "V9/Sent.mbox/Data/9/Attachments/7/1/lost.pdf": b"%PDF lost",
}
BACKWARDS = dict(reversed(FILES.items()))
ARCHIVES = {"zip": zipped(FILES), "zip, backwards": zipped(BACKWARDS), "tar": tarred(FILES),
            "tar.gz, backwards": tarred(BACKWARDS, "w:gz")}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_in_an_archive_it_is_put_together_too(tmp_path: Path, name: str) -> None:
    source = packed(tmp_path, ARCHIVES[name])
    found = list(read(source))
    by_place = {item.origin.partition("!")[2].removeprefix("./"): item for item in items(found)}
    first, second = (
        by_place.pop(f"{BOX}/Messages/7.partial.emlx"),
        by_place.pop("V9/Sent.mbox/Data/9/Messages/7.partial.emlx"),
    )
    assert attachments(first) == {"deed.pdf": b"%PDF deed", "lost.pdf": b""}
    assert attachments(second) == {"lost.pdf": b"%PDF lost"}
    assert first.labels[-1] == "put together from .partial.emlx"
    # A member that need not wait has the number that it has in the archive.
    order = list(BACKWARDS if "backwards" in name else FILES)
    assert by_place[f"{BOX}/Messages/8.emlx"].position == order.index(f"{BOX}/Messages/8.emlx") * MEMBER
    # What is no attachment of a message that is there is read as what it is.
    assert {place.rpartition("/")[2]: item.raw for place, item in by_place.items()} == {
        "8.emlx": mail(8), "alone.eml": mail(9),
    }  # fmt: skip
    belongs = "These are attachments of {} in Messages: read with it where it lacks them."
    assert sorted(said(found)) == sorted(
        [
            (".DS_Store", "This is hidden, a lock, or one of the books that mail programs keep: not read.", True),
            ("7.partial.emlx", "The bytes of lost.pdf (part 3) are missing: Apple Mail kept them in Attachments, beside Messages.", False),
            ("stray.pdf", "This belongs to no part of 7.partial.emlx that lacks its content.", False),
            ("copy.eml", belongs.format("8.emlx"), True),
            *((file, belongs.format("7.partial.emlx"), True) for file in ("deed.pdf", "stray.pdf", "lost.pdf")),
        ]
    )  # fmt: skip
    positions = [thing.position for thing in found]
    assert positions == sorted(set(positions))
    for number, thing in enumerate(found):
        assert list(read(source, thing.position)) == found[number + 1 :]


def test_a_folder_and_its_archive_give_the_same_message(tmp_path: Path) -> None:
    (from_folder, *_) = items(things(tree(tmp_path / "folder", FILES)))
    from_archives = [items(list(read(packed(tmp_path, content)))) for content in ARCHIVES.values()]
    raws = [{item.raw for item in found} for found in from_archives]
    assert raws == [{item.raw for item in items(things(tmp_path / "folder"))}] * len(ARCHIVES)
    assert from_folder.raw in raws[0]


def test_what_waited_is_given_though_the_archive_breaks_off(tmp_path: Path) -> None:
    content = tarred({**FILES, "later.eml": mail(1, b"line\n" * 2_000)})
    source = packed(tmp_path, content[:-14_000])
    found = list(read(source))
    assert {"7.partial.emlx", "alone.eml"} <= {item.origin.rpartition("/")[2] for item in items(found)}
    last = found[-1]
    assert isinstance(last, Skipped)
    assert "damaged" in last.reason


def test_an_attachment_that_is_damaged_in_its_archive_is_listed(tmp_path: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    source = packed(tmp_path, stored.getvalue().replace(b"%PDF deed", b"%PDF dead"))
    found = list(read(source))
    assert any(name == "deed.pdf" and "damaged" in reason for name, reason, _ in said(found))
    assert any("The bytes of deed.pdf (part 2) are missing" in reason for _, reason, _ in said(found))
    assert len(items(found)) == 4


def test_the_memory_that_archives_take_does_not_grow_with_what_waits(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for number in range(100, 140):
        files[f"Attachments/{number}/2/a.bin"] = bytes([number]) * 1_000_000
    for number in range(100, 140):
        files[f"Messages/{number}.partial.emlx"] = partial([TEXT, emptied("a.bin", "base64")])
    source = packed(tmp_path, tarred(files))
    del files
    tracemalloc.start()
    try:
        count = sum(isinstance(thing, Item) and len(thing.raw) > 1_000_000 for thing in read(source))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 40
    assert peak < 16_000_000


@pytest.mark.parametrize("name", [".", "/", "..", "a/.gz"])
def test_odd_names_of_compressed_members_do_no_harm(tmp_path: Path, name: str) -> None:
    content, stream = gzip.compress(mail(5)), io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    found = list(read(packed(tmp_path, stream.getvalue())))
    assert found
