"""Attachments as mail carries them, base64 in lines of one length (RFC 2045 section 6.8), kept as the octets they mean.

Only what comes back byte for byte is folded: every run is encoded again and compared before it counts.
"""

from __future__ import annotations

import binascii

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORTEST = 400
"""Bytes of a run that is worth it."""
_LONGEST_LINE = 1000
_LONGEST_HEADER = 4000
"""Bytes from the word "base64" to the end of its header, at most."""
_MOST_MISSES = 8
"""So many times the word may mean nothing before the rest of the message is left as it is: hostile mail is cheap."""


class Run(NamedTuple):
    """Where base64 stands in a message, and what it means."""

    start: int
    end: int
    """After the last letter; the line break there is not part of it."""
    octets: bytes
    width: int
    """Letters in a line."""
    newline: bytes


def find(raw: bytes) -> list[Run]:
    """The runs of a message in order, in time linear in its size."""
    runs: list[Run] = []
    position, boundary, misses = 0, -1, 0
    while misses < _MOST_MISSES and (at := raw.find(b"base64", position)) >= 0:
        position = at + 6
        start = _after_header(raw, position)
        if start < 0:
            misses += 1
            continue
        if boundary < start:
            boundary = raw.find(b"\n--", start)
            boundary = len(raw) if boundary < 0 else boundary
        end = start + len(raw[start:boundary].rstrip(b"\r\n"))
        if end - start < _SHORTEST:
            position = start  # the word may stand in this header more than once
            continue
        run = _run(raw, start, end)
        if run is None:
            misses += 1
        else:
            runs.append(run)
            position = end
    return runs


def fold(raw: bytes, runs: Sequence[Run]) -> bytes:
    """The message with its runs as octets, preceded by a line that tells `unfold` where they are."""
    numbers: list[int] = []
    pieces: list[bytes] = []
    position = 0
    for run in runs:
        numbers += (run.start - position, len(run.octets), run.width, len(run.newline))
        pieces += (raw[position : run.start], run.octets)
        position = run.end
    return b"".join([" ".join(map(str, numbers)).encode(), b"\n", *pieces, raw[position:]])


def unfold(content: bytes) -> bytes:
    """The message that was folded."""
    position = content.index(b"\n") + 1
    numbers = list(map(int, content[:position].split()))
    pieces: list[bytes] = []
    for before, octets, width, newline in zip(*(iter(numbers),) * 4, strict=True):
        start = position + before
        pieces.append(content[position:start])
        position = start + octets
        letters = binascii.b2a_base64(content[start:position], newline=False)
        lines = [letters[at : at + width] for at in range(0, len(letters), width)]
        pieces.append((b"\r\n" if newline == 2 else b"\n").join(lines))
    pieces.append(content[position:])
    return b"".join(pieces)


def _after_header(raw: bytes, position: int) -> int:
    """Where the body begins below the header that this is in; -1 where no blank line is near."""
    limit = position + _LONGEST_HEADER
    plain = raw.find(b"\n\n", position, limit)
    windows = raw.find(b"\n\r\n", position, limit if plain < 0 else plain)
    return windows + 3 if windows >= 0 else plain + 2 if plain >= 0 else -1


def _run(raw: bytes, start: int, end: int) -> Run | None:
    """The run that fills this place; None where it holds anything else."""
    stop = raw.find(b"\n", start, min(end, start + _LONGEST_LINE))
    newline = b"\r\n" if stop > start and raw[stop - 1 : stop] == b"\r" else b"\n"
    width = (stop - len(newline) + 1 if stop >= 0 else end) - start
    if width <= 0 or width % 4:
        return None
    text = raw[start:end]
    letters = text.replace(newline, b"")
    breaks = (len(letters) - 1) // width
    stride = width + len(newline)
    if len(text) != len(letters) + breaks * len(newline) or text[stride - 1 :: stride] != b"\n" * breaks:
        return None
    if len(newline) > 1 and text[width::stride] != b"\r" * breaks:
        return None
    try:
        octets = binascii.a2b_base64(letters)
    except binascii.Error:
        return None
    return Run(start, end, octets, width, newline) if binascii.b2a_base64(octets, newline=False) == letters else None
