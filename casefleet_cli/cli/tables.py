"""A list as a table for people: as wide as the terminal at most, its first rows deciding how wide the columns are."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MARKS = ("\ufdd0", "\ufdd1")
"""Around words that stand out: bold on a terminal, nothing elsewhere. Noncharacters, which no text should hold."""

_MEASURED = 1000
"""Rows that are looked at before the first is written; however many follow, no more are kept."""
_BETWEEN = 2
_WIDEST_IN_A_PIPE = 100
_NARROWEST = 4
_MARK = re.compile(f"[{''.join(MARKS)}]")
_TO_THE_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_DAY = 10


class Shape(NamedTuple):
    """How a column behaves where there is little room."""

    title: str
    keeps: int = 0
    """How long it stays whole: others with less are cut before it."""
    may_go: bool = False
    """Whether it is left out rather than that others become too narrow to tell anything."""
    least: int = 10
    """As narrow it becomes while there are columns that may go."""


def lines(shapes: Sequence[Shape], rows: Iterable[list[str]], total: int | None) -> Iterator[str]:
    """The lines of a table of cells without line ends; in a pipe (no total) only what is absurdly long is cut."""
    following = iter(rows)
    first = list(itertools.islice(following, _MEASURED))
    natural = [max(wide(line[n]) for line in ([shape.title for shape in shapes], *first)) for n in range(len(shapes))]
    is_number = [all(line[n].isdecimal() or not line[n] for line in first) for n in range(len(shapes))]
    if total is None:
        limits = [
            min(width, max(_WIDEST_IN_A_PIPE, len(shape.title))) for shape, width in zip(shapes, natural, strict=True)
        ]
    else:
        limits = fitted(shapes, natural, is_number, total)
    shown = [n for n, limit in enumerate(limits) if limit]

    def line(cells: Sequence[str]) -> str:
        return (" " * _BETWEEN).join(_laid(cells[n], limits[n], right=is_number[n]) for n in shown).rstrip()

    yield line([shape.title for shape in shapes])
    yield (" " * _BETWEEN).join("-" * limits[n] for n in shown)
    for cells in itertools.chain(first, following):
        yield line(cells)


def fitted(shapes: Sequence[Shape], natural: Sequence[int], is_number: Sequence[bool], total: int) -> list[int]:
    """How wide each column may be so that all fit into a total; 0 for one that is left out.

    Numbers are never cut. What keeps less is cut first; before columns become too narrow, those that may go are left
    out, and at last whatever has no room, from the right.
    """
    there = list(range(len(shapes)))
    ranks = [len(shapes) if number else shape.keeps for shape, number in zip(shapes, is_number, strict=True)]
    while True:
        limits = {n: natural[n] for n in there}
        room = total - _BETWEEN * (len(there) - 1)
        _lower(limits, [n for n in there if ranks[n] == 0], room, {n: shapes[n].least for n in there})
        optional = [n for n in there if shapes[n].may_go]
        if sum(limits.values()) > room and optional:
            there.remove(optional[-1])
            continue
        lowest = min(ranks[n] for n in there)
        for rank in sorted({rank for rank in ranks if rank < len(shapes)}):
            floor = {n: _NARROWEST if rank == lowest else shapes[n].least for n in there}
            _lower(limits, [n for n in there if ranks[n] == rank], room, floor)
        if sum(limits.values()) <= room or len(there) == 1:
            return [min(limits.get(n, 0), total) for n in range(len(shapes))]
        there.remove(max(n for n in there if ranks[n] == lowest))


def _lower(limits: dict[int, int], group: list[int], room: int, least: dict[int, int]) -> None:
    """Narrow some columns, the widest of them first, until all have room or these are as narrow as they may be."""
    while (excess := sum(limits.values()) - room) > 0:
        widest = max((limits[n] for n in group if limits[n] > least[n]), default=0)
        if not widest:
            return
        peers = [n for n in group if limits[n] == widest]
        following = max((limits[n] for n in group if limits[n] < widest), default=0)
        # All the widest come down together: to the next width, to their least, or as far as is needed.
        step = min(widest - max(following, *(least[n] for n in peers)), -(-excess // len(peers)))
        for n in peers:
            limits[n] -= max(step, 1)


def wide(text: str) -> int:
    """How many columns of a terminal a text takes: letters of Chinese take two, marks above letters none."""
    if text.isascii():
        return len(text)
    import wcwidth  # noqa: PLC0415 - most tables are of plain letters

    return max(wcwidth.wcswidth(_MARK.sub("", text)), 0)


def cut(text: str, limit: int) -> str:
    """A text that takes so many columns at most; a moment loses its hour before its day."""
    if wide(text) <= limit:
        return text
    if limit >= _DAY and _TO_THE_MINUTE.fullmatch(text):
        return text[:_DAY]
    if text.isascii():
        return text[: limit - 1].rstrip() + "…"
    import wcwidth  # noqa: PLC0415

    taken = 0
    for at, letter in enumerate(text):
        taken += max(wcwidth.wcwidth(letter), 0) if letter not in MARKS else 0
        if taken > limit - 1:
            return text[:at].rstrip() + "…"
    return text


def _laid(cell: str, limit: int, *, right: bool) -> str:
    shown = cut(cell, limit)
    blanks = " " * (limit - wide(shown))
    return blanks + shown if right else shown + blanks
