"""Writes Outlook's .msg files for tests: MS-OXMSG properties in an OLE2 compound file (MS-CFB, version 3)."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

_FREE, _END = 0xFFFFFFFF, 0xFFFFFFFE
_NONE = 0xFFFFFFFF
Tree = dict[str, "bytes | Tree"]


def compound(tree: Tree) -> bytes:
    """A compound file of streams (bytes) and storages (dicts)."""
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, b""]]  # name, type, next, child, content

    def add(names: Tree, parent: int) -> None:
        before = None
        for name, content in names.items():
            number = len(entries)
            is_stream = isinstance(content, bytes)
            entries.append([name, 2 if is_stream else 1, _NONE, _NONE, content if is_stream else b""])
            if before is None:
                entries[parent][3] = number
            else:
                entries[before][2] = number
            before = number
            if not is_stream:
                add(content, number)

    add(tree, 0)
    sectors: list[bytes] = []
    fat: list[int] = []

    def put(content: bytes) -> int:
        """A chain of sectors; where it begins."""
        blocks = [content[at : at + 512].ljust(512, b"\0") for at in range(0, len(content), 512)]
        begin = len(sectors)
        for number, block in enumerate(blocks):
            sectors.append(block)
            fat.append(begin + number + 1 if number + 1 < len(blocks) else _END)
        return begin if blocks else _END

    mini, mini_fat = b"", []
    starts: list[tuple[int, int]] = []
    for _, kind, _, _, content in entries:
        if kind != 2 or not content:
            starts.append((_END if kind == 2 else 0, 0))
        elif len(content) >= 4096:
            starts.append((put(content), len(content)))
        else:
            begin = len(mini_fat)
            count = -(-len(content) // 64)
            mini_fat += [*range(begin + 1, begin + count), _END]
            mini += content.ljust(64 * count, b"\0")
            starts.append((begin, len(content)))
    starts[0] = (put(mini), len(mini)) if mini else (_END, 0)
    first_mini_fat = put(struct.pack(f"<{len(mini_fat)}I", *mini_fat)) if mini_fat else _END
    if first_mini_fat != _END:
        used = len(mini_fat) % 128
        sectors[-1] = sectors[-1][: used * 4 or 512].ljust(512, b"\xff")
    directory = b""
    for (name, kind, following, child, _), (start, size) in zip(entries, starts, strict=True):
        coded = f"{name}\0".encode("utf-16-le")
        directory += struct.pack(
            "<64sHBBIII16sIQQIQ", coded, len(coded), kind, 1, _NONE, following, child, b"", 0, 0, 0, start, size
        )
    directory += struct.pack("<64sHBBIII52s", b"", 0, 0, 0, _NONE, _NONE, _NONE, b"") * (-len(directory) // 128 % 4)
    first_directory = put(directory)
    count = 1
    while count * 128 < len(fat) + count:
        count += 1
    first_fat = len(sectors)
    fat += [0xFFFFFFFD] * count
    fat += [_FREE] * (count * 128 - len(fat))
    sectors += [struct.pack("<128I", *fat[at : at + 128]) for at in range(0, len(fat), 128)]
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, count,
        first_directory, 0, 4096, first_mini_fat, -(-len(mini_fat) // 128), _END, 0, first_fat,
    )  # fmt: skip
    numbers = [*range(first_fat + 1, first_fat + count), *[_FREE] * (109 - count)]
    return header + struct.pack(f"<{len(numbers)}I", *numbers) + b"".join(sectors)


def msg(texts: dict[int, str], **more: Any) -> bytes:
    """A .msg with these text properties; `more` as in `item`."""
    return compound(item(texts, **more))


def item(
    texts: dict[int, str],
    *,
    sent: datetime | None = None,
    moments: dict[int, datetime] | None = None,
    recipients: tuple[tuple[int, str, str] | dict[int, str | int], ...] = (),
    attachments: tuple[tuple[str, str, bytes] | Tree, ...] = (),
    octets: dict[int, bytes] | None = None,
    numbers: dict[int, int] | None = None,
    narrow: dict[int, bytes] | None = None,
    is_embedded: bool = False,
) -> Tree:
    """The storages of a message: recipients (1 To, 2 Cc, 3 Bcc; name, address) or their properties, attachments (name,
    type, octets) or their storages (`attached`), binary properties, numbers and 8-bit texts."""
    stamps = {pid: _moment(at) for pid, at in (moments or {}).items()}
    if sent:
        stamps[0x0039] = _moment(sent)
    header = struct.pack("<8x4I", len(recipients), len(attachments), len(recipients), len(attachments))
    header += b"" if is_embedded else bytes(8)
    tree = _storage(header, texts, {0x340D: 0x00040000, **(numbers or {})}, stamps, octets or {}, narrow or {})
    if not is_embedded:
        tree = {"__nameid_version1.0": {}, **tree}
    for number, recipient in enumerate(recipients):
        said = (
            dict(zip((0x0C15, 0x3001, 0x39FE), recipient, strict=True)) if isinstance(recipient, tuple) else recipient
        )
        words = {pid: value for pid, value in said.items() if isinstance(value, str)}
        rest = {pid: value for pid, value in said.items() if isinstance(value, int)}
        tree[f"__recip_version1.0_#{number:08X}"] = _storage(b"\0" * 8, words, rest, {}, {})
    for number, attachment in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = (
            _storage(
                b"\0" * 8, {0x3707: attachment[0], 0x370E: attachment[1]}, {0x3705: 1}, {}, {0x3701: attachment[2]}
            )
            if isinstance(attachment, tuple)
            else attachment
        )
    return tree


def attached(name: str, inner: Tree | None = None, method: int = 5) -> Tree:
    """An attachment that is a message (or another storage); without `inner` one that only refers to a file."""
    tree = _storage(b"\0" * 8, {0x3001: name}, {0x3705: method}, {}, {})
    return tree if inner is None else {**tree, "__substg1.0_3701000D": inner}


def compressed_rtf(rtf: bytes) -> bytes:
    """PidTagRtfCompressed with nothing but literals."""
    body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return struct.pack("<II4sI", len(body) + 12, len(rtf), b"LZFu", 0) + body


def _storage(
    header: bytes,
    texts: dict[int, str],
    integers: dict[int, int],
    moments: dict[int, int],
    blobs: dict[int, bytes],
    narrow: dict[int, bytes] | None = None,
) -> Tree:
    tree: Tree = {}
    rows = header
    for pid, text in texts.items():
        coded = text.encode("utf-16-le")
        tree[f"__substg1.0_{pid:04X}001F"] = coded
        rows += struct.pack("<HHIII", 0x1F, pid, 6, len(coded) + 2, 0)
    for pid, coded in (narrow or {}).items():
        tree[f"__substg1.0_{pid:04X}001E"] = coded
        rows += struct.pack("<HHIII", 0x1E, pid, 6, len(coded) + 1, 0)
    for pid, data in blobs.items():
        tree[f"__substg1.0_{pid:04X}0102"] = data
        rows += struct.pack("<HHIII", 0x102, pid, 6, len(data), 0)
    for pid, number in integers.items():
        rows += struct.pack("<HHIII", 3, pid, 6, number, 0)
    for pid, number in moments.items():
        rows += struct.pack("<HHIQ", 0x40, pid, 6, number)
    return {"__properties_version1.0": rows, **tree}


def _moment(at: datetime) -> int:
    return int((at - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
