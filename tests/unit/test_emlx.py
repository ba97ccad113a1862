"""Apple Mail's .partial.emlx: put together from what lies beside it, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.sources import Item, Skipped, Source, find, read
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
