"""The formats in which one file holds many messages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from casefleet_cli.sources import mbox
from casefleet_cli.sources.items import PACKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from casefleet_cli.sources.items import Item, Skipped, Source

READERS: Mapping[str, Callable[[Source, int], Iterator[Item | Skipped]]] = MappingProxyType({"mbox": mbox.read})
"""By kind of source: what gives the messages of a file beyond a position, be it alone or a copy of what was packed."""


def has_many(kind: str) -> bool:
    """Whether a file of this kind holds many messages, so that an import keeps how far it has read it."""
    return kind in READERS or kind == PACKED
